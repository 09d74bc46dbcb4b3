import { setTimeout as wait } from "node:timers/promises";
import type { CallRecord } from "../aws/call-log";
import { Crowd } from "../crowd/session";
import type { CrowdReport } from "../report/crowd";
import { summariseCrowd } from "../report/crowd";
import type { Fault } from "../faults/catalogue";
import { INTERNET } from "../world/fabric";
import { lanesOf } from "./lanes";
import { spawnIn } from "./node-directory";
import type { FaultSources } from "./watch";
import { chooseNode, servers } from "./watch";

export interface CrowdSources extends FaultSources {
  /** Calls that the AWS endpoint answered, oldest first. */
  readonly calls: () => readonly CallRecord[];
  /** Default routes moved from one NAT to another since the start. */
  readonly moves: () => Promise<number>;
}

export interface CrowdRequest {
  readonly connections: number;
  /** How long the crowd is watched, from the moment the fault is in. */
  readonly seconds: number;
  readonly fault: Fault | undefined;
  readonly node: string | undefined;
}

export interface CrowdRun {
  /** Null for a crowd that nothing is done to. */
  readonly fault: { readonly name: string; readonly node: string } | null;
  /** Seconds from the mark to the end of the watch. */
  readonly watchedSeconds: number;
  /** Node that served each lane, before and after; null for nobody. */
  readonly servedBefore: Readonly<Record<string, string | null>>;
  readonly servedAfter: Readonly<Record<string, string | null>>;
  readonly moves: number;
  /** Calls of the AWS API during the watch, by `<service>:<operation>`. */
  readonly calls: Readonly<Record<string, number>>;
  readonly crowd: CrowdReport;
}

/** Linux calls a UDP flow assured after 2 s of both ways; then its copy has a moment to arrive. */
const SETTLE_MS = 5000;

/** Gathers a fresh crowd, lets it settle, injects the fault and watches. */
export async function runCrowd(sources: CrowdSources, request: CrowdRequest): Promise<CrowdRun> {
  const { directory, model, programs } = sources;
  const node = request.fault === undefined ? undefined : (request.node ?? (await chooseNode(sources, request.fault)));
  const crowd = await Crowd.gather({
    spawn: (where, argv) => spawnIn(directory.enter(where, argv)),
    programs,
    lanes: lanesOf(model).map(({ lane }) => lane),
    connections: request.connections,
    host: INTERNET.website,
  });
  try {
    await wait(SETTLE_MS);
    const [servedBefore, movesBefore] = await Promise.all([servers(sources), sources.moves()]);
    crowd.mark();
    const started = Date.now();
    if (node !== undefined) await request.fault?.inject(directory, node);
    await wait(request.seconds * 1000);
    const watchedSeconds = (Date.now() - started) / 1000;
    const calls = countCalls(sources.calls(), started);
    const [servedAfter, movesAfter] = await Promise.all([servers(sources), sources.moves()]);
    const report = summariseCrowd(await crowd.finish());
    const fault = request.fault === undefined || node === undefined ? null : { name: request.fault.name, node };
    return { fault, watchedSeconds, servedBefore, servedAfter, moves: movesAfter - movesBefore, calls, crowd: report };
  } finally {
    crowd.end();
  }
}

function countCalls(records: readonly CallRecord[], since: number): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { service, operation, startedAt } of records) {
    if (Date.parse(startedAt) < since) continue;
    const name = `${service}:${operation}`;
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return Object.fromEntries(Object.entries(counts).sort(([a], [b]) => a.localeCompare(b)));
}
