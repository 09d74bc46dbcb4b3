import { openSync, readSync } from "node:fs";
import { parentPort } from "node:worker_threads";

/** What the thread says of itself, every second. */
export interface ThreadCpu {
  readonly kind: "cpu";
  /** The most that it ran between two turns of a timer of 5 ms, milliseconds: nothing of its own held its event loop for longer. */
  readonly ms: number;
}

const TURN_MS = 5;
const SAY_MS = 1000;

/** Open all the time: two hundred reads a second must not be what is measured. */
const schedstat = openSync("/proc/thread-self/schedstat", "r");
const text = Buffer.alloc(64);

/** Nanoseconds; waiting for a core is not in it (Linux, Documentation/scheduler/sched-stats.rst). */
function ranNs(): number {
  const length = readSync(schedstat, text, 0, text.length, 0);
  return Number(text.toString("latin1", 0, length).split(" ")[0]);
}

/** Loaded into a thread before its program (`--import`). */
function watch(): void {
  let last = ranNs();
  let most = 0;
  const turn = setInterval(() => {
    const now = ranNs();
    most = Math.max(most, now - last);
    last = now;
  }, TURN_MS);
  const say = setInterval(() => {
    parentPort?.postMessage({ kind: "cpu", ms: Math.ceil(most / 1e6) } satisfies ThreadCpu);
    most = 0;
  }, SAY_MS);
  turn.unref();
  say.unref();
}

watch();
