import type { Healthz } from "../../contract/healthz";
import { DIMENSIONS, METRIC_NAMESPACE, METRICS } from "../../contract/metrics";
import { metricParts, readBefore, sum } from "./metric-parts";
import { type PortUse, PORTS } from "./scarce-ports";

const UNITS = {
  [METRICS.conntrackUsedPercent]: "Percent",
  [METRICS.conntrackCount]: "Count",
  [METRICS.conntrackCarriedPercent]: "Percent",
  [METRICS.insertFailed]: "Count",
  [METRICS.conntrackDropped]: "Count",
  [METRICS.allowanceExceeded]: "Count",
  [METRICS.portsUsedPercent]: "Percent",
  [METRICS.portsExhausted]: "Count",
  [METRICS.replicationReady]: "Count",
  [METRICS.replicationLag]: "Milliseconds",
  [METRICS.replicationLost]: "Count",
  [METRICS.selfProbeOk]: "Count",
  [METRICS.selfProbeLatency]: "Milliseconds",
  [METRICS.peerPacketsDropped]: "Count",
} as const;

/**
 * One EMF document from the state now and the state a period ago: counters are what was added in between; a latency or use
 * that is not known is left out. Of a zone, not of each instance: CloudWatch takes $0.30 a month for each metric, here a dozen, and every
 * replaced NAT would begin a dozen more. Which NAT it was, what a sum is made of and where most ports are in use is in the line itself.
 * Bytes, packets and CPU are missing: EC2 counts them, and its detailed monitoring is paid for already.
 */
export function emfDocument(
  now: Healthz,
  before: Healthz | null,
  env: string,
  busiest: PortUse | null,
): Readonly<Record<string, unknown>> {
  const { conntrack, selfProbe } = now;
  const parts = metricParts(now, before);
  const earlier = readBefore(now, before).conntrack;
  const values: Record<string, number | null> = {
    [METRICS.conntrackUsedPercent]: conntrack.max === 0 ? null : (100 * conntrack.count) / conntrack.max,
    [METRICS.conntrackCount]: conntrack.max === 0 ? null : conntrack.count,
    [METRICS.conntrackCarriedPercent]: carriedPercent(now),
    [METRICS.insertFailed]: Math.max(0, conntrack.insertFailed - earlier.insertFailed),
    [METRICS.conntrackDropped]: sum(parts.ConntrackDropped),
    [METRICS.allowanceExceeded]: parts.AllowanceExceeded === undefined ? null : sum(parts.AllowanceExceeded),
    [METRICS.portsUsedPercent]: busiest === null ? null : (100 * busiest.count) / PORTS,
    [METRICS.portsExhausted]: refused(parts.Counters),
    ...replicationValues(now, before),
    [METRICS.selfProbeOk]: selfProbe.ok ? 1 : 0,
    [METRICS.selfProbeLatency]: selfProbe.ok ? selfProbe.lastLatencyMs : null,
    [METRICS.peerPacketsDropped]: sum(parts.PeerPacketsDropped),
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
    Parts: parts,
    ...(busiest === null ? {} : { Busiest: busiest }),
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

function refused(packets: Readonly<Record<string, number>>): number {
  return sum(Object.fromEntries(Object.entries(packets).filter(([name]) => name.startsWith("ports_exhausted_"))));
}
