import { monitorEventLoopDelay } from "node:perf_hooks";

/** What is said may be so much more than the truth, never less. */
const RESOLUTION_MS = 5;
const SECONDS = 60;

/** The greatest of the last sixty values; one is added every second. */
export class MinuteMaximum {
  private readonly values: number[] = [];

  add(value: number): void {
    this.values.push(value);
    if (this.values.length > SECONDS) this.values.shift();
  }

  /** Null before the first value. */
  get(): number | null {
    return this.values.length === 0 ? null : Math.max(...this.values);
  }
}

export interface LoopDelay {
  /** Longest time that something held this thread's event loop in the last minute, whole milliseconds; null in its first second. */
  maxMs(): number | null;
  stop(): void;
}

/** Watches the thread that calls it. */
export function watchLoopDelay(): LoopDelay {
  // A monitor that was just reset sees nothing before its next turn; the other one does.
  const monitors = [0, 1].map(() => monitorEventLoopDelay({ resolution: RESOLUTION_MS }));
  for (const monitor of monitors) monitor.enable();
  const minute = new MinuteMaximum();
  let second = 0;
  const timer = setInterval(() => {
    minute.add(Math.round(Math.max(...monitors.map(({ max }) => max)) / 1e6));
    monitors[second % 2]?.reset();
    second += 1;
  }, 1000);
  timer.unref();
  return {
    maxMs: () => minute.get(),
    stop: () => {
      clearInterval(timer);
      for (const monitor of monitors) monitor.disable();
    },
  };
}
