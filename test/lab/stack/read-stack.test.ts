import { modelOf, readStack } from "../../../lab/stack/read-stack";
import { IGNORED, MODELLED } from "../../../lab/stack/types";
import { NETWORK, stackWith } from "./small-stack";

const GROUP = {
  name: "nat-az1",
  min_size: 1,
  max_size: 2,
  health_check_type: "EC2",
  vpc_zone_identifier: ["${aws_subnet.Public-az1.id}"],
  launch_template: { id: "${aws_launch_template.T.id}", version: "${aws_launch_template.T.latest_version}" },
  initial_lifecycle_hook: [
    {
      name: "launch",
      lifecycle_transition: "autoscaling:EC2_INSTANCE_LAUNCHING",
      default_result: "ABANDON",
      heartbeat_timeout: 300,
    },
  ],
  tag: [
    { key: "a", value: "1", propagate_at_launch: true },
    { key: "b", value: "2", propagate_at_launch: false },
  ],
};
const TEMPLATE = {
  name: "nat-az1",
  instance_type: "t4g.small",
  iam_instance_profile: { arn: "${aws_iam_instance_profile.P.arn}" },
  user_data: Buffer.from("#!/bin/bash\n").toString("base64"),
  network_interfaces: [{ associate_public_ip_address: "true" }],
  tag_specifications: [{ resource_type: "instance", tags: { role: "nat" } }],
};
const IAM = {
  aws_iam_role: { R: { name: "nat" } },
  aws_iam_instance_profile: { P: { name: "nat", role: "${aws_iam_role.R.name}" } },
};
const FLEET = { ...NETWORK, ...IAM, aws_launch_template: { T: TEMPLATE }, aws_autoscaling_group: { G: GROUP } };

describe("the network", () => {
  test("a subnet knows its table, its NACL and its reservation, and carries the provider's default tags", () => {
    const model = modelOf(
      stackWith({
        ...NETWORK,
        aws_network_acl: { Public: { subnet_ids: ["${aws_subnet.Public-az1.id}"] } },
        aws_ec2_subnet_cidr_reservation: { R: { subnet_id: "${aws_subnet.Public-az1.id}", cidr_block: "10.0.0.16/28" } },
      }),
    );

    expect(model.subnets).toEqual([
      {
        subnetId: expect.stringMatching(/^subnet-/),
        cidr: "10.0.0.0/24",
        zone: "use1-az1",
        routeTableId: model.routeTables[0]?.routeTableId,
        networkAclId: model.networkAcls[0]?.networkAclId,
        reservedCidrs: ["10.0.0.16/28"],
        mapPublicIp: false,
        tags: { Project: "ha-nat", Name: "public" },
      },
    ]);
  });

  test("NACL rules come in the order in which they are asked, all ports where none are named", () => {
    const rule = { network_acl_id: "${aws_network_acl.A.id}", cidr_block: "0.0.0.0/0", protocol: "-1", rule_action: "allow" };
    const rules = {
      Late: { ...rule, rule_number: 130 },
      Early: { ...rule, rule_number: 100, rule_action: "deny", protocol: "tcp", from_port: 0, to_port: 1023 },
    };

    const model = modelOf(stackWith({ ...NETWORK, aws_network_acl: { A: {} }, aws_network_acl_rule: rules }));

    expect(model.networkAcls[0]?.rules).toEqual([
      { number: 100, egress: false, protocol: "tcp", allow: false, cidr: "0.0.0.0/0", fromPort: 0, toPort: 1023 },
      { number: 130, egress: false, protocol: "-1", allow: true, cidr: "0.0.0.0/0", fromPort: 0, toPort: 65_535 },
    ]);
  });
});

describe("the fleet", () => {
  test("a group knows its template, hooks and the tags its instances get", () => {
    const model = modelOf(stackWith(FLEET));

    expect(model.autoScalingGroups).toMatchObject([
      {
        name: "nat-az1",
        desired: 1,
        maxSize: 2,
        subnetIds: [model.subnets[0]?.subnetId],
        launchTemplateId: model.launchTemplates[0]?.launchTemplateId,
        hooks: [
          {
            name: "launch",
            transition: "autoscaling:EC2_INSTANCE_LAUNCHING",
            heartbeatTimeoutSeconds: 300,
            defaultResult: "ABANDON",
          },
        ],
        tags: { a: "1" },
      },
    ]);
    expect(model.launchTemplates).toMatchObject([
      { userData: "#!/bin/bash\n", associatePublicIp: true, instanceTags: { role: "nat" } },
    ]);
    expect(model.instanceProfiles[model.launchTemplates[0]?.instanceProfile ?? ""]).toBe("nat");
  });
});

describe("what the reader does not know is an error, never left out", () => {
  test.each([
    ["a resource type", { ...NETWORK, aws_vpn_gateway: { N: {} } }, "resource type aws_vpn_gateway"],
    [
      "a subnet without a route table",
      { ...NETWORK, aws_route_table_association: {} },
      "aws_subnet.Public-az1: has no route table",
    ],
    [
      "an inline route",
      { ...NETWORK, aws_route_table: { Public: { route: [] } } },
      "aws_route_table.Public: the lab does not read the argument route",
    ],
    [
      "health by the load balancer",
      { ...FLEET, aws_autoscaling_group: { G: { ...GROUP, health_check_type: "ELB" } } },
      "the lab models EC2, got ELB",
    ],
    [
      "several instance types",
      { ...FLEET, aws_autoscaling_group: { G: { ...GROUP, mixed_instances_policy: {} } } },
      "the argument mixed_instances_policy",
    ],
    [
      "a permissions boundary",
      { ...FLEET, aws_iam_role: { R: { name: "nat", permissions_boundary: "arn" } } },
      "the argument permissions_boundary",
    ],
    ["an association in the address", { ...NETWORK, aws_eip: { E: { instance: "i-1" } } }, "the argument instance"],
    [
      "a number that is none",
      { ...FLEET, aws_autoscaling_group: { G: { ...GROUP, min_size: "many" } } },
      'aws_autoscaling_group.G.min_size: must be a number, got "many"',
    ],
  ])("%s", (_case, resources, message) => {
    expect(() => modelOf(stackWith(resources))).toThrow(message);
  });

  test("a block of the document", () => {
    expect(() => stackWith(NETWORK, {}, { data: {} })).toThrow('the lab does not know the block "data"');
  });

  test("a stack that was never synthesised", () => {
    expect(() => readStack("/nowhere")).toThrow(
      "cannot read the synthesised stack /nowhere/cdk.tf.json: run `npm run synth` first",
    );
  });

  test("no type is both modelled and ignored, and each ignored one has its reason", () => {
    expect(Object.keys(IGNORED).filter((type) => MODELLED.includes(type))).toEqual([]);
    expect(Object.entries(IGNORED).filter(([, reason]) => reason.length < 10)).toEqual([]);
  });
});
