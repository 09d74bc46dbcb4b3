import type { AclEntry, Guarded } from "../../../contract/parameters";
import type { Drift } from "./drift";

/** The network ACL of one public subnet, as EC2 describes it, without its unchangeable last entry. */
export interface ObservedAcl {
  readonly networkAclId: string;
  /** Of ours, those that it is associated with. */
  readonly subnetIds: readonly string[];
  readonly entries: readonly AclEntry[];
}

/** What a security group lets through, as sentences: `every protocol, 0.0.0.0/0`. */
export interface ObservedGroup {
  readonly groupId: string;
  readonly ingress: readonly string[];
  readonly egress: readonly string[];
}

/** What is done to one entry of the network ACL. */
export type AclChange =
  | { readonly kind: "create" | "replace"; readonly networkAclId: string; readonly entry: AclEntry }
  | { readonly kind: "delete"; readonly networkAclId: string; readonly entry: Pick<AclEntry, "number" | "egress"> };

export interface AclDrift {
  readonly drift: Drift;
  /** Null: told of only. */
  readonly change: AclChange | null;
}

/**
 * What of the public subnets' network ACL is not as the topology says. A subnet that was given another ACL is told of and not brought
 * back: IAM has no way to say which subnet an ACL may be associated with.
 */
export function aclDrift(
  wanted: Guarded["networkAcl"],
  subnetIds: readonly string[],
  seen: readonly ObservedAcl[],
): readonly AclDrift[] {
  const { networkAclId } = wanted;
  const strays = subnetIds.flatMap((subnetId): readonly AclDrift[] => {
    const acl = seen.find((known) => known.subnetIds.includes(subnetId));
    if (acl?.networkAclId === networkAclId) return [];
    const before = acl === undefined ? "no network ACL" : `network ACL ${acl.networkAclId}`;
    const drift: Drift = { kind: "network-acl", subject: subnetId, before, after: `network ACL ${networkAclId}` };
    return [{ drift, change: null }];
  });
  const ours = seen.find((acl) => acl.networkAclId === networkAclId);
  return ours === undefined ? strays : [...strays, ...entryDrift(wanted, ours.entries)];
}

function entryDrift({ networkAclId, entries: wanted }: Guarded["networkAcl"], seen: readonly AclEntry[]): readonly AclDrift[] {
  const told = (before: string, after: string): Drift => ({ kind: "network-acl", subject: networkAclId, before, after });
  const lacking = wanted.flatMap((entry): readonly AclDrift[] => {
    const now = seen.find((other) => sameSlot(entry, other));
    const after = aclWords(entry);
    if (now === undefined)
      return [{ drift: told(`no ${slotWords(entry)}`, after), change: { kind: "create", networkAclId, entry } }];
    if (aclWords(now) === after) return [];
    return [{ drift: told(aclWords(now), after), change: { kind: "replace", networkAclId, entry } }];
  });
  const extra = seen
    .filter((entry) => !wanted.some((other) => sameSlot(entry, other)))
    .map((entry): AclDrift => {
      const change = { kind: "delete", networkAclId, entry: { number: entry.number, egress: entry.egress } } as const;
      return { drift: told(aclWords(entry), `no ${slotWords(entry)}`), change };
    });
  return [...lacking, ...extra];
}

/**
 * What of the NATs' security group is not as the topology says. Told of only: a rule made again behind Terraform's back has another ID,
 * and the next apply fails on it.
 */
export function groupDrift(wanted: Guarded["securityGroup"], seen: ObservedGroup): readonly Drift[] {
  const sides = [
    ["in", wanted.ingress, seen.ingress],
    ["out", wanted.egress, seen.egress],
  ] as const;
  return sides.flatMap(([side, cidrs, found]): readonly Drift[] => {
    const before = found.toSorted().join("; ");
    const after = cidrs.map(everyProtocol).toSorted().join("; ");
    return before === after
      ? []
      : [
          {
            kind: "security-group",
            subject: seen.groupId,
            before: `${side}: ${before || "nothing"}`,
            after: `${side}: ${after}`,
          },
        ];
  });
}

/** The security groups of one NAT's network interface. */
export interface Membership {
  readonly instanceId: string;
  readonly groupIds: readonly string[];
}

/**
 * NATs that are not in their security group, or in others besides. Told of only: a replacement is born into the right group, and whether
 * the wrong one is worth that is for a person to judge.
 */
export function membershipDrift({ groupId }: ObservedGroup, memberships: readonly Membership[]): readonly Drift[] {
  return memberships
    .filter(({ groupIds }) => groupIds.length !== 1 || !groupIds.includes(groupId))
    .map(({ instanceId, groupIds }) => ({
      kind: "security-group",
      subject: instanceId,
      before: `in ${groupIds.toSorted().join(", ") || "no security group"}`,
      after: `in ${groupId}`,
    }));
}

export const everyProtocol = (cidr: string): string => `every protocol, ${cidr}`;

function sameSlot(a: AclEntry, b: AclEntry): boolean {
  return a.number === b.number && a.egress === b.egress;
}

function slotWords({ number, egress }: AclEntry): string {
  return `${egress ? "egress" : "ingress"} rule ${number}`;
}

export function aclWords(entry: AclEntry): string {
  const ports = entry.ports === undefined ? "" : ` ports ${entry.ports.from}-${entry.ports.to}`;
  return `${slotWords(entry)}: ${entry.action} protocol ${entry.protocol}${ports} ${entry.egress ? "to" : "from"} ${entry.cidr}`;
}
