import { DIMENSIONS, METRICS } from "../../../contract/metrics";
import type { ProbeResult } from "../../../contract/prober";
import { isRightItself } from "../../lib/domain/evidence";
import type { Dimensions, MetricUnitName } from "../../lib/domain/ports";
import type { Fleet, LaneSeen, Seen } from "./observe";

export interface Measurement {
  readonly name: string;
  readonly value: number;
  readonly unit: MetricUnitName;
  readonly dimensions: Dimensions;
}

/** What all lanes together tell of the targets. */
interface Targets {
  readonly all: readonly string[];
  /** Works on one lane at least. None: the round tells nothing of any lane. */
  readonly working: ReadonlySet<string>;
}

/**
 * The metrics of one round. All targets stand in for a lane whose prober did not answer: they are unreachable there. Of a lane that could not
 * be looked at nothing is told; an alarm that hears nothing for minutes rings.
 */
export function measure(env: string, fleet: Fleet, seen: Seen): readonly Measurement[] {
  const all = [...new Set(seen.lanes.flatMap(({ answer }) => resultsOf(answer).map(({ target }) => target)))].sort();
  const working = new Set(all.filter((target) => seen.lanes.some(({ answer }) => isReachable(target, resultsOf(answer)))));
  const targets = { all, working };
  const looked = seen.lanes.filter(({ answer }) => !("error" in answer) || answer.asked);
  return [...looked.flatMap((lane) => ofLane(env, lane, targets)), ...standbys(env, fleet, seen, targets)];
}

function ofLane(env: string, { lane, answer }: LaneSeen, { all, working }: Targets): readonly Measurement[] {
  const ofTheLane = { [DIMENSIONS.env]: env, [DIMENSIONS.lane]: lane };
  const results = resultsOf(answer);
  const measurements: Measurement[] = [];
  const latencies: number[] = [];
  // What works nowhere is no fault of the lane's.
  const isWell = [...working].every((target) => isReachable(target, results));
  for (const target of all) {
    const checks = results.filter((result) => result.target === target);
    const reachable = isReachable(target, results) ? 1 : 0;
    const dimensions = { ...ofTheLane, [DIMENSIONS.target]: target };
    measurements.push({ name: METRICS.reachability, value: reachable, unit: "None", dimensions });
    if (reachable === 0) continue;
    // What a client waits for until it may send: the name, the connection and the handshake, one after the other.
    const latency = Math.round(10 * checks.reduce((sum, { latencyMs }) => sum + latencyMs, 0)) / 10;
    latencies.push(latency);
    measurements.push({ name: METRICS.latency, value: latency, unit: "Milliseconds", dimensions });
  }
  measurements.push({ name: METRICS.reachability, value: isWell ? 1 : 0, unit: "None", dimensions: ofTheLane });
  // A lane's latency is that of its slowest reachable target; a lane that reaches none has no latency rather than a good one.
  if (latencies.length > 0)
    measurements.push({ name: METRICS.latency, value: Math.max(...latencies), unit: "Milliseconds", dimensions: ofTheLane });
  return measurements;
}

/** Per zone: the healthy NATs beyond the one that is needed. 0 means that the next fault leaves the zone to its neighbours. */
function standbys(env: string, { topology, peers }: Fleet, seen: Seen, { working }: Targets): readonly Measurement[] {
  return Object.keys(topology.zones).map((zone) => {
    const healthy = peers.peers.filter((peer) => peer.zone === zone && isFit(seen, peer.instanceId, working.size > 0)).length;
    const dimensions = { [DIMENSIONS.env]: env, [DIMENSIONS.zone]: zone };
    return { name: METRICS.healthyStandbys, value: Math.max(0, healthy - 1), unit: "Count", dimensions };
  });
}

/** When nobody reaches anything a NAT's own probe reaches nothing either, and says as little of the NAT. */
function isFit(seen: Seen, instanceId: string, isProbeTelling: boolean): boolean {
  const result = seen.nats.get(instanceId);
  if (result?.outcome !== "answered") return false;
  return result.healthz.healthy || (!isProbeTelling && isRightItself(result.healthz));
}

function isReachable(target: string, results: readonly ProbeResult[]): boolean {
  const checks = results.filter((result) => result.target === target);
  return checks.length > 0 && checks.every(({ ok }) => ok);
}

function resultsOf(answer: LaneSeen["answer"]): readonly ProbeResult[] {
  return "error" in answer ? [] : (answer.probe?.results ?? []);
}
