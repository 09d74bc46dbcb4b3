import {
  CreateNetworkAclEntryCommand,
  DeleteNetworkAclEntryCommand,
  DescribeNetworkAclsCommand,
  DescribeSecurityGroupsCommand,
  EC2Client,
  ReplaceNetworkAclEntryCommand,
} from "@aws-sdk/client-ec2";
import type { NetworkAcl } from "@aws-sdk/client-ec2";
import { mockClient } from "aws-sdk-client-mock";
import { networkRules } from "../../../../lambdas/lib/aws/network-rules";

const ec2 = mockClient(EC2Client);
const rules = networkRules(new EC2Client({}), "test");
const named = (name: string) => Object.assign(new Error(name), { name });
const ACL: NetworkAcl = {
  NetworkAclId: "acl-1",
  Associations: [{ SubnetId: "s1" }, { SubnetId: "foreign" }],
  Entries: [
    {
      RuleNumber: 110,
      Egress: false,
      Protocol: "6",
      RuleAction: "deny",
      CidrBlock: "0.0.0.0/0",
      PortRange: { From: 0, To: 1023 },
    },
    { RuleNumber: 32767, Egress: false, Protocol: "-1", RuleAction: "deny", CidrBlock: "0.0.0.0/0" },
    { RuleNumber: 101, Egress: true, Protocol: "-1", RuleAction: "allow", Ipv6CidrBlock: "::/0" },
  ],
};
const DENY = {
  number: 110,
  egress: false,
  protocol: "6",
  action: "deny",
  cidr: "0.0.0.0/0",
  ports: { from: 0, to: 1023 },
} as const;

beforeEach(() => ec2.reset());

describe("network ACLs", () => {
  test("come from every page, without EC2's last entry and without subnets of others", async () => {
    ec2
      .on(DescribeNetworkAclsCommand)
      .resolvesOnce({ NetworkAcls: [ACL], NextToken: "more" })
      .resolves({ NetworkAcls: [{ NetworkAclId: "acl-2", Associations: [{ SubnetId: "s2" }], Entries: [] }] });

    expect(await rules.acls(["s1", "s2"])).toEqual([
      {
        networkAclId: "acl-1",
        subnetIds: ["s1"],
        entries: [DENY, { number: 101, egress: true, protocol: "-1", action: "allow", cidr: "::/0" }],
      },
      { networkAclId: "acl-2", subnetIds: ["s2"], entries: [] },
    ]);
    expect(ec2.commandCalls(DescribeNetworkAclsCommand)[1]?.args[0].input).toMatchObject({
      NextToken: "more",
      MaxResults: 1000,
    });
  });

  test.each([
    ["a subnet is missing", [ACL], ["s1", "s2"], /no network ACL of s2/],
    ["an entry lacks a part", [{ ...ACL, Entries: [{ RuleNumber: 1 }] }], ["s1"], /entry 1 of acl-1 lacks a part/],
    ["one has no ID", [{ Associations: [{ SubnetId: "s1" }] }], ["s1"], /has no ID/],
  ])("are no answer when %s", async (_name, NetworkAcls, subnets, words) => {
    ec2.on(DescribeNetworkAclsCommand).resolves({ NetworkAcls });

    await expect(rules.acls(subnets)).rejects.toThrow(words);
  });
});

describe("a change", () => {
  const input = {
    NetworkAclId: "acl-1",
    RuleNumber: 110,
    Egress: false,
    Protocol: "6",
    RuleAction: "deny",
    CidrBlock: "0.0.0.0/0",
    PortRange: { From: 0, To: 1023 },
  };
  const change = (kind: "create" | "replace") => rules.change({ kind, networkAclId: "acl-1", entry: DENY });

  test.each([
    ["create", CreateNetworkAclEntryCommand],
    ["replace", ReplaceNetworkAclEntryCommand],
  ] as const)("of kind %s names the whole entry", async (kind, command) => {
    await change(kind);

    expect(ec2.calls().map(({ args: [sent] }) => [sent.constructor, sent.input])).toEqual([[command, input]]);
  });

  test("finds the entry there, or gone, and makes it what it must be", async () => {
    ec2.on(CreateNetworkAclEntryCommand).rejectsOnce(named("NetworkAclEntryAlreadyExists")).resolves({});
    await change("create");
    expect(ec2.commandCalls(ReplaceNetworkAclEntryCommand)).toHaveLength(1);

    ec2.on(ReplaceNetworkAclEntryCommand).rejects(named("InvalidNetworkAclEntry.NotFound"));
    await change("replace");
    expect(ec2.commandCalls(CreateNetworkAclEntryCommand)).toHaveLength(2);
  });

  test("deletes what is there, and takes gone for deleted; any other error goes out", async () => {
    const remove = () => rules.change({ kind: "delete", networkAclId: "acl-1", entry: { number: 50, egress: true } });
    ec2
      .on(DeleteNetworkAclEntryCommand)
      .resolvesOnce({})
      .rejectsOnce(named("InvalidNetworkAclEntry.NotFound"))
      .rejects(named("UnauthorizedOperation"));

    await remove();
    await remove();
    await expect(remove()).rejects.toThrow("UnauthorizedOperation");
    expect(ec2.call(0).args[0].input).toEqual({ NetworkAclId: "acl-1", RuleNumber: 50, Egress: true });
  });
});

describe("the NATs' security group", () => {
  test("is found by its tags, and every source of a rule is told", async () => {
    ec2.on(DescribeSecurityGroupsCommand).resolves({
      SecurityGroups: [
        {
          GroupId: "sg-1",
          IpPermissions: [
            { IpProtocol: "-1", IpRanges: [{ CidrIp: "0.0.0.0/0" }], Ipv6Ranges: [{ CidrIpv6: "::/0" }] },
            { IpProtocol: "tcp", FromPort: 22, ToPort: 22, UserIdGroupPairs: [{ GroupId: "sg-2" }] },
          ],
        },
      ],
    });

    expect(await rules.natGroup("vpc-1")).toEqual({
      groupId: "sg-1",
      ingress: ["every protocol, 0.0.0.0/0", "every protocol, ::/0", "protocol tcp ports 22-22, sg-2"],
      egress: [],
    });
    expect(ec2.call(0).args[0].input).toEqual({
      Filters: [
        { Name: "tag:ha-nat:env", Values: ["test"] },
        { Name: "tag:ha-nat:role", Values: ["nat"] },
        { Name: "vpc-id", Values: ["vpc-1"] },
      ],
      MaxResults: 1000,
    });
  });

  test.each([[[]], [[{ GroupId: "a" }, { GroupId: "b" }]]])("must be one: %j", async (SecurityGroups) => {
    ec2.on(DescribeSecurityGroupsCommand).resolves({ SecurityGroups });

    await expect(rules.natGroup("vpc-1")).rejects.toThrow(/there must be one/);
  });
});
