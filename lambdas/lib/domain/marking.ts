import type { FleetRecord } from "../../../contract/parameters";
import type { MarkUnhealthy } from "./actions";
import { isHealthy, isSeenBroken } from "./evidence";
import type { Nat, World } from "./fleet";

export interface MarkPolicy {
  /** A NAT is replaced after it was seen broken for this long, not at the first look: a move is cheap, a replacement is not. */
  readonly markAfterMs: number;
  /** At most one mark per zone in this time. */
  readonly markIntervalMs: number;
}

/** Instances to be replaced: at most one per zone, and only where the zone can do without it. */
export function markUnhealthy(world: World, record: FleetRecord, now: Date, policy: MarkPolicy): readonly MarkUnhealthy[] {
  const zones = [...new Set(world.nats.map(({ zone }) => zone))].toSorted();
  return zones.flatMap((zone) => markInZone(zone, world, record, now, policy) ?? []);
}

function markInZone(zone: string, world: World, record: FleetRecord, now: Date, policy: MarkPolicy): MarkUnhealthy | undefined {
  const members = world.nats.filter((nat) => nat.zone === zone && nat.lifecycle !== "none");
  const last = record.marks[zone];
  if (last !== undefined && now.getTime() - Date.parse(last.at) < policy.markIntervalMs) return undefined;
  if (!members.some(({ evidence, leaving }) => isHealthy(evidence) && !leaving)) return undefined;
  // Somebody already comes or goes: replacing a second one could leave the zone with none.
  if (members.some(({ lifecycle, groupHealth }) => lifecycle !== "InService" || groupHealth !== "Healthy")) return undefined;
  const bad = members.find((nat) => brokenForMs(nat, record, now) >= policy.markAfterMs);
  if (bad === undefined) return undefined;
  const because = `${bad.instanceId} is ${bad.evidence.kind} since ${record.brokenSince?.[bad.instanceId]} and its zone has a healthy NAT`;
  return { kind: "mark-unhealthy", zone, instanceId: bad.instanceId, because };
}

/** Milliseconds that our own looks have seen it broken without a break; -1 when it is not, or is for the first time. */
function brokenForMs(nat: Nat, record: FleetRecord, now: Date): number {
  const since = record.brokenSince?.[nat.instanceId];
  if (!isSeenBroken(nat.evidence) || since === undefined) return -1;
  return now.getTime() - Date.parse(since);
}
