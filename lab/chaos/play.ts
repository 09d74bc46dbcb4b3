import { setTimeout as wait } from "node:timers/promises";
import type { SabotagePlan, SabotageReport } from "../aws/sabotage";
import { LATE_MS, STALE_MS } from "../aws/sabotage";
import { CommandError, say } from "../cli/output";
import type { CaseFilter, KindPlayed } from "./cases";
import { caseWords, enumerateCases, kindWords, neverMet } from "./cases";
import { snapshotOf, whyNot, within } from "./converge";
import type { Happening, Occasion } from "./occasions";
import type { Place } from "./site";

/** `not met`: the call or event did not come, twice, or nobody had asked for what would be stale. */
export type Verdict = "converged" | "NOT CONVERGED" | "not met";

export interface CaseRecord {
  readonly occasion: string;
  readonly sabotage: string;
  readonly verdict: Verdict;
  /** From the occasion until everything was as it must be; at the deadline when it was not. */
  readonly seconds: number;
  readonly reasons: readonly string[];
}

export interface ChaosOptions {
  readonly site: Place;
  readonly occasions: readonly Occasion[];
  readonly filter: Omit<CaseFilter, "functions"> & {
    /** By their short names; empty: those of the occasion. */
    readonly functions: readonly string[];
  };
  readonly deadlineMs: number;
  /** No case begins after this time, `performance.now()`. */
  readonly endsAt: number;
  /** A function goes on after what it is for is done: it verifies, remembers, reports. @default 5000 */
  readonly afterwardsMs?: number;
}

export interface Chaos {
  readonly records: readonly CaseRecord[];
  /** Cases that were not played for want of time. */
  readonly notPlayed: number;
  /** Occasions that were not even recorded for want of time. */
  readonly notRecorded: readonly string[];
  /** Function, call or event, and sabotage that no case of the whole run met: that it converges is not known. */
  readonly neverMet: readonly string[];
}

const AFTERWARDS_MS = 5000;
const ASK_AGAIN_MS = 6000;
/** What went wrong must not be the next case's beginning. */
const REPAIR_MS = 600_000;

interface Played {
  readonly reasons: readonly string[];
  readonly seconds: number;
  readonly report: SabotageReport;
}

/** Each occasion once as it is, then once for each thing that can go wrong in it. */
export async function playChaos(options: ChaosOptions): Promise<Chaos> {
  const records: CaseRecord[] = [];
  const notRecorded: string[] = [];
  const played: KindPlayed[] = [];
  let notPlayed = 0;
  for (const occasion of options.occasions) {
    if (performance.now() > options.endsAt) {
      notRecorded.push(occasion.name);
      continue;
    }
    const plans = await recordOccasion(options, occasion, records);
    for (const [index, plan] of plans.entries()) {
      if (performance.now() > options.endsAt) {
        notPlayed += plans.length - index;
        break;
      }
      const { record, isMet } = await playCase(options, occasion, plan);
      records.push(record);
      played.push({ kind: kindWords(plan, options.site.run.env), isMet });
      const number = `${occasion.name} ${index + 1} of ${plans.length}`;
      say(`${number}: ${record.sabotage}: ${verdictWords(record)}`);
    }
  }
  return { records, notPlayed, notRecorded, neverMet: neverMet(played) };
}

export function verdictWords({ verdict, seconds, reasons }: CaseRecord): string {
  if (verdict === "converged") return `converged in ${seconds} s`;
  return verdict === "not met" ? verdict : `${verdict} within ${seconds} s: ${reasons.join("; ")}`;
}

