import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ENVIRONMENT } from "../../contract/environment";
import { FUNCTION_NAMES } from "../../contract/functions";
import type { Topology } from "../../contract/parameters";
import { TAGS } from "../../contract/tags";
import { roleStatements, synthesise } from "../stacks/support";

/** Writes that AWS cannot scope to a resource. Whoever adds a line says why in the statement's `because`. */
const UNSCOPED_WRITES = [
  "xray:PutTraceSegments",
  "xray:PutTelemetryRecords",
  "ec2:CreateNetworkInterface",
  "ec2:DeleteNetworkInterface",
  "ec2:AssignPrivateIpAddresses",
  "ec2:UnassignPrivateIpAddresses",
  "ssm:UpdateInstanceInformation",
  "ssmmessages:CreateControlChannel",
  "ssmmessages:CreateDataChannel",
  "ssmmessages:OpenControlChannel",
  "ssmmessages:OpenDataChannel",
  "ec2messages:AcknowledgeMessage",
  "ec2messages:DeleteMessage",
  "ec2messages:FailMessage",
  "ec2messages:SendReply",
];

describe.each(["test", "prod"])("%s", (env) => {
  const stack = synthesise(env);
  const functions = Object.values(stack.all("aws_lambda_function"));

  test("synthesised twice has identical bytes", () => {
    expect(synthesise(env).text).toBe(stack.text);
  });

  test("uses no expression but references to an attribute and base64encode", () => {
    const expressions = [...stack.text.matchAll(/\$\{([^}]*)\}/g)].map((match) => match[1]);

    expect(expressions.filter((e) => !/^(aws_\w+\.[\w-]+\.\w+|base64encode\(.*\))$/.test(e ?? ""))).toEqual([]);
  });

  test("has no default route but that of the public subnets to the internet gateway, and no EIP association", () => {
    const routes = Object.values(stack.all("aws_route"));

    expect(routes).toHaveLength(1);
    expect(routes[0]).toMatchObject({
      route_table_id: expect.stringContaining("Public"),
      gateway_id: expect.stringContaining("aws_internet_gateway"),
    });
    expect(Object.values(stack.all("aws_route_table")).filter((table) => "route" in table)).toEqual([]);
    expect(stack.all("aws_eip_association")).toEqual({});
    expect(Object.values(stack.all("aws_eip")).filter((eip) => "instance" in eip || "network_interface" in eip)).toEqual([]);
  });

  test("every function is arm64, nodejs22.x, traced and has a log group with retention; concurrency is not reserved", () => {
    const groups = Object.values(stack.all("aws_cloudwatch_log_group"));

    for (const fn of functions) {
      expect(fn).toMatchObject({
        architectures: ["arm64"],
        runtime: "nodejs22.x",
        handler: "index.handler",
        tracing_config: { mode: "Active" },
      });
      expect(fn).not.toHaveProperty("reserved_concurrent_executions");
      expect(groups).toContainEqual(
        expect.objectContaining({
          name: `/aws/lambda/${fn.function_name as string}`,
          retention_in_days: expect.any(Number) as number,
        }),
      );
    }
    expect(functions).toHaveLength(env === "test" ? 7 : 8);
  });

  test("a function that events start has dead letters; the queue of the others has its own", () => {
    const withDeadLetters = functions.filter((fn) => "dead_letter_config" in fn).map((fn) => fn.function_name);
    const queue = Object.values(stack.all("aws_sqs_queue")).find((q) => q.name === `ha-nat-${env}-failover.fifo`);

    expect(withDeadLetters.sort()).toEqual([
      `ha-nat-${env}-asg-lifecycle-handler`,
      `ha-nat-${env}-config-guard`,
      `ha-nat-${env}-eip-recover`,
      `ha-nat-${env}-nat-health-probe`,
    ]);
    expect(JSON.parse(queue?.redrive_policy as string)).toMatchObject({
      maxReceiveCount: 10,
      deadLetterTargetArn: expect.stringMatching(/dlq\.fifo$/) as string,
    });
  });

  test("a message stays hidden for longer than a run, its cold start and the poller take: no second writer beside the first", () => {
    const queue = Object.values(stack.all("aws_sqs_queue")).find((q) => q.name === `ha-nat-${env}-failover.fifo`);
    const failover = functions.find((fn) => /route-failover$/.test(fn.function_name as string));

    expect(Number(queue?.visibility_timeout_seconds) - Number(failover?.timeout)).toBeGreaterThanOrEqual(15);
  });

  test("functions that connections wait for have half a processor, also to start with", () => {
    const waitedFor = functions.filter((fn) => /route-failover$|egress-prober/.test(fn.function_name as string));

    expect(waitedFor.filter((fn) => Number(fn.memory_size) < 1024)).toEqual([]);
    expect(waitedFor.length).toBeGreaterThan(1);
  });

  test("a function is given the variables of ours that its settings read, and no other", () => {
    for (const fn of functions) {
      const bundle = Object.values(FUNCTION_NAMES).find((name) => (fn.function_name as string).includes(name)) ?? "";
      const source = readFileSync(join(__dirname, `../../lambdas/functions/${bundle}/settings.ts`), "utf8");
      const read = Object.entries(ENVIRONMENT).filter(([key]) => new RegExp(`ENVIRONMENT\\.${key}\\b`).test(source));
      const given = Object.keys((fn.environment as { variables: object }).variables).filter((name) => name.startsWith("HA_NAT_"));

      expect({ bundle, given: given.toSorted() }).toEqual({ bundle, given: read.map(([, name]) => name).toSorted() });
    }
  });

  test("every environment name of the contract is set on a function", () => {
    const set = new Set(functions.flatMap((fn) => Object.keys((fn.environment as { variables: object }).variables)));

    expect(Object.values(ENVIRONMENT).filter((name) => !set.has(name))).toEqual([]);
  });

  test("no grant has a wildcard action, and only listed writes are granted on *", () => {
    const statements = roleStatements(stack);
    const reads = /:(Describe|Get|List|Read)/;
    const open = statements.filter((s) => s.Resource.includes("*")).flatMap((s) => s.Action);

    expect(statements.flatMap((s) => s.Action).filter((action) => action.includes("*"))).toEqual([]);
    expect(open.filter((action) => !reads.test(action) && !UNSCOPED_WRITES.includes(action))).toEqual([]);
  });

  test("an EC2 write by pattern is held to our tag", () => {
    const byPattern = roleStatements(stack).filter((s) => s.Resource.some((arn) => /:ec2:[^:]*:[^:]*:[a-z-]+\/\*$/.test(arn)));

    expect(byPattern.map((s) => s.Sid).sort()).toEqual([
      "CheckInstance",
      "CheckInstance",
      "MendNetworkAcl",
      "MoveAddresses",
      "MoveRoutes",
      "SwitchOffSourceDestCheck",
      "SwitchOffSourceDestCheck",
    ]);
    for (const s of byPattern) {
      const key = s.Sid === "CheckInstance" ? "ssm:resourceTag" : "aws:ResourceTag";
      expect(s.Condition).toMatchObject({ StringEquals: { [`${key}/${TAGS.env}`]: env } });
    }
  });

  test("the groups come after all that a lifecycle hook needs, so that destroy takes them first", () => {
    const needed = stack.resources.filter(({ type }) =>
      /^aws_(lambda_function|lambda_permission|lambda_event_source_mapping|cloudwatch_event_target|iam_role_policy|lb_listener|internet_gateway|s3_object|eip|ec2_subnet_cidr_reservation|ssm_parameter|ssm_document|iam_instance_profile)$/.test(
        type,
      ),
    );

    for (const group of Object.values(stack.all("aws_autoscaling_group"))) {
      const missing = needed
        .map(({ type, name }) => `${type}.${name}`)
        .filter((address) => !(group.depends_on as string[]).includes(address));
      expect(missing).toEqual([]);
    }
  });

  test("a group never kills by the load balancer's word and launches before it terminates", () => {
    for (const group of Object.values(stack.all("aws_autoscaling_group"))) {
      expect(group).toMatchObject({
        health_check_type: "EC2",
        instance_maintenance_policy: { min_healthy_percentage: 100 },
        initial_lifecycle_hook: [
          { lifecycle_transition: "autoscaling:EC2_INSTANCE_LAUNCHING", default_result: "ABANDON" },
          { lifecycle_transition: "autoscaling:EC2_INSTANCE_TERMINATING", default_result: "CONTINUE" },
        ],
      });
      expect(group).not.toHaveProperty("target_group_arns");
    }
  });

  test("a launch template asks for IMDSv2, encrypted disks, no key pair, and tags all that IAM is scoped by", () => {
    for (const template of Object.values(stack.all("aws_launch_template"))) {
      expect(template).toMatchObject({
        metadata_options: { http_tokens: "required", http_put_response_hop_limit: 1 },
        block_device_mappings: [{ ebs: { encrypted: "true", volume_type: "gp3" } }],
        instance_initiated_shutdown_behavior: "terminate",
        monitoring: { enabled: true },
      });
      expect(template).not.toHaveProperty("key_name");
      const specifications = template.tag_specifications as { resource_type: string; tags: Record<string, string> }[];
      expect(specifications.map((s) => s.resource_type)).toEqual(["instance", "volume", "network-interface"]);
      for (const s of specifications) expect(s.tags).toMatchObject({ [TAGS.env]: env, [TAGS.role]: "nat" });
    }
  });

  test("user data is small: at most 25 lines and EC2's 16 KB", () => {
    for (const template of Object.values(stack.all("aws_launch_template"))) {
      const text = Buffer.from(template.user_data as string, "base64").toString();
      expect(text.trimEnd().split("\n").length).toBeLessThanOrEqual(25);
      expect(Buffer.byteLength(text)).toBeLessThan(16_384);
    }
  });

  test("the public NACL lets our services' ports be reached from the VPC only", () => {
    const rules = Object.values(stack.all("aws_network_acl_rule"))
      .filter((rule) => rule.egress === false)
      .sort((a, b) => (a.rule_number as number) - (b.rule_number as number));

    expect(rules).toMatchObject([
      { rule_action: "allow", cidr_block: expect.stringContaining("aws_vpc") as string, protocol: "-1" },
      { rule_action: "deny", cidr_block: "0.0.0.0/0", protocol: "tcp", from_port: 0, to_port: 1023 },
      { rule_action: "deny", cidr_block: "0.0.0.0/0", protocol: "udp", from_port: 0, to_port: 1023 },
      { rule_action: "allow", cidr_block: "0.0.0.0/0", protocol: "-1" },
    ]);
  });

  test("config-guard holds network ACL and security group to what Terraform makes", () => {
    const [topology] = Object.values(stack.all("aws_ssm_parameter"));
    const { guarded } = JSON.parse(topology?.value as string) as Required<Topology>;
    const numbers: Readonly<Record<string, string>> = { tcp: "6", udp: "17", "-1": "-1" };
    const rules = Object.values(stack.all("aws_network_acl_rule")).map((rule) => ({
      number: rule.rule_number,
      egress: rule.egress,
      protocol: numbers[rule.protocol as string],
      action: rule.rule_action,
      cidr: rule.cidr_block,
      ...("from_port" in rule ? { ports: { from: rule.from_port, to: rule.to_port } } : {}),
    }));
    const cidrs = (side: string) => Object.values(stack.all(`aws_vpc_security_group_${side}_rule`)).map((rule) => rule.cidr_ipv4);

    expect(guarded.networkAcl.entries).toHaveLength(rules.length);
    expect(guarded.networkAcl.entries).toEqual(expect.arrayContaining(rules));
    expect(guarded.securityGroup.ingress).toEqual(cidrs("ingress"));
    expect(cidrs("egress")).toEqual(expect.arrayContaining([...guarded.securityGroup.egress]));
  });

  test("every alarm's description ends with its runbook and says how urgent it is", () => {
    for (const alarm of Object.values(stack.all("aws_cloudwatch_metric_alarm"))) {
      const kind = (alarm.alarm_name as string).replace(`ha-nat-${env}-`, "").split("-")[0] ?? "";
      expect(alarm.alarm_description).toMatch(new RegExp(`^\\[(page|ticket)\\] .* Runbook: docs/runbooks/${kind}\\.md$`));
    }
  });

  test("the plan stops in any other account", () => {
    expect(JSON.parse(stack.text)).toMatchObject({
      provider: { aws: [{ allowed_account_ids: ["123456789012"], region: "us-east-1" }] },
    });
  });
});

