import { once } from "node:events";
import { join } from "node:path";
import { parentPort, Worker, workerData } from "node:worker_threads";
import { PACE } from "./kinds";
import { Lag } from "./lag";

/** Forget how late the clock rang; tell it. */
type ThreadOrder = "mark" | "tell";

/** A thread of the crowd's server, by the name of its bundle: resolves when it serves. */
export async function startThread(bundle: string, address: string): Promise<Worker> {
  const thread = new Worker(join(__dirname, bundle), { workerData: address });
  await once(thread, "message");
  return thread;
}

export function markThread(thread: Worker): void {
  thread.postMessage("mark" satisfies ThreadOrder);
}

/** How late the thread's clock rang at worst since the mark, in milliseconds. */
export async function lagOf(thread: Worker): Promise<number> {
  const answer = once(thread, "message");
  thread.postMessage("tell" satisfies ThreadOrder);
  return (await answer)[0] as number;
}

/** Within a thread: serves at the crowd's address, says so, then tells how late its clock rang whenever it is asked. */
export async function runThread(serve: (address: string) => Promise<unknown>): Promise<void> {
  await serve(workerData as string);
  const lag = new Lag(PACE.push);
  setInterval(() => lag.rang(), PACE.push);
  parentPort?.on("message", (order: ThreadOrder) => {
    if (order === "mark") lag.mark();
    else parentPort?.postMessage(lag.worstMs);
  });
  parentPort?.postMessage("ready");
}