/** Plays it undisturbed; what it calls is what can be sabotaged. */
async function recordOccasion(
  options: ChaosOptions,
  occasion: Occasion,
  records: CaseRecord[],
): Promise<readonly SabotagePlan[]> {
  const { site, filter } = options;
  const { reasons, seconds, report } = await play(options, occasion, undefined);
  const record: CaseRecord = {
    ...{ occasion: occasion.name, sabotage: "none", seconds, reasons },
    verdict: reasons.length === 0 ? "converged" : "NOT CONVERGED",
  };
  records.push(record);
  const functions = occasion.functions
    .filter((name) => filter.functions.length === 0 || filter.functions.includes(name))
    .map((name) => site.functionName(name));
  const plans = enumerateCases(report, { ...filter, functions });
  say(`${occasion.name}: ${occasion.does}: ${verdictWords(record)}; ${report.calls.length} calls seen, ${plans.length} cases`);
  return plans;
}

interface PlayedCase {
  readonly record: CaseRecord;
  readonly isMet: boolean;
}

/** A case that was not met is played once more, when there is time: functions run side by side, and which call comes is partly chance. */
async function playCase(options: ChaosOptions, occasion: Occasion, plan: SabotagePlan): Promise<PlayedCase> {
  const first = await play(options, occasion, plan);
  const isOver = first.report.met !== undefined || first.reasons.length > 0 || performance.now() > options.endsAt;
  const { reasons, seconds, report } = isOver ? first : await play(options, occasion, plan);
  const isMet = report.met !== undefined;
  const verdict = reasons.length > 0 ? "NOT CONVERGED" : isMet ? "converged" : "not met";
  const sabotage = caseWords(plan, options.site.run.env);
  return { record: { occasion: occasion.name, sabotage, verdict, seconds, reasons }, isMet };
}

async function play(options: ChaosOptions, occasion: Occasion, plan: SabotagePlan | undefined): Promise<Played> {
  const { site, deadlineMs, afterwardsMs = AFTERWARDS_MS } = options;
  const status = await whole(site);
  const before = snapshotOf(status);
  await site.arm(plan);
  // So that there is an answer of then.
  if (plan?.what === "stale") await wait(1.5 * STALE_MS);
  const started = performance.now();
  const happening = await occasion.happen(site, status);
  const unfinished = overseer(site, happening);
  let reasons = await within(deadlineMs, unfinished);
  await metOrTime(site, plan, afterwardsMs);
  const report = await site.sabotage();
  await site.arm(undefined);
  if (reasons.length === 0) {
    const left = deadlineMs - (performance.now() - started);
    reasons = await within(left, async () => {
      const open = await unfinished();
      return open.length > 0 ? open : whyNot(site, before, happening.touched);
    });
  }
  return { reasons, seconds: Math.round((performance.now() - started) / 100) / 10, report };
}

/** Looks whether it is over. Whoever asked and is not heard asks again. */
function overseer(site: Place, happening: Happening): () => Promise<readonly string[]> {
  let askedAt = performance.now();
  return async () => {
    const reason = await happening.unfinished(await site.status());
    if (reason === undefined) return [];
    if (happening.askAgain !== undefined && performance.now() - askedAt > ASK_AGAIN_MS) {
      askedAt = performance.now();
      await happening.askAgain();
    }
    return [reason];
  };
}

/** Without a plan, and for a plan whose call has not come yet, waits for what a function does last. */
async function metOrTime(site: Place, plan: SabotagePlan | undefined, afterwardsMs: number): Promise<void> {
  await within(afterwardsMs, async () => {
    const { met } = await site.sabotage();
    return plan !== undefined && met !== undefined ? [] : ["not yet"];
  });
  if (plan?.what === "late") await wait(LATE_MS);
}

/** The next occasion begins on a fleet that has nothing left to do. */
async function whole(site: Place): Promise<Awaited<ReturnType<Place["status"]>>> {
  const status = await site.status();
  const touched = {
    instances: status.instances.map(({ instanceId }) => instanceId),
    lanes: status.lanes.map(({ lane }) => lane),
  };
  const reasons = await within(REPAIR_MS, () => whyNot(site, snapshotOf(status), touched));
  if (reasons.length === 0) return site.status();
  throw new CommandError(`the fleet is not whole within ${REPAIR_MS / 1000} s: ${reasons.join("; ")}; see the lab's logs`, 1);
}
