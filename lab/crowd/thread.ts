import { once } from "node:events";
import { join } from "node:path";
import { parentPort, Worker, workerData } from "node:worker_threads";
import type { ServerOrder } from "./kinds";
import { PACE } from "./kinds";
import { Lag } from "./lag";

/** A thread of the crowd's server, by the name of its bundle: resolves when it serves. */
export async function startThread(bundle: string, address: string): Promise<Worker> {
  const thread = new Worker(join(__dirname, bundle), { workerData: address });
  await once(thread, "message");
  return thread;
}

/** How late the thread's clock rang at worst since the mark, in milliseconds. */
export async function lagOf(thread: Worker): Promise<number> {
  const answer = once(thread, "message");
  thread.postMessage("speak" satisfies ServerOrder);
  return (await answer)[0] as number;
}

/** Within a thread: serves at the crowd's address, says so, then tells how late its clock rang whenever it is asked (ServerOrder). */
export async function runThread(serve: (address: string) => Promise<unknown>): Promise<void> {
  await serve(workerData as string);
  const lag = new Lag(PACE.push);
  setInterval(() => lag.rang(), PACE.push);
  parentPort?.on("message", (order: ServerOrder) => {
    if (order === "mark") lag.mark();
    else parentPort?.postMessage(lag.worstMs);
  });
  parentPort?.postMessage("ready");
}
