import type { FleetRecord } from "../../../contract/parameters";
import type { MarkUnhealthy } from "./actions";
import { isHealthy, isSeenBroken } from "./evidence";
import { byZone } from "./fleet";
import type { Nat, World } from "./fleet";
import { isExcused } from "./leaving";

export interface MarkPolicy {
  /** A NAT is replaced after it was seen broken for this long, not at the first look: a move is cheap, a replacement is not. */
  readonly markAfterMs: number;
  /** At most one mark per zone in this time. */
  readonly markIntervalMs: number;
}

/**
 * Instances to be replaced: at most one per zone, and only where the zone can do without it; none that is drained (somebody works on
 * it) or reboots, as long as that notice stands: of a machine that does not come back it ends after ten minutes.
 * @param asked instance → why config-guard wants it replaced: it may look healthy, and its configuration is wrong.
 */
export function markUnhealthy(
  world: World,
  record: FleetRecord,
  now: Date,
  policy: MarkPolicy,
  asked: ReadonlyMap<string, string> = new Map(),
): readonly MarkUnhealthy[] {
  const zones = [...byZone(world.nats)].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return zones.flatMap(([zone, nats]) => {
    const members = nats.filter(({ lifecycle }) => lifecycle !== "none");
    const last = record.marks[zone];
    if (last !== undefined && now.getTime() - Date.parse(last.at) < policy.markIntervalMs) return [];
    // Somebody already comes or goes: replacing a second one could leave the zone with none.
    if (members.some(({ lifecycle, groupHealth }) => lifecycle !== "InService" || groupHealth !== "Healthy")) return [];
    const blamed = members.filter((nat) => !isExcused(nat, record));
    const broken = blamed.find((nat) => brokenForMs(nat, record, now) >= policy.markAfterMs);
    const bad = broken ?? blamed.find(({ instanceId }) => asked.has(instanceId));
    if (bad === undefined || !members.some((nat) => nat !== bad && isHealthy(nat.evidence) && !nat.leaving)) return [];
    const { instanceId } = bad;
    const why =
      broken === undefined ? asked.get(instanceId) : `it is ${bad.evidence.kind} since ${record.brokenSince?.[instanceId]}`;
    return [{ kind: "mark-unhealthy", zone, instanceId, because: `${instanceId}: ${why}; its zone has another healthy NAT` }];
  });
}

/** Milliseconds that our own looks have seen it broken without a break; -1 when it is not, or is for the first time. */
function brokenForMs(nat: Nat, record: FleetRecord, now: Date): number {
  const since = record.brokenSince?.[nat.instanceId];
  if (!isSeenBroken(nat.evidence) || since === undefined) return -1;
  return now.getTime() - Date.parse(since);
}