test("only an environment with standbys alarms for the lack of one", () => {
  const kinds = (env: string) =>
    Object.values(synthesise(env).all("aws_cloudwatch_metric_alarm")).map((alarm) => alarm.alarm_name as string);

  expect(kinds("test").filter((name) => name.includes("NoHealthyStandby"))).toEqual([]);
  expect(kinds("prod").filter((name) => name.includes("NoHealthyStandby"))).toHaveLength(3);
});

test("steering: eip has no load balancer, no target group and none in the topology", () => {
  const stack = synthesise("prod", { steering: "eip" });
  const [topology] = Object.values(stack.all("aws_ssm_parameter"));

  expect(stack.resources.filter(({ type }) => type.startsWith("aws_lb"))).toEqual([]);
  expect(JSON.parse(topology?.value as string)).not.toHaveProperty("targetGroupArn");
  const functions = Object.values(stack.all("aws_lambda_function")).map((fn) => fn.function_name);
  expect(functions).toEqual(expect.arrayContaining(["ha-nat-prod-eip-recover", "ha-nat-prod-config-guard"]));
  expect(stack.output).not.toHaveProperty("target_group_arn");
});

describe("lastResort: nat-gateway", () => {
  const stack = synthesise("prod", { lastResort: "nat-gateway" });
  const gateways = Object.values(stack.all("aws_nat_gateway"));
  const lanes = (synthesised: typeof stack) => {
    const [topology] = Object.values(synthesised.all("aws_ssm_parameter"));
    return (JSON.parse(topology?.value as string) as Topology).lanes;
  };

  test("has a NAT Gateway in the public subnet of every zone, with an Elastic IP of its own", () => {
    const addresses = Object.keys(stack.all("aws_eip")).filter((name) => name.includes("LastResort"));

    expect(gateways.map((gateway) => gateway.subnet_id)).toEqual(
      [1, 2, 4].map((zone) => expect.stringContaining(`Public-use1-az${zone}`) as unknown),
    );
    expect(addresses).toHaveLength(3);
    expect(gateways.map((gateway) => gateway.allocation_id)).toEqual(addresses.map((name) => `\${aws_eip.${name}.id}`));
  });

  test("tells the control plane which one a lane has, and no route to it", () => {
    expect(lanes(stack).map(({ zone, lastResort }) => [zone, lastResort?.natGatewayId])).toEqual(
      Object.keys(stack.all("aws_nat_gateway")).map((name, at) => [`use1-az${[1, 2, 4][at]}`, `\${aws_nat_gateway.${name}.id}`]),
    );
    expect(JSON.stringify(stack.all("aws_route"))).not.toContain("nat_gateway");
  });

  test("alarms when a lane is on it", () => {
    const alarms = Object.values(stack.all("aws_cloudwatch_metric_alarm")).map((alarm) => alarm.alarm_name);

    expect(alarms).toContain("ha-nat-prod-LaneOnNatGateway");
  });

  test("none, the default, has nothing of it", () => {
    const plain = synthesise("prod");

    expect(plain.text).not.toMatch(/nat_gateway|NatGateway/);
    expect(lanes(plain).some((lane) => "lastResort" in lane)).toBe(false);
  });
});

test("securityGroup: strict admits the VPC only", () => {
  const ingress = (change: object) =>
    Object.values(synthesise("test", change).all("aws_vpc_security_group_ingress_rule")).map((rule) => rule.cidr_ipv4);

  expect(ingress({})).toEqual(["0.0.0.0/0"]);
  expect(ingress({ securityGroup: "strict" })).toEqual(["10.40.0.0/16"]);
});
