import type { Healthz } from "../../contract/healthz";
import { DIMENSIONS, METRIC_NAMESPACE, METRICS } from "../../contract/metrics";

const UNITS = {
  [METRICS.conntrackUsedPercent]: "Percent",
  [METRICS.conntrackCount]: "Count",
  [METRICS.insertFailed]: "Count",
  [METRICS.selfProbeOk]: "Count",
  [METRICS.selfProbeLatency]: "Milliseconds",
  [METRICS.heartbeatsDropped]: "Count",
} as const;

/**
 * One EMF document from the state now and the state a period ago: counters are what was added in between; a latency or use
 * that is not known is left out.
 */
export function emfDocument(now: Healthz, before: Healthz | null, env: string): Readonly<Record<string, unknown>> {
  const { conntrack, selfProbe } = now;
  const values: Record<string, number | null> = {
    [METRICS.conntrackUsedPercent]: conntrack.max === 0 ? null : (100 * conntrack.count) / conntrack.max,
    [METRICS.conntrackCount]: conntrack.max === 0 ? null : conntrack.count,
    [METRICS.insertFailed]: Math.max(0, conntrack.insertFailed - (before?.conntrack.insertFailed ?? conntrack.insertFailed)),
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
          Dimensions: [
            [envName, instanceId],
            [envName, zone],
          ],
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

function dropped({ heartbeats }: Healthz): number {
  return Object.values(heartbeats.dropped).reduce((sum, count) => sum + count, 0);
}
