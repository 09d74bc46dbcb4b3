import { setTimeout as wait } from "node:timers/promises";

const POLL_MS = 500;

/** Resolves when it holds; throws what has not come in time. */
export async function until(what: string, holds: () => Promise<boolean>, withinMs: number): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`not within ${withinMs / 1000} s: ${what}`);
    await wait(POLL_MS);
  }
}
