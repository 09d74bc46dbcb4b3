/**
 * Kept for what must still follow a wait: its last question, instances marked, and the record. A run that is killed before that forgets the
 * marks, drains and holds that it heard.
 */
const CLOSING_MS = 2_500;

/** How long the run may wait, from now, for EC2 to show what was done, in milliseconds; undefined when there is no time for it any more. */
export type Patience = () => number | undefined;

/** @param settleMs the longest wait. @param remainingMs until Lambda kills the run. */
export function patienceWithin(settleMs: number, remainingMs: () => number): Patience {
  return () => {
    const left = remainingMs() - CLOSING_MS;
    return left > 0 ? Math.min(settleMs, left) : undefined;
  };
}
