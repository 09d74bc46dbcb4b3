/**
 * Which lanes are broken, judged from rounds of probes. Pure; memory is an argument and a result.
 *
 * One round of one lane. "Fails": one of the target's checks failed; everything fails on a lane whose prober did not answer. A lane whose
 * prober could not be asked (Lambda refused the call) has no part in the round: nothing is counted, and what was counted stays.
 * A target is *excused* when it fails on every lane that answered while another target works on one: then it is the target.
 *
 * | # | no target works on any lane | targets failing here | all fail here | failing here, not excused | the round counts as |
 * |---|-----------------------------|----------------------|---------------|---------------------------|---------------------|
 * | 1 | yes                         | -                    | -             | -                         | nothing (held)      |
 * | 2 | no                          | 0                    | no            | 0                         | good                |
 * | 3 | no                          | 1                    | -             | -                         | good                |
 * | 4 | no                          | ≥ 2                  | no            | 0 or 1                    | good                |
 * | 5 | no                          | ≥ 2                  | no            | ≥ 2                       | failed              |
 * | 6 | no                          | ≥ 2                  | yes           | -                         | failed              |
 *
 * Then, per lane, over its last n counted rounds:
 *
 * | # | failed rounds | breach on | last message      | action               |
 * |---|---------------|-----------|-------------------|----------------------|
 * | 1 | < k           | -         | -                 | none; breach is over |
 * | 2 | ≥ k           | no        | -                 | send breach          |
 * | 3 | ≥ k           | yes       | ≥ 30 s ago        | send breach          |
 * | 4 | ≥ k           | yes       | < 30 s ago        | none                 |
 *
 * A breach says whether the prober itself answered in k of the failed rounds: only then have the probes found the path broken.
 *
 * And once in every minute of the clock: send sweep, and look for what was left behind (sweep.ts):
 *
 * | # | found                                                              | for                                | action                      |
 * |---|--------------------------------------------------------------------|------------------------------------|-----------------------------|
 * | 1 | an instance at its launch hook                                     | ≥ the handler's deadline + 60 s    | have the handler take it up |
 * | 2 | an instance at its terminate hook                                  | ≥ 90 s                             | have the handler take it up |
 * | 3 | either                                                             | less                               | none                        |
 * | 4 | a peer or a target whose instance is in no group                   | two minutes' looks, one after another | have the handler sweep   |
 * | 5 | an instance in service that is no peer                             | likewise                           | likewise                    |
 * | 6 | either                                                             | one look                           | none                        |
 * | 7 | the groups could not be read                                       | -                                  | none; nothing is forgotten  |
 */

/**
 * One lane in one round: target → every check passed. `null`: the prober did not answer in time, or failed. `not-asked`: Lambda did not
 * start it, which is nobody's path.
 */
export type LaneRound = Readonly<Record<string, boolean>> | null | "not-asked";

export interface Round {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly lanes: Readonly<Record<string, LaneRound>>;
}

export interface Policy {
  /** k */
  readonly failures: number;
  /** n */
  readonly window: number;
  readonly repeatMs: number;
}

/** What a round that counts leaves behind. */
export interface Counted {
  /** Targets that failed; empty when the round was good. */
  readonly failing: readonly string[];
  readonly answered: boolean;
}

export interface LaneMemory {
  /** Last n counted rounds, oldest first. */
  readonly rounds: readonly Counted[];
  /** When the breach that is on was last told; null when none is on. */
  readonly toldAt: number | null;
}

export interface Memory {
  readonly lanes: Readonly<Record<string, LaneMemory>>;
  /** Minute of the clock of the last sweep. */
  readonly sweptMinute: number | null;
}

export const NO_MEMORY: Memory = { lanes: {}, sweptMinute: null };

export type Action =
  | {
      readonly kind: "breach";
      readonly lane: string;
      readonly failed: number;
      readonly of: number;
      readonly targets: readonly string[];
      readonly proberAnswered: boolean;
      readonly because: string;
    }
  | { readonly kind: "sweep"; readonly minute: number; readonly because: string }
  | { readonly kind: "held"; readonly because: string };

const MINUTE_MS = 60_000;

export function decide(
  memory: Memory,
  round: Round,
  policy: Policy,
): { readonly memory: Memory; readonly actions: readonly Action[] } {
  const actions: Action[] = [];
  const minute = Math.floor(round.at / MINUTE_MS);
  if (minute !== memory.sweptMinute) actions.push({ kind: "sweep", minute, because: "a new minute began" });
  const verdict = judge(round);
  if (verdict === "held") {
    actions.push({ kind: "held", because: "no target works on any lane: the internet or the targets, not the NATs" });
    return { memory: { ...memory, sweptMinute: minute }, actions };
  }
  const lanes = Object.fromEntries(Object.entries(memory.lanes).filter(([lane]) => round.lanes[lane] === "not-asked"));
  for (const [lane, failing] of Object.entries(verdict)) {
    const counted = { failing, answered: (round.lanes[lane] ?? null) !== null };
    const rounds = [...(memory.lanes[lane]?.rounds ?? []), counted].slice(-policy.window);
    const failed = rounds.filter((one) => one.failing.length > 0);
    const toldAt = memory.lanes[lane]?.toldAt ?? null;
    if (failed.length < policy.failures) {
      lanes[lane] = { rounds, toldAt: null };
    } else if (toldAt !== null && round.at - toldAt < policy.repeatMs) {
      lanes[lane] = { rounds, toldAt };
    } else {
      lanes[lane] = { rounds, toldAt: round.at };
      actions.push(breach(lane, rounds, failed, policy));
    }
  }
  return { memory: { lanes, sweptMinute: minute }, actions };
}

function breach(lane: string, rounds: readonly Counted[], failed: readonly Counted[], { failures }: Policy): Action {
  return {
    kind: "breach",
    lane,
    failed: failed.length,
    of: rounds.length,
    targets: union(failed.map(({ failing }) => failing)),
    proberAnswered: failed.filter(({ answered }) => answered).length >= failures,
    because: `${failed.length} of the last ${rounds.length} rounds failed on two targets or more`,
  };
}

/** Lane that was asked → targets that failed, empty when the round is good; `held` when nothing works anywhere. Rows 1-6 above. */
export function judge(round: Round): Readonly<Record<string, readonly string[]>> | "held" {
  const asked = Object.entries(round.lanes).flatMap(([lane, seen]) => (seen === "not-asked" ? [] : [[lane, seen] as const]));
  if (asked.length === 0) return {};
  const answered = asked.flatMap(([, seen]) => (seen === null ? [] : [seen]));
  const targets = union(answered.map((lane) => Object.keys(lane)));
  const working = new Set(targets.filter((target) => answered.some((lane) => lane[target] === true)));
  if (working.size === 0) return "held";
  const verdict: Record<string, readonly string[]> = {};
  for (const [lane, seen] of asked) {
    const probed = seen === null ? targets : Object.keys(seen);
    const failing = probed.filter((target) => seen?.[target] !== true);
    const own = failing.filter((target) => working.has(target));
    const failed = failing.length >= 2 && (failing.length === probed.length || own.length >= 2);
    verdict[lane] = failed ? failing : [];
  }
  return verdict;
}

function union(lists: readonly (readonly string[])[]): readonly string[] {
  return [...new Set(lists.flat())].sort();
}
