import type { Healthz } from "../../contract/healthz";
import { DIMENSIONS, METRIC_NAMESPACE, METRICS } from "../../contract/metrics";

const UNITS = {
  [METRICS.conntrackUsedPercent]: "Percent",
  [METRICS.conntrackCount]: "Count",
  [METRICS.conntrackCarriedPercent]: "Percent",
  [METRICS.insertFailed]: "Count",
  [METRICS.portsUsedPercent]: "Percent",
  [METRICS.portsExhausted]: "Count",
  [METRICS.replicationReady]: "Count",
  [METRICS.replicationLag]: "Milliseconds",
  [METRICS.replicationLost]: "Count",
  [METRICS.selfProbeOk]: "Count",
  [METRICS.selfProbeLatency]: "Milliseconds",
  [METRICS.heartbeatsDropped]: "Count",
} as const;

/**
 * One EMF document from the state now and the state a period ago: counters are what was added in between; a latency or use
 * that is not known is left out. Of a zone, not of each instance: CloudWatch takes $0.30 a month for each metric, here a dozen, and every
 * replaced NAT would begin a dozen more. Which NAT it was is in the line itself.
 */
export function emfDocument(
  now: Healthz,
  before: Healthz | null,
  env: string,
  portsUsedPercent: number | null,
): Readonly<Record<string, unknown>> {
  const { conntrack, selfProbe } = now;
  const values: Record<string, number | null> = {
    [METRICS.conntrackUsedPercent]: conntrack.max === 0 ? null : (100 * conntrack.count) / conntrack.max,
    [METRICS.conntrackCount]: conntrack.max === 0 ? null : conntrack.count,
    [METRICS.conntrackCarriedPercent]: carriedPercent(now),
    [METRICS.insertFailed]: Math.max(0, conntrack.insertFailed - (before?.conntrack.insertFailed ?? conntrack.insertFailed)),
    [METRICS.portsUsedPercent]: portsUsedPercent,
    // A reloaded ruleset counts from zero again.
    [METRICS.portsExhausted]: Math.max(0, refused(now) - refused(before ?? now)),
    ...replicationValues(now, before),
    [METRICS.selfProbeOk]: selfProbe.ok ? 1 : 0,
    [METRICS.selfProbeLatency]: selfProbe.ok ? selfProbe.lastLatencyMs : null,
    [METRICS.heartbeatsDropped]: dropped(now) - (before === null ? 0 : dropped(before)),
  };
  const known = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null));
  const { env: envName, instanceId, zone } = DIMENSIONS;
  return {
    _aws: {
      Timestamp: Date.parse(now.at),
      CloudWatchMetrics: [
        {
          Namespace: METRIC_NAMESPACE,
          Dimensions: [[envName, zone]],
          Metrics: Object.entries(UNITS).flatMap(([Name, Unit]) => (Name in known ? [{ Name, Unit }] : [])),
        },
      ],
    },
    [envName]: env,
    [instanceId]: now.instanceId,
    [zone]: now.zone,
    ...known,
  };
}

/**
 * Nothing at all where nothing is replicated: no alarm either. Who hears nobody is ready only when nobody is listed: else it is the
 * hearing that fails, and it may be so on all NATs at once.
 */
function replicationValues(
  { replication: now, heartbeats }: Healthz,
  before: Healthz | null,
): Readonly<Record<string, number | null>> {
  if (now.state === "off") return {};
  const { sendLagMs, injectLagMs, lost } = now;
  const earlier = before === null || before.replication.state === "off" ? 0 : before.replication.lost;
  return {
    [METRICS.replicationReady]: now.state === "synced" || (now.state === "alone" && heartbeats.peers.length === 0) ? 1 : 0,
    [METRICS.replicationLag]: sendLagMs === null && injectLagMs === null ? null : (sendLagMs ?? 0) + (injectLagMs ?? 0),
    [METRICS.replicationLost]: Math.max(0, lost - earlier),
  };
}

/** Where nothing is copied every flow is carried. */
function carriedPercent({ conntrack, replication }: Healthz): number | null {
  const carried = replication.state === "off" ? conntrack.count : (replication.carried ?? null);
  return carried === null || conntrack.max === 0 ? null : (100 * carried) / conntrack.max;
}

function dropped({ heartbeats }: Healthz): number {
  return Object.values(heartbeats.dropped).reduce((sum, count) => sum + count, 0);
}

function refused({ counters }: Healthz): number {
  const lanes = Object.entries(counters).filter(([name]) => name.startsWith("ports_exhausted_"));
  return lanes.reduce((sum, [, { packets }]) => sum + packets, 0);
}
