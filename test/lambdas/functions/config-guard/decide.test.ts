import fc from "fast-check";
import type { AclEntry } from "../../../../contract/parameters";
import {
  agreed,
  natFinding,
  networkFindings,
  repairOrder,
  replacements,
  underHold,
} from "../../../../lambdas/functions/config-guard/decide";
import type { Checked, Finding, Network } from "../../../../lambdas/functions/config-guard/decide";
import type { Drift } from "../../../../lambdas/lib/domain/drift";
import { aclDrift, groupDrift } from "../../../../lambdas/lib/domain/network-guard";
import type { AclChange } from "../../../../lambdas/lib/domain/network-guard";
import { lane, PERFECT, to, worldWith } from "../nat-route-failover/support/builders";
import { ACL, AGENT, DENY, entry, GROUP, RULESET, SELF_PROBE, SUBNETS, WANTED } from "./site";

const RIGHT: Network = {
  world: PERFECT,
  vanished: [],
  checked: [],
  memberships: [{ instanceId: "i-az1-a", groupIds: ["sg-1"] }],
  guarded: { wanted: WANTED, acls: [ACL], group: GROUP },
  subnetIds: SUBNETS,
};
const guarded = (difference: object): Network => ({
  ...RIGHT,
  guarded: { wanted: WANTED, acls: [ACL], group: GROUP, ...difference },
});
const acl = (...entries: readonly AclEntry[]) => guarded({ acls: [{ ...ACL, entries }] });
const GONE: Drift = { kind: "default-route", subject: "az1-l1", before: "route table rtb-1 does not exist", after: "x" };
const LANE = lane("az1-l1", "az1-a");

describe("the network", () => {
  test.each<[string, Network, readonly object[]]>([
    ["12: nothing, when all is right", RIGHT, []],
    ["12: nothing of rules that the topology does not tell of", { ...RIGHT, guarded: null }, []],
    [
      "1a: a missing route: the door",
      { ...RIGHT, world: worldWith({}, [{ ...LANE, route: { state: "missing" } }]) },
      [{ drift: { kind: "default-route", subject: "az1-l1", before: "no default route" }, mend: { kind: "ask-door" } }],
    ],
    [
      "1a: a foreign route: the door",
      { ...RIGHT, world: worldWith({}, [{ ...LANE, route: to("foreign") }]) },
      [{ drift: { before: "a default route to eni-foreign" }, mend: { kind: "ask-door" } }],
    ],
    ["1b: a route table that was deleted: tell", { ...RIGHT, vanished: [GONE] }, [{ drift: GONE, mend: { kind: "tell" } }]],
    [
      "12: nothing of a black hole: a failure, and nat-route-failover's",
      { ...RIGHT, world: worldWith({}, [{ ...LANE, route: { state: "blackhole", eniId: "e" } }]) },
      [],
    ],
    [
      "2: a source/destination check that is on: off with it",
      { ...RIGHT, checked: ["i-az1-a"] },
      [
        {
          drift: { kind: "source-dest-check", subject: "i-az1-a" },
          mend: { kind: "switch-off-source-dest-check", instanceId: "i-az1-a" },
        },
      ],
    ],
    [
      "3: a missing entry: create it",
      acl(entry(100)),
      [{ mend: { kind: "change-acl", change: { kind: "create", entry: DENY } } }],
    ],
    [
      "3: an entry that was opened: replace it",
      acl(entry(100), { ...DENY, action: "allow" }),
      [
        {
          drift: {
            kind: "network-acl",
            subject: "acl-1",
            before: "ingress rule 110: allow protocol 6 ports 0-1023 from 0.0.0.0/0",
            after: "ingress rule 110: deny protocol 6 ports 0-1023 from 0.0.0.0/0",
          },
          mend: { kind: "change-acl", change: { kind: "replace", entry: DENY } },
        },
      ],
    ],
    [
      "4: an entry of somebody else: delete it",
      acl(entry(100), DENY, entry(50, { cidr: "0.0.0.0/0" })),
      [{ mend: { kind: "change-acl", change: { kind: "delete", entry: { number: 50, egress: false } } } }],
    ],
    [
      "5: a subnet under another ACL: tell",
      guarded({
        acls: [
          { ...ACL, subnetIds: ["subnet-az1"] },
          { networkAclId: "acl-open", subnetIds: ["subnet-az2"], entries: [] },
        ],
      }),
      [{ drift: { subject: "subnet-az2", before: "network ACL acl-open", after: "network ACL acl-1" }, mend: { kind: "tell" } }],
    ],
    [
      "6a: a security group with another rule: tell",
      guarded({ group: { ...GROUP, ingress: ["protocol tcp ports 22-22, 0.0.0.0/0"] } }),
      [
        {
          drift: { kind: "security-group", subject: "sg-1", before: "in: protocol tcp ports 22-22, 0.0.0.0/0" },
          mend: { kind: "tell" },
        },
      ],
    ],
    [
      "6b: a NAT in another security group: tell",
      { ...RIGHT, memberships: [{ instanceId: "i-az1-a", groupIds: ["sg-2"] }] },
      [
        {
          drift: { kind: "security-group", subject: "i-az1-a", before: "in sg-2", after: "in sg-1" },
          mend: { kind: "tell" },
        },
      ],
    ],
    [
      "12: nothing of security groups that the topology does not tell of",
      { ...RIGHT, guarded: null, memberships: [{ instanceId: "i-az1-a", groupIds: ["sg-2"] }] },
      [],
    ],
  ])("%s", (_name, network, expected) => {
    expect(networkFindings(network)).toMatchObject(expected);
    expect(networkFindings(network)).toHaveLength(expected.length);
  });

  test("only what two looks agree on counts", () => {
    const missing = networkFindings({ ...RIGHT, world: worldWith({}, [{ ...LANE, route: { state: "missing" } }]) });
    const foreign = networkFindings({ ...RIGHT, world: worldWith({}, [{ ...LANE, route: to("foreign") }]) });

    expect(agreed(missing, missing)).toEqual(missing);
    expect([agreed(missing, foreign), agreed([], missing), agreed(missing, [])]).toEqual([[], [], []]);
  });

  test("11: during a hold everything is told and nothing mended", () => {
    const findings = networkFindings({ ...RIGHT, checked: ["i-az1-a"] });

    expect(underHold(findings, true)).toEqual([{ drift: findings[0]?.drift, mend: { kind: "tell" } }]);
    expect(underHold(findings, false)).toEqual(findings);
  });

  test("whatever the entries are, the changes make them the wanted ones, and no other finding is left", () => {
    const anyEntry = fc.record({
      number: fc.integer({ min: 1, max: 5 }),
      egress: fc.boolean(),
      protocol: fc.constantFrom("-1", "6", "17"),
      action: fc.constantFrom("allow" as const, "deny" as const),
      cidr: fc.constantFrom("0.0.0.0/0", "10.0.0.0/16"),
    });
    const entries = fc.uniqueArray(anyEntry, { selector: ({ number, egress }) => `${number} ${egress}` });

    fc.assert(
      fc.property(entries, entries, (wanted, seen) => {
        const guard = { networkAclId: "acl-1", entries: wanted };
        const found = aclDrift(guard, SUBNETS, [{ ...ACL, entries: seen }]);
        const after = found.reduce<readonly AclEntry[]>((now, { change }) => (change === null ? now : apply(now, change)), seen);

        expect(aclDrift(guard, SUBNETS, [{ ...ACL, entries: after }])).toEqual([]);
        expect(found.every(({ drift: { before, after: must } }) => before !== must)).toBe(true);
      }),
    );
  });

  test("the order of a group's rules says nothing", () => {
    const wanted = { ingress: ["10.0.0.0/8", "0.0.0.0/0"], egress: [] };
    const group = { ...GROUP, ingress: ["every protocol, 0.0.0.0/0", "every protocol, 10.0.0.0/8"], egress: [] };

    expect(groupDrift(wanted, group)).toEqual([]);
  });
});

