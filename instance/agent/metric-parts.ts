import type { Healthz } from "../../contract/healthz";
import { METRICS } from "../../contract/metrics";

type Counts = Readonly<Record<string, number>>;

/** What metrics are sums of, each under the metric's name, and the packets of each counter of the ruleset; all since the last document. */
export interface MetricParts {
  readonly [METRICS.conntrackDropped]: Counts;
  readonly [METRICS.allowanceExceeded]?: Counts;
  /** By channel and reason, e.g. `replicationForged`. */
  readonly [METRICS.peerPacketsDropped]: Counts;
  readonly Counters: Counts;
}

export function metricParts(now: Healthz, before: Healthz | null): MetricParts {
  const earlier = readBefore(now, before);
  return {
    [METRICS.conntrackDropped]: added(droppedByTable(now), droppedByTable(earlier)),
    ...(now.allowances && { [METRICS.allowanceExceeded]: added(now.allowances, earlier.allowances ?? {}) }),
    [METRICS.peerPacketsDropped]: before === null ? peerDrops(now) : added(peerDrops(now), peerDrops(before)),
    Counters: added(packets(now), packets(earlier)),
  };
}

/** Where nothing was read the last time, nothing is known to have been added. */
export function readBefore(now: Healthz, before: Healthz | null): Healthz {
  return before === null || before.conntrack.max === 0 ? now : before;
}

export function sum(counts: Counts): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}

/** A counter that has begun anew adds nothing, as in a ruleset that was loaded again; nor does one that was not read the last time. */
function added(now: Counts, before: Counts): Counts {
  return Object.fromEntries(Object.entries(now).map(([name, count]) => [name, Math.max(0, count - (before[name] ?? count))]));
}

/** No packet counts twice among these; each that failed to be inserted for one of them counts in `insertFailed` as well. */
function droppedByTable({ conntrack: { drop, earlyDrop = 0, chainTooLong = 0 } }: Healthz): Counts {
  return { drop, earlyDrop, chainTooLong };
}

/** Since the agent began. */
function peerDrops({ heartbeats, replication }: Healthz): Counts {
  const channels = { heartbeat: heartbeats.dropped, replication: replication.state === "off" ? {} : replication.dropped };
  const named = Object.entries(channels).flatMap(([channel, reasons]) =>
    Object.entries(reasons).map(
      ([reason, count]) => [channel + reason.charAt(0).toUpperCase() + reason.slice(1), count] as const,
    ),
  );
  return Object.fromEntries(named);
}

function packets({ counters }: Healthz): Counts {
  return Object.fromEntries(Object.entries(counters).map(([name, count]) => [name, count.packets]));
}
