import { setTimeout as delay } from "node:timers/promises";
import type { Clock, Waiter } from "../domain/ports";

export const systemClock: Clock = { now: () => new Date() };

/** Real time. The last question is asked at the deadline, so a slow answer is not mistaken for none. */
export const systemWaiter: Waiter = {
  until: async (condition, { intervalMs, deadlineMs }) => {
    const end = performance.now() + deadlineMs;
    for (;;) {
      if (await condition()) return true;
      const left = end - performance.now();
      if (left <= 0) return false;
      await delay(Math.min(intervalMs, left));
    }
  },
};
