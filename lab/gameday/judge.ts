import type { Expectation } from "../faults/fault";
import { UNTOUCHED } from "../faults/fault";
import type { CrowdRun } from "../holder/crowd-run";
import type { Fleet } from "../holder/fleet";
import type { LaneCrowd } from "../report/crowd";

/** Half of what an untouched connection may stall. */
const STILL_MS = 100;

/** Void runs of a fault that are repeated: a machine that is too busy so often has no day for this. The next one counts, as not held. */
export const VOIDS_REPEATED = 5;

/** What the reason of a void run that counts starts with. */
export const VOID = "void: ";

/** Why the run says nothing about the fleet, good or bad: the machine was too busy. Undefined: it was not. */
export function whyVoid({ crowd, droppedByMachine }: CrowdRun): string | undefined {
  if (crowd.lagMs > STILL_MS) return `the crowd's own processes stood still for ${crowd.lagMs} ms`;
  if (droppedByMachine > 0) return `the machine dropped ${droppedByMachine} packets, because a core's queue was full`;
  return undefined;
}

/** What was not as it must be, one sentence each; empty when everything was. */
export function judge(expects: Expectation, run: CrowdRun): readonly string[] {
  const lanes = run.crowd.lanes.flatMap((lane) => {
    const touched = run.touched.includes(lane.lane);
    const reasons = judgeLane(touched ? expects : UNTOUCHED, lane, run.addresses[lane.lane] ?? []);
    return reasons.map((reason) => `lane ${lane.lane}${touched ? "" : " (not the fault's)"}: ${reason}`);
  });
  return [...when(run.failure !== null, `the fault did not go as it should: ${run.failure}`), ...lanes];
}

/** The UDP ports answer nobody, so what a knock at them came to is told by who heard it. */
export function heard(nats: Fleet["nats"]): readonly string[] {
  return nats.flatMap(({ node, malformed }) =>
    malformed === null || malformed === 0 ? [] : [`${malformed} packets that are of no NAT came to the agent of ${node}`],
  );
}

function judgeLane(expects: Expectation, { kinds, churn }: LaneCrowd, addresses: readonly string[]): readonly string[] {
  const connections = sum(kinds.map((kind) => kind.connections));
  const alive = sum(kinds.map((kind) => kind.alive));
  const stall = Math.max(0, ...kinds.flatMap(({ stallMs }) => stallMs?.worst ?? []));
  const lost = sum(kinds.map((kind) => kind.lost ?? 0));
  const foreign = churn.addresses.filter((address) => !addresses.includes(address));
  return [
    ...when(connections === 0, "it had no connections to judge by"),
    ...when(
      expects.established !== undefined && alive < expects.established * connections,
      `${connections - alive} of ${connections} connections died (${deaths(kinds)})`,
    ),
    ...above(expects.stallMs, stall, (limit) => `a connection stalled for ${stall} ms, the limit is ${limit} ms`),
    ...above(expects.lost, lost, () => `${lost} packets were lost`),
    ...above(
      expects.failures,
      churn.failures,
      () => `${churn.failures} of ${churn.tries} new connections failed: ${churn.errors.join("; ")}`,
    ),
    ...when(churn.outageMs === null, "new connections do not come back"),
    ...above(expects.outageMs, churn.outageMs ?? 0, (limit) => {
      return `no new connection for ${churn.outageMs} ms, the limit is ${limit} ms`;
    }),
    ...when(foreign.length > 0, `it left from ${foreign.join(", ")}, its addresses are ${addresses.join(", ")}`),
  ];
}

function deaths(kinds: LaneCrowd["kinds"]): string {
  return kinds
    .flatMap(({ kind, deaths: all }) => Object.entries(all).map(([why, count]) => `${count} ${kind}: ${why}`))
    .join("; ");
}

function when(condition: boolean, sentence: string): readonly string[] {
  return condition ? [sentence] : [];
}

function above(limit: number | undefined, value: number, sentence: (limit: number) => string): readonly string[] {
  return limit !== undefined && value > limit ? [sentence(limit)] : [];
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
