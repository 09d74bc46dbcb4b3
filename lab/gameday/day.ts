import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { ask, execIn } from "../cli/control-client";
import { CommandError, say } from "../cli/output";
import type { RunRecord } from "../cli/runs";
import { PACE } from "../crowd/kinds";
import type { Fault } from "../faults/fault";
import type { CrowdRun } from "../holder/crowd-run";
import type { Fleet } from "../holder/fleet";
import type { LabStatus } from "../holder/status";
import { heard, judge, VOID, whyVoid } from "./judge";
import type { Aftermath, FaultRecord, Run } from "./record";
import { runRecord, stallFigures, stallsOf } from "./record";
import type { ScanReport, ScanRequest } from "./scanner";

export interface DayOptions {
  readonly run: RunRecord;
  /** Folder of the bundles. */
  readonly programs: string;
  readonly faults: readonly Fault[];
  readonly times: number;
  readonly connections: number;
  /** Of a fault's void runs, so many are played once more. */
  readonly voids: number;
  /** Told of each fault as soon as it was played. */
  readonly onPlayed: (records: readonly FaultRecord[]) => void;
}

/** A zone that was lost comes home only after it was whole for five minutes. */
const REPAIR_DEADLINE_MS = 600_000;
const POLL_MS = 1000;
/** So slow that the crowd does not feel it. */
const KNOCKS_PER_SECOND = 200;
const DOORS_NAMED = 5;
/** What one run's watch has time for. */
const DOORS_OF_RUN = 2500;

/** Every fault, again and again, each with a fresh crowd, on a fleet that is whole. */
export async function playDay(options: DayOptions): Promise<readonly FaultRecord[]> {
  const records: FaultRecord[] = [];
  await whole(options.run, "before the first fault");
  for (const [index, fault] of options.faults.entries()) {
    const record = await playFault(options, fault, index * options.times);
    records.push(record);
    options.onPlayed(records);
    // The next fault would measure this one: the day is over, what it has shown is told.
    if (record.runs.at(-1)?.repairedAfterSeconds === null) break;
  }
  return records;
}

async function playFault(options: DayOptions, fault: Fault, number: number): Promise<FaultRecord> {
  const runs: Run[] = [];
  const stallsMs: number[] = [];
  let voided = 0;
  while (runs.length < options.times && runs.at(-1)?.repairedAfterSeconds !== null) {
    say(`${fault.name} ${runs.length + 1} of ${options.times}: ${fault.does}`);
    const [crowdRun, aftermath] = await play(options, fault, number + runs.length);
    const why = whyVoid(crowdRun);
    if (why !== undefined && voided < options.voids && aftermath.repairedAfterSeconds !== null) {
      voided += 1;
      say(`  void: ${why}; once more`);
      continue;
    }
    stallsMs.push(...stallsOf(crowdRun));
    const told = why === undefined ? aftermath : { ...aftermath, reasons: [...aftermath.reasons, `${VOID}${why}`] };
    runs.push(runRecord(crowdRun, told));
  }
  const { name, does, by, expects } = fault;
  return { fault: name, does, by, expects, runs, voided, paceMs: PACE, ...stallFigures(stallsMs) };
}

async function play({ run, programs, connections }: DayOptions, fault: Fault, number: number): Promise<[CrowdRun, Aftermath]> {
  const fleet = await ask<Fleet>(run, "GET", "/fleet");
  const client = await aClient(run);
  const part = { run: number, doors: DOORS_OF_RUN, perSecond: KNOCKS_PER_SECOND };
  const request = { fault: fault.name, connections, seconds: fault.watchSeconds };
  const [crowdRun, outside, inside] = await Promise.all([
    ask<CrowdRun>(run, "POST", "/crowd", request),
    knock(run, programs, "internet", { addresses: fleet.publicAddresses, ...part }),
    // Without its rules a NAT keeps nobody out of its own subnet's reach; from the internet the NACL still does.
    fault.rulesGone === true ? undefined : knock(run, programs, client, { addresses: fleet.privateAddresses, ...part }),
  ]);
  const refused = fault.rulesGone === true ? [] : [...outside.refused, ...(inside?.refused ?? [])];
  const open = [...outside.open, ...(inside?.open ?? []), ...refused];
  const listeners = fault.rulesGone === true ? [] : (await ask<Fleet>(run, "GET", "/fleet")).nats;
  const seen = [...judge(fault.expects, crowdRun), ...opened(open), ...heard(listeners)];
  const knocked = outside.knocked + (inside?.knocked ?? 0);
  for (const line of runLines(runRecord(crowdRun, { knocked, open, reasons: seen, repairedAfterSeconds: null }))) say(line);
  if (crowdRun.fault !== null) {
    const { name, ...struck } = crowdRun.fault;
    await ask(run, "POST", "/undo", { fault: name, ...struck });
  }
  const repairedAfterSeconds = await repaired(run);
  const reasons = repairedAfterSeconds === null ? [...seen, "the fleet was not whole again"] : seen;
  return [crowdRun, { knocked, open, reasons, repairedAfterSeconds }];
}

/** Few words: without its rules a NAT answers at every door. */
function opened(doors: readonly string[]): readonly string[] {
  return doors.length === 0 ? [] : [`${doors.length} doors answered the scan: ${doors.slice(0, DOORS_NAMED).join(", ")}`];
}

async function aClient(run: RunRecord): Promise<string> {
  const { nodes } = await ask<LabStatus>(run, "GET", "/status");
  const client = nodes.find((node) => node.startsWith("client-"));
  if (client === undefined) throw new CommandError(`the lab has no client node; it has ${nodes.join(", ")}`);
  return client;
}

async function knock(run: RunRecord, programs: string, node: string, request: ScanRequest): Promise<ScanReport> {
  const said = { stdout: "", stderr: "" };
  const argv = ["node", join(programs, "scanner.cjs"), JSON.stringify(request)];
  const exitCode = await execIn(run, node, argv, (stream, bytes) => {
    said[stream] += bytes.toString();
  });
  if (exitCode !== 0) throw new CommandError(`the scan from ${node} ended with ${exitCode}: ${said.stderr}`);
  return JSON.parse(said.stdout) as ScanReport;
}

async function repaired(run: RunRecord): Promise<number | null> {
  const started = performance.now();
  try {
    await whole(run, "after the fault");
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    say(error.message);
    return null;
  }
  return Math.round((performance.now() - started) / 100) / 10;
}

/** Waits until everything is in service, healthy, synced, and served at home. */
export async function whole(run: RunRecord, when: string): Promise<void> {
  const deadline = Date.now() + REPAIR_DEADLINE_MS;
  for (;;) {
    const { ready, waitingFor } = await ask<Fleet>(run, "GET", "/fleet");
    if (ready) return;
    if (Date.now() > deadline) {
      throw new CommandError(`the fleet is not whole ${when} within ${REPAIR_DEADLINE_MS / 1000} s: ${waitingFor.join("; ")}`, 1);
    }
    await wait(POLL_MS);
  }
}

function runLines(run: Run): readonly string[] {
  const stall =
    run.stallMs === null ? "no stall known" : `stall ${run.stallMs.median}/${run.stallMs.p99}/${run.stallMs.worst} ms`;
  const outage = run.outageMs === null ? "new connections do not come back" : `no new connection for ${run.outageMs} ms`;
  return [
    `  ${run.alive} of ${run.connections} alive, ${stall}, ${outage}, ${run.lost} packets lost, ${run.moves} moves`,
    ...run.reasons.map((reason) => `  NOT AS IT MUST BE: ${reason}`),
  ];
}
