import { setTimeout as wait } from "node:timers/promises";
import { CommandError } from "./output";
import type { RunRecord } from "./runs";
import { forgetRun, isRunning } from "./runs";

const DEADLINE_MS = 10_000;

/**
 * Ends process 1 of the lab's PID namespace. The kernel ends the rest before that process is gone, and the outer one only ends
 * after it: when the outer one is gone, so is everything.
 */
export async function takeDown(root: string, run: RunRecord): Promise<void> {
  kill(run.initPid);
  const deadline = Date.now() + DEADLINE_MS;
  while (isRunning(run)) {
    if (Date.now() > deadline) {
      throw new CommandError(
        `lab ${run.env} (process ${run.pid}) has not ended within ${DEADLINE_MS / 1000} s; end it: kill -9 ${run.pid}`,
      );
    }
    await wait(10);
  }
  forgetRun(root, run.env);
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
