import type { Fault } from "../faults/fault";
import type { CrowdRun } from "../holder/crowd-run";
import type { Distribution, KindReport, LaneCrowd } from "../report/crowd";
import { distribution } from "../report/crowd";
import type { Kind } from "../crowd/kinds";
import { KINDS, PACE } from "../crowd/kinds";

/** One run of one fault. */
export interface Run {
  readonly node: string;
  readonly watchedSeconds: number;
  /** Connections on the lanes that the fault is about; on all lanes when it is about none. */
  readonly connections: number;
  readonly alive: number;
  readonly stallMs: Distribution | null;
  /** Longest of the lanes; null when one did not come back. */
  readonly outageMs: number | null;
  readonly failures: number;
  readonly tries: number;
  readonly lost: number;
  readonly kinds: readonly KindRun[];
  /** The lanes that the fault is not about; null when it is about all of them. */
  readonly others: {
    readonly connections: number;
    readonly alive: number;
    readonly lost: number;
    readonly failures: number;
  } | null;
  readonly moves: number;
  readonly calls: Readonly<Record<string, number>>;
  readonly knocked: number;
  /** Doors that answered. */
  readonly open: readonly string[];
  /** How long the crowd's own processes stood still at most, milliseconds. */
  readonly lagMs: number;
  /** What was not as it must be; empty when everything was. */
  readonly reasons: readonly string[];
  /** Seconds from the end of the watch until the fleet was whole again; null when it was not. */
  readonly repairedAfterSeconds: number | null;
}

export interface KindRun {
  readonly kind: Kind;
  readonly connections: number;
  readonly alive: number;
  readonly stallMs: Distribution | null;
  readonly lost: number | null;
}

/** All runs of one fault. */
export interface FaultRecord {
  readonly fault: string;
  readonly does: string;
  readonly by: Fault["by"];
  readonly expects: Fault["expects"];
  readonly runs: readonly Run[];
  /** Runs that were repeated, because the machine stood still. */
  readonly voided: number;
  /** The crowd's paces in these runs; absent from records of before it was kept ({@link FORMER_PACE}). */
  readonly paceMs?: typeof PACE;
  /** Of every living connection of every run; null when there was none. */
  readonly stallMs: Distribution | null;
  /** Share of them that stalled no longer than so many milliseconds, at most {@link CURVE_POINTS} of them. */
  readonly stallCurve: readonly (readonly [ms: number, share: number])[];
}

/** Until 2026-11-23. */
export const FORMER_PACE: typeof PACE = { ...PACE, push: 50, udp: 50, icmp: 50, churn: 20 };

/** One by one the stalls would make megabytes; a drawing shows no more than this. */
const CURVE_POINTS = 200;

export function stallFigures(stallsMs: readonly number[]): Pick<FaultRecord, "stallMs" | "stallCurve"> {
  const sorted = stallsMs.toSorted((a, b) => a - b);
  const count = Math.min(CURVE_POINTS, sorted.length);
  const ranks = Array.from({ length: count }, (_, index) => Math.ceil(((index + 1) * sorted.length) / count));
  return {
    stallMs: distribution(sorted) ?? null,
    stallCurve: ranks.map((rank) => [sorted[rank - 1] ?? 0, Math.round((1e4 * rank) / sorted.length) / 1e4]),
  };
}

export interface GamedayRecord {
  readonly env: string;
  readonly latency: string;
  readonly kernel: string;
  readonly cores: number;
  readonly faults: readonly FaultRecord[];
}

export interface Aftermath {
  readonly knocked: number;
  readonly open: readonly string[];
  readonly reasons: readonly string[];
  readonly repairedAfterSeconds: number | null;
}

/** The lanes that a fault is about; all of them where it is about none. */
function about(run: CrowdRun): readonly LaneCrowd[] {
  return run.touched.length === 0 ? run.crowd.lanes : run.crowd.lanes.filter(({ lane }) => run.touched.includes(lane));
}

/** Stalls of the living, of the lanes that the fault is about. */
export function stallsOf(run: CrowdRun): readonly number[] {
  return about(run).flatMap(({ kinds }) => kinds.flatMap(({ stallsMs }) => stallsMs));
}

/** What of a run is kept. */
export function runRecord(run: CrowdRun, aftermath: Aftermath): Run {
  const lanes = about(run);
  const rest = run.crowd.lanes.filter((lane) => !lanes.includes(lane));
  return {
    node: run.fault?.node ?? "",
    watchedSeconds: run.watchedSeconds,
    ...counts(lanes),
    stallMs: distribution(stallsOf(run)) ?? null,
    outageMs: longest(lanes.map(({ churn }) => churn.outageMs)),
    tries: sum(lanes.map(({ churn }) => churn.tries)),
    kinds: KINDS.map((kind) => kindRun(kind, lanes)),
    others: rest.length === 0 ? null : counts(rest),
    moves: run.moves,
    calls: run.calls,
    lagMs: run.crowd.lagMs,
    ...aftermath,
  };
}

function counts(lanes: readonly LaneCrowd[]): NonNullable<Run["others"]> {
  const kinds = lanes.flatMap((lane) => lane.kinds);
  return {
    connections: sum(kinds.map(({ connections }) => connections)),
    alive: sum(kinds.map(({ alive }) => alive)),
    lost: sum(kinds.map(({ lost }) => lost ?? 0)),
    failures: sum(lanes.map(({ churn }) => churn.failures)),
  };
}

function kindRun(kind: Kind, lanes: readonly LaneCrowd[]): KindRun {
  const found = lanes.flatMap(({ kinds }): readonly KindReport[] => kinds.filter((candidate) => candidate.kind === kind));
  const lost = found.flatMap((report) => report.lost ?? []);
  return {
    kind,
    connections: sum(found.map(({ connections }) => connections)),
    alive: sum(found.map(({ alive }) => alive)),
    stallMs: distribution(found.flatMap(({ stallsMs }) => stallsMs)) ?? null,
    lost: lost.length === 0 ? null : sum(lost),
  };
}

/** Null when one of them is: what did not come back has no length. */
function longest(outages: readonly (number | null)[]): number | null {
  const known = outages.filter((outage) => outage !== null);
  return known.length < outages.length || known.length === 0 ? null : Math.max(...known);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
