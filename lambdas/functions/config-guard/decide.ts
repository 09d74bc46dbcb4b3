/**
 * What of the fleet is not as it was deployed, and what is done about it. Pure.
 *
 * | #   | found                                                              | then                                             |
 * |-----|--------------------------------------------------------------------|--------------------------------------------------|
 * | 1a  | a lane without a default route, or at no NAT (Gateway) of ours     | ask nat-route-failover (the door) to repair      |
 * | 1b  | a lane whose route table was deleted: only a deployment makes one  | tell only                                        |
 * | 2   | a NAT in service with its source/destination check on              | switch it off                                    |
 * | 3   | an entry of the public subnets' network ACL missing, or different  | create it, or replace it                         |
 * | 4   | an entry that the deployment does not have                         | delete it                                        |
 * | 5   | a public subnet under another network ACL                          | tell only (lib/domain/network-guard.ts says why) |
 * | 6a  | the NATs' security group with other rules                          | tell only (likewise)                             |
 * | 6b  | a NAT in service that is not in it, or in others besides           | tell only (likewise)                             |
 * | 7   | nat-check of a NAT in service fails on its configuration or agent  | repair it once; one NAT of a zone after the other|
 * | 8   | as 7, and still after its repair                                   | ask the door to replace it; one of a zone        |
 * | 9   | nat-check fails on the self-probe alone                            | nothing: its health is nat-route-failover's      |
 * | 10  | nat-check could not be run, or gave no answer                      | nothing: a missing observation                   |
 * | 11  | any of 1 to 7 during an operator's hold                            | tell only                                        |
 * | 12  | nothing of it                                                      | nothing                                          |
 *
 * 1 to 6 count when two looks agree: a move or a launch under way is no drift. Whether a NAT that is to be replaced can be spared is
 * judged by nat-route-failover (lib/domain/marking.ts); until it can, it is found again by every run.
 */
import type { Guarded } from "../../../contract/parameters";
import { routeDrift, sameDrift } from "../../lib/domain/drift";
import type { Drift } from "../../lib/domain/drift";
import type { World } from "../../lib/domain/fleet";
import { aclDrift, groupDrift, membershipDrift } from "../../lib/domain/network-guard";
import type { AclChange, Membership, ObservedAcl, ObservedGroup } from "../../lib/domain/network-guard";

export interface Network {
  /** NATs in service only count for the source/destination check. */
  readonly world: World;
  /** Route tables that do not exist any more. */
  readonly vanished: readonly Drift[];
  /** Instances whose check is on. */
  readonly checked: readonly string[];
  /** Of NATs in service whose security groups EC2 told. */
  readonly memberships: readonly Membership[];
  /** Null where the topology does not say what they must be. */
  readonly guarded: { readonly wanted: Guarded; readonly acls: readonly ObservedAcl[]; readonly group: ObservedGroup } | null;
  readonly subnetIds: readonly string[];
}

export type Mend =
  | { readonly kind: "ask-door" }
  | { readonly kind: "switch-off-source-dest-check"; readonly instanceId: string }
  | { readonly kind: "change-acl"; readonly change: AclChange }
  | { readonly kind: "repair"; readonly instanceId: string; readonly zone: string }
  | { readonly kind: "tell" };

export interface Finding {
  readonly drift: Drift;
  readonly mend: Mend;
}

/** What nat-check said of one NAT. */
export interface Checked {
  readonly instanceId: string;
  readonly zone: string;
  readonly outcome:
    | { readonly state: "passed" }
    | { readonly state: "failed"; readonly failing: readonly { readonly name: string; readonly detail: string }[] }
    | { readonly state: "unknown"; readonly because: string };
}

/** A NAT that can reach nobody is not misconfigured. */
const HEALTH_CHECK = "self-probe";

/** Rows 1 to 6. */
export function networkFindings({ world, vanished, checked, memberships, guarded, subnetIds }: Network): readonly Finding[] {
  const routes = world.lanes.flatMap((lane) => routeDrift(lane, world, "a default route to a NAT of ours"));
  const switches = checked.map((instanceId): Finding => {
    const drift: Drift = {
      kind: "source-dest-check",
      subject: instanceId,
      before: "source/destination check on",
      after: "source/destination check off",
    };
    return { drift, mend: { kind: "switch-off-source-dest-check", instanceId } };
  });
  const rules = guarded === null ? [] : aclDrift(guarded.wanted.networkAcl, subnetIds, guarded.acls);
  const groups = guarded === null ? [] : groupDrift(guarded.wanted.securityGroup, guarded.group);
  const strangers = guarded === null ? [] : membershipDrift(guarded.group, memberships);
  return [
    ...routes.map((drift): Finding => ({ drift, mend: { kind: "ask-door" } })),
    ...vanished.map((drift): Finding => ({ drift, mend: { kind: "tell" } })),
    ...switches,
    ...rules.map(({ drift, change }): Finding => ({
      drift,
      mend: change === null ? { kind: "tell" } : { kind: "change-acl", change },
    })),
    ...[...groups, ...strangers].map((drift): Finding => ({ drift, mend: { kind: "tell" } })),
  ];
}

/** What both looks found. */
export function agreed(first: readonly Finding[], second: readonly Finding[]): readonly Finding[] {
  return second.filter(({ drift }) => first.some((before) => sameDrift(before.drift, drift)));
}

/** Rows 7, 9 and 10. */
export function natFinding({ instanceId, zone, outcome }: Checked): Finding | null {
  if (outcome.state !== "failed") return null;
  const wrong = outcome.failing.filter(({ name }) => name !== HEALTH_CHECK);
  if (wrong.length === 0) return null;
  const before = wrong.map(({ name, detail }) => `${name}: ${detail}`).join("; ");
  const drift: Drift = { kind: "instance", subject: instanceId, before, after: "nat-check passes" };
  return { drift, mend: { kind: "repair", instanceId, zone } };
}

/** Row 11. */
export function underHold(findings: readonly Finding[], isHeld: boolean): readonly Finding[] {
  return isHeld ? findings.map(({ drift }) => ({ drift, mend: { kind: "tell" } })) : findings;
}

/** Row 7: zones side by side, the NATs of one zone one after the other, by instance ID. */
export function repairOrder(findings: readonly Finding[]): readonly (readonly string[])[] {
  const byZone = new Map<string, string[]>();
  for (const { mend } of findings)
    if (mend.kind === "repair") byZone.set(mend.zone, [...(byZone.get(mend.zone) ?? []), mend.instanceId]);
  return [...byZone.values()].map((ids) => ids.toSorted());
}

/** Row 8: of what is still wrong, the first of each zone. */
export function replacements(
  stillWrong: readonly Checked[],
): readonly { readonly instanceId: string; readonly because: string }[] {
  const found = stillWrong.flatMap((checked) => {
    const finding = natFinding(checked);
    return finding === null ? [] : [{ ...checked, because: `a repair did not help: ${finding.drift.before}` }];
  });
  const ordered = found.toSorted((a, b) => (a.instanceId < b.instanceId ? -1 : 1));
  return ordered
    .filter(({ zone }, index) => ordered.findIndex((other) => other.zone === zone) === index)
    .map(({ instanceId, because }) => ({ instanceId, because }));
}
