import * as ec2 from "@aws-sdk/client-ec2";
import { eventually } from "../../../support/eventually";
import { effectsAfter, startTestLab, type TestLab } from "../../../support/lab-aws";
import { stackModel } from "../../../support/stack-model";

const rule = { number: 100, egress: false, protocol: "-1", allow: true, cidr: "10.0.0.0/16", fromPort: 0, toPort: 65_535 };
const model = {
  ...stackModel,
  subnets: stackModel.subnets.map((subnet) => ({ ...subnet, networkAclId: subnet.mapPublicIp ? "acl-1" : undefined })),
  networkAcls: [{ networkAclId: "acl-1", rules: [rule], tags: { "ha-nat:env": "test" } }],
  securityGroups: [
    {
      groupId: "sg-1",
      name: "ha-nat-test-nat",
      tags: { "ha-nat:role": "nat" },
      rules: [{ egress: false, protocol: "-1", cidr: "0.0.0.0/0" }],
    },
  ],
};
const DENY = {
  NetworkAclId: "acl-1",
  RuleNumber: 110,
  Egress: false,
  Protocol: "6",
  RuleAction: "deny",
  CidrBlock: "0.0.0.0/0",
  PortRange: { From: 0, To: 1023 },
} as const;

let lab: TestLab;
let client: ec2.EC2Client;

async function start(settings = {}): Promise<void> {
  lab = await startTestLab({ model, settings });
  client = new ec2.EC2Client(lab.client);
  lab.fabric.acls.set("acl-1", [rule]);
}

async function entries(): Promise<readonly ec2.NetworkAclEntry[]> {
  const Filters = [{ Name: "association.subnet-id", Values: ["subnet-public1"] }];
  const { NetworkAcls = [] } = await client.send(new ec2.DescribeNetworkAclsCommand({ Filters }));
  return NetworkAcls[0]?.Entries?.filter(({ RuleNumber }) => RuleNumber !== 32_767) ?? [];
}

const codeOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => "no error",
    (error: Error) => error.name,
  );

afterEach(async () => {
  client.destroy();
  await lab.close();
});

test("a network ACL shows the kernel's rules and EC2's last ones, and the subnets that it is for", async () => {
  await start();
  const { NetworkAcls = [] } = await client.send(new ec2.DescribeNetworkAclsCommand({}));

  expect(NetworkAcls[0]).toMatchObject({
    NetworkAclId: "acl-1",
    Associations: [{ SubnetId: "subnet-public1" }, { SubnetId: "subnet-public2" }],
    Entries: [
      { RuleNumber: 100, Egress: false, Protocol: "-1", RuleAction: "allow", CidrBlock: "10.0.0.0/16" },
      { RuleNumber: 32_767, Egress: true, RuleAction: "deny" },
      { RuleNumber: 32_767, Egress: false, RuleAction: "deny" },
    ],
  });
  lab.fabric.acls.set("acl-1", []);
  expect(await entries()).toEqual([]);
});

test("entries are created, replaced and deleted in the kernel, and refused where they are not as the call says", async () => {
  await start();
  const replace = () => client.send(new ec2.ReplaceNetworkAclEntryCommand({ ...DENY, RuleAction: "allow" }));
  const remove = () =>
    client.send(new ec2.DeleteNetworkAclEntryCommand({ NetworkAclId: "acl-1", RuleNumber: 110, Egress: false }));

  expect(await codeOf(replace())).toBe("InvalidNetworkAclEntry.NotFound");
  await client.send(new ec2.CreateNetworkAclEntryCommand(DENY));
  expect(await codeOf(client.send(new ec2.CreateNetworkAclEntryCommand(DENY)))).toBe("NetworkAclEntryAlreadyExists");
  await replace();
  await eventually(entries, (now) => now.some((one) => one.RuleNumber === 110 && one.RuleAction === "allow"));
  await remove();
  await eventually(entries, (now) => now.every((one) => one.RuleNumber !== 110));
  expect(await codeOf(remove())).toBe("InvalidNetworkAclEntry.NotFound");
});

test("Describe shows a change when the kernel has it, not when it was asked for", async () => {
  await start({ latency: effectsAfter(300) });

  await client.send(new ec2.CreateNetworkAclEntryCommand(DENY));
  expect(await entries()).toHaveLength(1);
  await eventually(entries, (now) => now.length === 2);
});

test.each([
  ["another ACL", { NetworkAclId: "acl-none" }, "InvalidNetworkAclID.NotFound"],
  ["EC2's own rule", { RuleNumber: 32_767 }, "InvalidParameterValue"],
  ["a block that is none", { CidrBlock: "10.0.0.0/99" }, "InvalidParameterValue"],
  ["an unknown protocol", { Protocol: "132" }, "InvalidParameterValue"],
  ["TCP without ports", { PortRange: undefined }, "InvalidParameterCombination"],
])("an entry of %s is refused", async (_name, difference, code) => {
  await start();

  expect(await codeOf(client.send(new ec2.CreateNetworkAclEntryCommand({ ...DENY, ...difference })))).toBe(code);
});

test("a security group is described as the stack made it, by its tags", async () => {
  await start();
  const Filters = [{ Name: "tag:ha-nat:role", Values: ["nat"] }];
  const { SecurityGroups = [] } = await client.send(new ec2.DescribeSecurityGroupsCommand({ Filters }));

  expect(SecurityGroups).toMatchObject([
    { GroupId: "sg-1", IpPermissions: [{ IpProtocol: "-1", IpRanges: [{ CidrIp: "0.0.0.0/0" }] }], IpPermissionsEgress: [] },
  ]);
});
