import { existsSync } from "node:fs";
import { Worker } from "node:worker_threads";
import type { ReplicationHealth } from "../../../contract/healthz";
import type { ThreadCpu } from "./thread-cpu";

/** What one NAT's replicator is started with, as JSON in the first argument. Shapes: instance/agent/replication/thread-messages.ts. */
export interface ReplicatorArguments {
  /** Folder of the bundles. */
  readonly programs: string;
  readonly instanceId: string;
  readonly bootId: string;
  readonly config: object;
  readonly fleet: object;
}

type Message = { readonly kind: "health"; readonly health: ReplicationHealth } | ThreadCpu | { readonly kind: "log" };

/**
 * The agent's replicator alone, under bin/with-netlink; says `ready` when its peer has answered in full, and from then on, every second, how
 * long its event loop was held at most, `loop MS`, and for how long its thread itself held it, `cpu MS`: the rest is waiting for a core.
 */
function main(): void {
  const { programs, instanceId, bootId, config, fleet } = JSON.parse(process.argv[2] ?? "") as ReplicatorArguments;
  const [events, dumps, changes] = (process.env["HA_NAT_NETLINK"] ?? "").split(",").map(Number);
  // A kernel without it does not tell for how long a thread ran.
  const watch = existsSync("/proc/thread-self/schedstat") ? ["--import", `${programs}/thread-cpu.mjs`] : [];
  const worker = new Worker(`${programs}/replication.mjs`, {
    execArgv: watch,
    workerData: {
      config,
      sender: { instanceId, bootId, bootMs: Date.now() },
      descriptors: { events, dumps, changes },
      reader: `${programs}/replication-reader.mjs`,
    },
  });
  let isReady = false;
  worker.on("error", (error) => {
    throw error;
  });
  worker.on("message", (message: Message) => {
    if (message.kind === "cpu") return void (isReady && process.stdout.write(`cpu ${message.ms}\n`));
    if (message.kind !== "health") return void process.stderr.write(`${JSON.stringify(message)}\n`);
    const { state, loopMaxMs } = message.health;
    if (isReady) return void process.stdout.write(`loop ${loopMaxMs ?? 0}\n`);
    if (state !== "synced") return;
    isReady = true;
    process.stdout.write("ready\n");
  });
  worker.postMessage(fleet);
}

main();
