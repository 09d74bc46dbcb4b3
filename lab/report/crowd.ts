import type { ChurnRecord, ConnectionRecord, Kind } from "../crowd/kinds";
import { KINDS } from "../crowd/kinds";

export interface Distribution {
  readonly median: number;
  readonly p99: number;
  readonly worst: number;
}

/** How the connections of one kind (or of all kinds) fared, of one lane. */
export interface KindReport {
  readonly kind: Kind;
  readonly connections: number;
  readonly alive: number;
  /** Why the others are dead, each reason with its number. */
  readonly deaths: Readonly<Record<string, number>>;
  /** Of the living, in milliseconds; null where nothing was due. */
  readonly stallMs: Distribution | null;
  /** The same, one by one, in order. */
  readonly stallsMs: readonly number[];
  /** Of all; null for TCP, which repeats. */
  readonly lost: number | null;
  readonly bytes: number;
}

export interface LaneCrowd {
  readonly lane: string;
  readonly kinds: readonly KindReport[];
  readonly churn: ChurnRecord;
}

/** What the crowd saw from the mark to the end. */
export interface CrowdReport {
  readonly connections: number;
  readonly alive: number;
  /** How long the slowest of the crowd's own processes stood still. */
  readonly lagMs: number;
  readonly lanes: readonly LaneCrowd[];
}

export interface LaneRecords {
  readonly lane: string;
  readonly connections: readonly ConnectionRecord[];
  readonly churn: ChurnRecord;
}

/** Nearest rank, so that a figure is one that was seen. Undefined for no value. */
export function distribution(values: readonly number[]): Distribution | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  const worst = sorted.at(-1);
  if (worst === undefined) return undefined;
  const rank = (share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? worst;
  return { median: rank(0.5), p99: rank(0.99), worst };
}

export function summariseCrowd(records: readonly LaneRecords[], lagMs: number): CrowdReport {
  const all = records.flatMap(({ connections }) => connections);
  return {
    connections: all.length,
    alive: all.filter(({ alive }) => alive).length,
    lagMs,
    lanes: records.map(({ lane, connections, churn }) => ({
      lane,
      kinds: KINDS.map((kind) => summariseKind(kind, connections)),
      churn,
    })),
  };
}

function summariseKind(kind: Kind, all: readonly ConnectionRecord[]): KindReport {
  const records = all.filter((record) => record.kind === kind);
  const living = records.filter(({ alive }) => alive);
  const deaths: Record<string, number> = {};
  for (const { alive, why = "unknown" } of records) if (!alive) deaths[why] = (deaths[why] ?? 0) + 1;
  const stallsMs = living.flatMap(({ stallMs }) => stallMs ?? []).sort((a, b) => a - b);
  const lost = records.flatMap((record) => record.lost ?? []);
  return {
    kind,
    connections: records.length,
    alive: living.length,
    deaths,
    stallMs: distribution(stallsMs) ?? null,
    stallsMs,
    lost: lost.length === 0 ? null : sum(lost),
    bytes: sum(records.map(({ bytes }) => bytes)),
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Lines for people. */
export function crowdLines({ connections, alive, lagMs, lanes }: CrowdReport): readonly string[] {
  return [
    `${alive} of ${connections} connections alive; the crowd itself stood still for ${lagMs} ms at most`,
    ...lanes.flatMap(({ lane, kinds, churn }) => [
      `lane ${lane}:`,
      ...kinds.map((kind) => `  ${kindLine(kind)}`),
      `  new connections: ${churn.failures} of ${churn.tries} failed, ${outage(churn)}, slowest ${churn.slowestMs} ms`,
      ...churn.errors.map((error) => `    ${error}`),
    ]),
  ];
}

function kindLine({ kind, connections, alive, deaths, stallMs, lost }: KindReport): string {
  const stall = stallMs === null ? "" : `, stall ${stallMs.median}/${stallMs.p99}/${stallMs.worst} ms (median/p99/worst)`;
  const why = Object.entries(deaths).map(([reason, count]) => `, ${count}: ${reason}`);
  return `${kind}: ${alive} of ${connections} alive${stall}${lost === null ? "" : `, ${lost} packets lost`}${why.join("")}`;
}

function outage({ outageMs }: ChurnRecord): string {
  return outageMs === null ? "did not come back" : `longest outage ${outageMs} ms`;
}
