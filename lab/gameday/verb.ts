import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism, release } from "node:os";
import { join } from "node:path";
import { bundleLab } from "../cli/bundle";
import { takeDown } from "../cli/down";
import { CommandError, print, say } from "../cli/output";
import type { RunRecord } from "../cli/runs";
import { requireRun, runningLabs } from "../cli/runs";
import { up } from "../cli/up";
import { FAULTS, findFault } from "../faults/catalogue";
import { playDay } from "./day";
import { VOIDS_REPEATED } from "./judge";
import { merged } from "./merge";
import { page } from "./page";
import { plotOutages, plotStalls } from "./plot";
import type { FaultRecord, GamedayRecord } from "./record";

export interface GamedayRequest {
  readonly root: string;
  readonly env: string;
  /** By name; empty: all of them. */
  readonly faults: readonly string[];
  readonly times: number;
  readonly connections: number;
  /** Of a fault's void runs, so many are played once more. */
  readonly voids: number;
  /** Undefined: of the lab that is up, else `default`. */
  readonly latency: string | undefined;
  readonly json: boolean;
  /** Into docs/reference. */
  readonly write: boolean;
}

const UP_TIMEOUT_SECONDS = 240;

/** Plays every fault and says what did not hold; exit code 1 when something did not. */
export async function gamedayVerb(request: GamedayRequest): Promise<void> {
  const { root, env } = request;
  const faults = request.faults.length === 0 ? FAULTS : request.faults.map(findFault);
  if (request.write && request.voids !== VOIDS_REPEATED) {
    throw new CommandError(`--voids ${request.voids} with --write: the page says ${VOIDS_REPEATED}; leave --voids out`);
  }
  const programs = await bundleLab(root);
  const wasUp = runningLabs(root).find((run) => run.env === env);
  if (wasUp !== undefined && request.latency !== undefined) {
    throw new CommandError(`lab ${env} is up with a latency of its own; take it down, or leave --latency out`);
  }
  const run = wasUp ?? (await bringUp(request));
  try {
    const latency = wasUp === undefined ? (request.latency ?? "default") : "of the lab that was up";
    const dayOf = (played: readonly FaultRecord[]): GamedayRecord => {
      return { env, latency, kernel: release(), cores: availableParallelism(), faults: played };
    };
    const { times, connections, voids } = request;
    const onPlayed = (played: readonly FaultRecord[]): void => {
      if (request.write) write(request.root, dayOf(played));
    };
    tell(request, dayOf(await playDay({ run, programs, faults, times, connections, voids, onPlayed })));
  } finally {
    if (wasUp === undefined) await takeDown(root, run);
  }
}

async function bringUp({ root, env, latency = "default" }: GamedayRequest): Promise<RunRecord> {
  await up({ root, env, latency, bootMs: 0, timeoutSeconds: UP_TIMEOUT_SECONDS, keep: false });
  return requireRun(root, env);
}

function tell(request: GamedayRequest, record: GamedayRecord): void {
  print(request.json, record, [page(record)]);
  const failed = record.faults.flatMap(({ fault, runs }) => {
    return runs.flatMap(({ reasons }, index) => reasons.map((reason) => `${fault} ${index + 1}: ${reason}`));
  });
  if (failed.length > 0) throw new CommandError(`not everything held:\n${failed.join("\n")}`, 1);
}

function write(root: string, played: GamedayRecord): void {
  const folder = join(root, "docs/reference");
  const file = join(folder, "gameday.json");
  const older = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as GamedayRecord) : undefined;
  const record = merged(older, played);
  writeFileSync(file, `${JSON.stringify(record, undefined, 2)}\n`);
  writeFileSync(join(folder, "gameday.md"), page(record));
  writeFileSync(join(folder, "gameday-stalls.svg"), plotStalls(record.faults));
  writeFileSync(join(folder, "gameday-outages.svg"), plotOutages(record.faults));
  say("docs/reference/gameday.md, .json and the plots are written");
}
