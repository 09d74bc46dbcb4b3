import type { CallSabotage, EventSabotage, SabotagePlan, SabotageReport } from "../aws/sabotage";
import { CALL_SABOTAGES, EVENT_SABOTAGES, isRead } from "../aws/sabotage";

export type SabotageName = CallSabotage | EventSabotage;
export const SABOTAGES: readonly SabotageName[] = [...CALL_SABOTAGES, ...EVENT_SABOTAGES];

export interface CaseFilter {
  /** Functions by their deployed names; empty: those of the occasion. */
  readonly functions: readonly string[];
  readonly sabotages: readonly SabotageName[];
  /** Of calls that only differ in what they are about (a loop's), so many from the first. */
  readonly alike: number;
}

/** Everything that can go wrong once with what was recorded: each call in each way, then each event in each way. */
export function enumerateCases({ calls, events }: SabotageReport, filter: CaseFilter): readonly SabotagePlan[] {
  const { functions, sabotages, alike } = filter;
  const isMeant = ({ functionName }: { readonly functionName: string }): boolean => functions.includes(functionName);
  const callPlans = numbered(
    calls.filter(isMeant),
    ({ functionName, operation }) => `${functionName} ${operation}`,
    alike,
  ).flatMap(([{ functionName, operation }, occurrence]) =>
    CALL_SABOTAGES.filter((what) => sabotages.includes(what) && (what !== "stale" || isRead(operation))).map(
      (what): SabotagePlan => ({ kind: "call", functionName, operation, occurrence, what }),
    ),
  );
  const eventPlans = numbered(events.filter(isMeant), ({ functionName }) => functionName, alike).flatMap(
    ([{ functionName }, occurrence]) =>
      EVENT_SABOTAGES.filter((what) => sabotages.includes(what)).map((what): SabotagePlan => ({
        kind: "event",
        functionName,
        occurrence,
        what,
      })),
  );
  return [...callPlans, ...eventPlans];
}

/** `ReplaceRoute of nat-route-failover, killed before`. */
export function caseWords(plan: SabotagePlan, env: string): string {
  const by = plan.functionName.replace(`ha-nat-${env}-`, "");
  const number = plan.occurrence === 1 ? "" : ` #${plan.occurrence}`;
  const subject = plan.kind === "call" ? plan.operation : "event";
  return `${subject}${number} of ${by}: ${plan.what}`;
}

/** What it is one of: the same call or event of a function, sabotaged alike, on whichever occasion and whichever of several. */
export function kindWords(plan: SabotagePlan, env: string): string {
  return caseWords({ ...plan, occurrence: 1 }, env);
}

export interface KindPlayed {
  readonly kind: string;
  readonly isMet: boolean;
}

/** Kinds that were played and of which none was ever met: nothing is known of them. */
export function neverMet(played: readonly KindPlayed[]): readonly string[] {
  const met = new Set(played.flatMap(({ kind, isMet }) => (isMet ? [kind] : [])));
  return [...new Set(played.map(({ kind }) => kind))].filter((kind) => !met.has(kind));
}

/** Which of its kind each is, from 1; without those beyond `most`. */
function numbered<T>(items: readonly T[], kindOf: (item: T) => string, most: number): readonly (readonly [T, number])[] {
  const counts = new Map<string, number>();
  return items.flatMap((item) => {
    const number = (counts.get(kindOf(item)) ?? 0) + 1;
    counts.set(kindOf(item), number);
    return number > most ? [] : [[item, number] as const];
  });
}
