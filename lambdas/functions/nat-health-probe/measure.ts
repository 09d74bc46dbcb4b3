import { DIMENSIONS, METRICS } from "../../../contract/metrics";
import type { ProbeResult } from "../../../contract/prober";
import type { Dimensions, MetricUnitName } from "../../lib/domain/ports";
import type { Fleet, LaneSeen, Seen } from "./observe";

export interface Measurement {
  readonly name: string;
  readonly value: number;
  readonly unit: MetricUnitName;
  readonly dimensions: Dimensions;
}

/** The metrics of one round. `targets` stand in for a lane whose prober did not answer: all of them are unreachable there. */
export function measure(env: string, fleet: Fleet, seen: Seen): readonly Measurement[] {
  const targets = [...new Set(seen.lanes.flatMap(({ answer }) => resultsOf(answer).map(({ target }) => target)))].sort();
  return [...seen.lanes.flatMap((lane) => ofLane(env, lane, targets)), ...standbys(env, fleet, seen)];
}

function ofLane(env: string, { lane, answer }: LaneSeen, targets: readonly string[]): readonly Measurement[] {
  const ofTheLane = { [DIMENSIONS.env]: env, [DIMENSIONS.lane]: lane };
  const results = resultsOf(answer);
  const measurements: Measurement[] = [];
  const latencies: number[] = [];
  let worst = results.length === 0 ? 0 : 1;
  for (const target of targets) {
    const checks = results.filter((result) => result.target === target);
    const reachable = checks.length > 0 && checks.every(({ ok }) => ok) ? 1 : 0;
    const dimensions = { ...ofTheLane, [DIMENSIONS.target]: target };
    worst = Math.min(worst, reachable);
    measurements.push({ name: METRICS.reachability, value: reachable, unit: "None", dimensions });
    if (reachable === 0) continue;
    // What a client waits for until it may send: the name, the connection and the handshake, one after the other.
    const latency = Math.round(10 * checks.reduce((sum, { latencyMs }) => sum + latencyMs, 0)) / 10;
    latencies.push(latency);
    measurements.push({ name: METRICS.latency, value: latency, unit: "Milliseconds", dimensions });
  }
  measurements.push({ name: METRICS.reachability, value: worst, unit: "None", dimensions: ofTheLane });
  // A lane's latency is that of its slowest reachable target; a lane that reaches none has no latency rather than a good one.
  if (latencies.length > 0)
    measurements.push({ name: METRICS.latency, value: Math.max(...latencies), unit: "Milliseconds", dimensions: ofTheLane });
  return measurements;
}

/** Per zone: the healthy NATs beyond the one that is needed. 0 means that the next fault leaves the zone to its neighbours. */
function standbys(env: string, { topology, peers }: Fleet, seen: Seen): readonly Measurement[] {
  return Object.keys(topology.zones).map((zone) => {
    const healthy = peers.peers.filter((peer) => peer.zone === zone && isHealthy(seen, peer.instanceId)).length;
    const dimensions = { [DIMENSIONS.env]: env, [DIMENSIONS.zone]: zone };
    return { name: METRICS.healthyStandbys, value: Math.max(0, healthy - 1), unit: "Count", dimensions };
  });
}

function isHealthy(seen: Seen, instanceId: string): boolean {
  const result = seen.nats.get(instanceId);
  return result?.outcome === "answered" && result.healthz.healthy;
}

function resultsOf(answer: LaneSeen["answer"]): readonly ProbeResult[] {
  return "error" in answer ? [] : (answer.probe?.results ?? []);
}
