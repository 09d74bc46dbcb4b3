import { setTimeout as wait } from "node:timers/promises";
import type { CallRecord } from "../aws/call-log";
import { Crowd, divide } from "../crowd/session";
import type { CrowdOptions } from "../crowd/session";
import type { Fault } from "../faults/catalogue";
import type { Struck } from "../faults/fault";
import type { CrowdReport } from "../report/crowd";
import { summariseCrowd } from "../report/crowd";
import { INTERNET } from "../world/fabric";
import { lanesOf } from "./lanes";
import { spawnIn } from "./node-directory";
import { softnetDrops } from "./softnet";
import type { FaultSources } from "./watch";
import { chooseNode, servers } from "./watch";

export interface CrowdSources extends FaultSources {
  /** Calls that the AWS endpoint answered, oldest first. */
  readonly calls: () => readonly CallRecord[];
  /** Default routes moved from one NAT to another since the start. */
  readonly moves: () => Promise<number>;
}

export interface CrowdRequest {
  /** Over all lanes; with a fault, over the lanes of its zone. */
  readonly connections: number;
  /** How long the crowd is watched, from the moment the fault is in. */
  readonly seconds: number;
  readonly fault: Fault | undefined;
  readonly node: string | undefined;
}

/** Node that serves each lane; null for nobody. */
export type Servers = Readonly<Record<string, string | null>>;

export interface CrowdRun {
  /** Null for a crowd that nothing is done to. */
  readonly fault: ({ readonly name: string } & Struck) | null;
  /** The fault could not be made, or did not end as it should; null when all went well. */
  readonly failure: string | null;
  /** Lanes that the fault is about; the others must be untouched. */
  readonly touched: readonly string[];
  /** Seconds from the mark to the end of the watch. */
  readonly watchedSeconds: number;
  readonly servedBefore: Servers;
  readonly servedAfter: Servers;
  readonly moves: number;
  /** Packets that the machine dropped, whoever sent them, because a core's queue was full. */
  readonly droppedByMachine: number;
  /** Calls of the AWS API during the watch, by `<service>:<operation>`. */
  readonly calls: Readonly<Record<string, number>>;
  /** Elastic IPs that each lane may show. */
  readonly addresses: Readonly<Record<string, readonly string[]>>;
  readonly crowd: CrowdReport;
}

/** Linux calls a UDP flow assured after 2 s of both ways; then its copy has a moment to arrive. */
const SETTLE_MS = 5000;
/** Enough of a crowd on a lane that the fault is not about, to see that nothing happens to it. */
const WITNESSES = 30;

/** Gathers a fresh crowd, lets it settle, injects the fault and watches. */
export async function runCrowd(sources: CrowdSources, request: CrowdRequest): Promise<CrowdRun> {
  const { model } = sources;
  const { fault } = request;
  const node = fault === undefined ? undefined : (request.node ?? (await chooseNode(sources, fault)));
  const struck = fault === undefined || node === undefined ? null : { name: fault.name, ...strike(sources, node) };
  const crowd = await gather(sources, request.connections, struck?.zone);
  try {
    await wait(SETTLE_MS);
    const servedBefore = await servers(sources);
    const touched = fault === undefined || struck === null ? [] : touchedLanes(sources, fault, struck, servedBefore);
    let since = await mark(sources, crowd);
    const markAgain = async (): Promise<void> => void (since = await mark(sources, crowd));
    const failure = fault === undefined || struck === null ? null : await inject(sources, fault, struck.node, markAgain);
    await wait(request.seconds * 1000);
    const watchedSeconds = (Date.now() - since.startedMs) / 1000;
    const calls = countCalls(sources.calls(), since.startedMs);
    const [servedAfter, moves] = await Promise.all([servers(sources), sources.moves()]);
    const droppedByMachine = softnetDrops() - since.drops;
    const { members, lagMs } = await crowd.finish();
    const report = summariseCrowd(members, lagMs);
    const addresses = Object.fromEntries(lanesOf(model).map(({ lane, publicAddresses }) => [lane, publicAddresses]));
    const seen = {
      watchedSeconds,
      servedBefore,
      servedAfter,
      moves: moves - since.moves,
      droppedByMachine,
      calls,
      addresses,
    };
    return { fault: struck, failure, touched, ...seen, crowd: report };
  } finally {
    crowd.end();
  }
}

function strike({ directory }: CrowdSources, node: string): Struck {
  return { node, zone: directory.zoneOf(node), instanceId: directory.instanceOf(node) };
}

interface Mark {
  readonly startedMs: number;
  /** Counted since the machine and the lab started. */
  readonly drops: number;
  readonly moves: number;
}

/** What happened until now does not count. */
async function mark({ moves }: CrowdSources, crowd: Crowd): Promise<Mark> {
  const movesBefore = await moves();
  crowd.mark();
  return { startedMs: Date.now(), drops: softnetDrops(), moves: movesBefore };
}

/** What the crowd saw of a fault that failed half-way is worth knowing, too. */
async function inject(
  { directory, acts }: CrowdSources,
  fault: Fault,
  node: string,
  markAgain: () => Promise<void>,
): Promise<string | null> {
  try {
    await fault.inject(directory, node, acts, markAgain);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function gather(sources: CrowdSources, connections: number, zone: string | undefined): Promise<Crowd> {
  const { directory, model, programs } = sources;
  const lanes = lanesOf(model).map(({ lane }) => lane);
  const near = zone === undefined ? lanes : lanesServedIn(sources, zone, await servers(sources));
  const witnesses = lanes.filter((lane) => !near.includes(lane)).map((lane) => ({ lane, connections: WITNESSES }));
  const divided: CrowdOptions["lanes"] =
    near.length === 0 ? divide(connections, lanes) : [...divide(connections, near), ...witnesses];
  return Crowd.gather({
    spawn: (where, argv) => spawnIn(directory.enter(where, argv)),
    ...{ programs, lanes: divided, host: INTERNET.website },
  });
}

function touchedLanes(sources: CrowdSources, { reach }: Fault, { node, zone }: Struck, served: Servers): readonly string[] {
  if (reach === "zone") return lanesServedIn(sources, zone, served);
  return Object.keys(served).filter((lane) => served[lane] === node);
}

function lanesServedIn({ directory }: CrowdSources, zone: string, served: Servers): readonly string[] {
  const nats = directory.natsOf(zone);
  return Object.entries(served).flatMap(([lane, node]) => (node !== null && nats.includes(node) ? [lane] : []));
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
