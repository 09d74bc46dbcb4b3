import { aclDrift, aclWords, groupDrift, membershipDrift } from "../../../../lambdas/lib/domain/network-guard";
import { ACL, DENY, entry, GROUP, SUBNETS, WANTED } from "../../functions/config-guard/site";

const acl = { kind: "network-acl", subject: "acl-1" };

describe("a public subnet", () => {
  test("without any network ACL of those described is told of, with what it must have", () => {
    expect(aclDrift(WANTED.networkAcl, SUBNETS, [{ ...ACL, subnetIds: ["subnet-az1"] }])).toEqual([
      {
        drift: { kind: "network-acl", subject: "subnet-az2", before: "no network ACL", after: "network ACL acl-1" },
        change: null,
      },
    ]);
  });

  test("under another ACL leaves the entries of that one alone: they are not ours", () => {
    const other = { networkAclId: "acl-other", subnetIds: SUBNETS, entries: [entry(1)] };
    const told = SUBNETS.map((subject) => ({
      drift: { kind: "network-acl", subject, before: "network ACL acl-other", after: "network ACL acl-1" },
      change: null,
    }));

    expect(aclDrift(WANTED.networkAcl, SUBNETS, [other])).toEqual(told);
    expect(aclDrift(WANTED.networkAcl, SUBNETS, [other, { ...ACL, subnetIds: [] }])).toEqual(told);
  });
});

describe("an entry of the network ACL", () => {
  const change = (...entries: Parameters<typeof entry>[]) =>
    aclDrift(WANTED.networkAcl, SUBNETS, [{ ...ACL, entries: entries.map((each) => entry(...each)) }]);

  test("that is missing is made, and is told by its slot", () => {
    expect(change([100])).toEqual([
      {
        drift: { ...acl, before: "no ingress rule 110", after: aclWords(DENY) },
        change: { kind: "create", networkAclId: "acl-1", entry: DENY },
      },
    ]);
  });

  test("that nobody deployed is deleted, and is told by what it let through", () => {
    const egress = { egress: true, cidr: "0.0.0.0/0" };

    expect(change([100], [110, DENY], [100, egress])).toEqual([
      {
        drift: { ...acl, before: "egress rule 100: allow protocol -1 to 0.0.0.0/0", after: "no egress rule 100" },
        change: { kind: "delete", networkAclId: "acl-1", entry: { number: 100, egress: true } },
      },
    ]);
  });

  test.each([
    [entry(100), "ingress rule 100: allow protocol -1 from 10.0.0.0/16"],
    [entry(7, { egress: true, action: "deny" }), "egress rule 7: deny protocol -1 to 10.0.0.0/16"],
    [DENY, "ingress rule 110: deny protocol 6 ports 0-1023 from 0.0.0.0/0"],
  ])("%j reads as one sentence", (one, words) => {
    expect(aclWords(one)).toBe(words);
  });
});

describe("the security group", () => {
  test("is told of per side, with what was found and what it must be", () => {
    const wanted = { ingress: ["10.0.0.0/8", "0.0.0.0/0"], egress: ["0.0.0.0/0"] };
    const seen = { ...GROUP, ingress: [], egress: ["protocol tcp ports 443-443, 0.0.0.0/0", "every protocol, 10.0.0.0/8"] };
    const group = { kind: "security-group", subject: "sg-1" };

    expect(groupDrift(wanted, seen)).toEqual([
      { ...group, before: "in: nothing", after: "in: every protocol, 0.0.0.0/0; every protocol, 10.0.0.0/8" },
      {
        ...group,
        before: "out: every protocol, 10.0.0.0/8; protocol tcp ports 443-443, 0.0.0.0/0",
        after: "out: every protocol, 0.0.0.0/0",
      },
    ]);
  });
});

test.each([
  ["in its group alone", ["sg-1"], undefined],
  ["in another group", ["sg-2"], "in sg-2"],
  ["in another group besides", ["sg-2", "sg-1"], "in sg-1, sg-2"],
  ["in no group", [], "in no security group"],
])("a NAT %s", (_what, groupIds, before) => {
  const told = { kind: "security-group", subject: "i-1", before, after: "in sg-1" };

  expect(membershipDrift(GROUP, [{ instanceId: "i-1", groupIds }])).toEqual(before === undefined ? [] : [told]);
});
