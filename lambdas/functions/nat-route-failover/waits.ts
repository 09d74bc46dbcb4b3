/**
 * Kept for what must still follow a wait: its last question, instances marked, and the record. A run that is killed before that forgets the
 * marks, drains and holds that it heard.
 */
const CLOSING_MS = 2_500;
/** Kept for an address that follows its route: EC2 may take so long for it. */
const FOLLOWING_MS = 2_000;

/** How long the run may wait, from now, for EC2 to show what was done; undefined when there is no time for it any more. */
export interface Waits {
  /** Before the addresses of an orderly move. */
  readonly forRoute: () => number | undefined;
  /** Before the record. */
  readonly forPlan: () => number | undefined;
}

/** @param settleMs the longest wait. @param remainingMs until Lambda kills the run. */
export function waitsWithin(settleMs: number, remainingMs: () => number): Waits {
  const keeping = (reserveMs: number): number | undefined => {
    const left = remainingMs() - reserveMs;
    return left > 0 ? Math.min(settleMs, left) : undefined;
  };
  return { forRoute: () => keeping(CLOSING_MS + FOLLOWING_MS), forPlan: () => keeping(CLOSING_MS) };
}
