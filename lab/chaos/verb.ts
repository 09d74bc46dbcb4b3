import { takeDown } from "../cli/down";
import { ask } from "../cli/control-client";
import { CommandError, print, red, say } from "../cli/output";
import type { RunRecord } from "../cli/runs";
import { requireRun, runningLabs } from "../cli/runs";
import { up } from "../cli/up";
import type { LabStatus } from "../holder/status";
import type { SabotageName } from "./cases";
import { SABOTAGES } from "./cases";
import { findOccasion, OCCASIONS } from "./occasions";
import type { CaseRecord, Chaos } from "./play";
import { playChaos, verdictWords } from "./play";
import { Site } from "./site";

export interface ChaosRequest {
  readonly root: string;
  readonly env: string;
  /** By name; empty: all of them. */
  readonly occasions: readonly string[];
  /** By short name; empty: those of the occasion. */
  readonly functions: readonly string[];
  /** Empty: all of them. */
  readonly sabotages: readonly string[];
  readonly alike: number;
  readonly deadlineSeconds: number;
  readonly minutes: number;
  readonly json: boolean;
}

const UP_TIMEOUT_SECONDS = 240;
/** A schedule of four minutes every twenty seconds. */
const SCHEDULE_FACTOR = 12;

/** Plays the occasions, sabotaged in every way; exit code 1 when one did not converge. */
export async function chaosVerb(request: ChaosRequest): Promise<void> {
  const { root, env } = request;
  const occasions = request.occasions.length === 0 ? OCCASIONS : request.occasions.map(findOccasion);
  const sabotages = request.sabotages.length === 0 ? SABOTAGES : request.sabotages.map(findSabotage);
  const wasUp = runningLabs(root).find((run) => run.env === env);
  const run = wasUp ?? (await bringUp(root, env));
  try {
    const { region } = await ask<LabStatus>(run, "GET", "/status");
    const chaos = await playChaos({
      ...{ site: new Site(run, region), occasions, deadlineMs: request.deadlineSeconds * 1000 },
      filter: { functions: request.functions, sabotages, alike: request.alike },
      endsAt: performance.now() + request.minutes * 60_000,
    });
    tell(request, chaos);
  } finally {
    if (wasUp === undefined) await takeDown(root, run);
  }
}

async function bringUp(root: string, env: string): Promise<RunRecord> {
  const settings = { latency: "zero", bootMs: 0, scheduleFactor: SCHEDULE_FACTOR };
  await up({ root, env, ...settings, timeoutSeconds: UP_TIMEOUT_SECONDS, keep: false });
  return requireRun(root, env);
}

function findSabotage(name: string): SabotageName {
  const found = SABOTAGES.find((known) => known === name.replaceAll("-", " "));
  if (found !== undefined) return found;
  const allowed = SABOTAGES.map((known) => known.replaceAll(" ", "-")).join(", ");
  throw new CommandError(`sabotage ${name} is unknown; allowed: ${allowed}; choose one of them`);
}

function tell({ json }: ChaosRequest, chaos: Chaos): void {
  print(json, chaos, chaosLines(chaos));
  if (chaos.notRecorded.length > 0) say(`${chaos.notRecorded.join(", ")} were not played for want of time (--minutes)`);
  if (chaos.notPlayed > 0) say(`${chaos.notPlayed} cases were not played for want of time (--minutes)`);
  const failed = chaos.records.filter(({ verdict }) => verdict === "NOT CONVERGED");
  if (failed.length > 0) throw new CommandError(`${failed.length} of ${chaos.records.length} cases did not converge`, 1);
}

/** The table: occasion, what was sabotaged and how, what became of it; then what was never met on any occasion. */
export function chaosLines({ records, notPlayed, neverMet }: Chaos): readonly string[] {
  const width = (of: (record: CaseRecord) => string): number => Math.max(0, ...records.map((record) => of(record).length));
  const [first, second] = [width(({ occasion }) => occasion), width(({ sabotage }) => sabotage)];
  const count = (verdict: CaseRecord["verdict"]): number => records.filter((record) => record.verdict === verdict).length;
  return [
    ...records.map((record) => {
      const line = `${record.occasion.padEnd(first)}  ${record.sabotage.padEnd(second)}  ${verdictWords(record)}`;
      return record.verdict === "NOT CONVERGED" ? red(line) : line;
    }),
    ...neverMet.map((kind) => `never met: ${kind}`),
    `${count("converged")} converged, ${count("NOT CONVERGED")} did not, ${count("not met")} were not met, ${notPlayed} not played`,
  ];
}