function apply(entries: readonly AclEntry[], change: AclChange): readonly AclEntry[] {
  const { entry: changed } = change;
  const others = entries.filter(({ number, egress }) => number !== changed.number || egress !== changed.egress);
  if ((change.kind === "create") !== (others.length === entries.length)) throw new Error(`EC2 would refuse to ${change.kind}`);
  return change.kind === "delete" ? others : [...others, change.entry];
}

describe("a NAT", () => {
  const checked = (name: string, ...failing: readonly { name: string; detail: string }[]): Checked => ({
    instanceId: `i-${name}`,
    zone: name.slice(0, 3),
    outcome: failing.length === 0 ? { state: "passed" } : { state: "failed", failing },
  });
  const findings = (...nats: readonly Checked[]) => nats.flatMap((nat): Finding | readonly Finding[] => natFinding(nat) ?? []);

  test.each([
    ["12: that passes is right", checked("az1-a"), undefined],
    ["7: whose ruleset was edited is repaired", checked("az1-a", RULESET), `ruleset: ${RULESET.detail}`],
    ["7: whose agent is dead is repaired", checked("az1-a", AGENT, SELF_PROBE), `agent: ${AGENT.detail}`],
    ["9: that reaches nobody is not misconfigured", checked("az1-a", SELF_PROBE), undefined],
    [
      "10: that gave no answer is unknown",
      { ...checked("az1-a"), outcome: { state: "unknown" as const, because: "x" } },
      undefined,
    ],
  ])("%s", (_name, nat, before) => {
    expect(natFinding(nat)?.drift.before).toBe(before);
  });

  test("7: is repaired after its neighbour, zones side by side", () => {
    const wrong = findings(checked("az1-b", RULESET), checked("az2-a", RULESET), checked("az1-a", AGENT));

    expect(repairOrder(wrong)).toEqual([["i-az1-a", "i-az1-b"], ["i-az2-a"]]);
  });

  test("8: that a repair did not help is replaced, one of a zone", () => {
    const still = [
      checked("az1-b", RULESET),
      checked("az1-a", RULESET),
      checked("az2-a", AGENT),
      checked("az2-b"),
      checked("az3-a", SELF_PROBE),
    ];

    expect(replacements(still).map(({ instanceId }) => instanceId)).toEqual(["i-az1-a", "i-az2-a"]);
  });
});
