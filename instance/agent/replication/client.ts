import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import type { ReplicationHealth } from "../../../contract/healthz";
import type { NatConfig } from "../../../contract/nat-config";
import { type Log, words } from "../log";
import { watchSilence } from "../silence";
import { type Descriptors, inheritedDescriptors } from "./kernel";
import type { Sender } from "./packet";
import type { FleetMessage, ReplicatorMessage, ReplicatorStart } from "./thread-messages";

export interface Replication {
  /** The fleet as it is now; told again to a replicator that starts anew. */
  tell(fleet: Omit<FleetMessage, "kind">): void;
  health(): ReplicationHealth | { readonly state: "off" };
  stop(): void;
}

const RESTART_MS = 500;
/** The replicator says how it is every second. */
const SILENCE_MS = 5_000;

const STARTING: Omit<ReplicationHealth, "restarts"> = {
  state: "syncing",
  reasons: ["the replicator has said nothing yet"],
  announced: 0,
  sent: 0,
  injected: 0,
  refused: 0,
  overruns: 0,
  lost: 0,
  dropped: { malformed: 0, foreign: 0, forged: 0, replayed: 0, otherVersion: 0 },
  sendLagMs: null,
  injectLagMs: null,
  loopMaxMs: null,
  peers: [],
};

const NONE = { tell: () => undefined, stop: () => undefined };

/**
 * Flow replication, from the agent's side: a thread of its own, so that nothing of it holds up the heartbeats. Without it the NAT goes on
 * serving, and says so.
 */
export function startReplication(
  config: NatConfig,
  sender: Sender,
  home: string,
  log: Log,
  silenceMs: number = SILENCE_MS,
): Replication {
  if (config.replication.flows === "off") return { ...NONE, health: () => ({ state: "off" }) };
  const descriptors = inheritedDescriptors(process.env.HA_NAT_NETLINK);
  if (descriptors === null) {
    const why = "started without bin/with-netlink: connection tracking cannot be read";
    log.warn("no flow replication", { why });
    return { ...NONE, health: () => ({ ...STARTING, state: "degraded", reasons: [why], restarts: 0 }) };
  }
  let health = STARTING;
  let fleet: FleetMessage | null = null;
  let restarts = 0;
  let isStopped = false;
  let worker = start(sender, descriptors);

  function start(boot: Sender, inherited: Descriptors): Worker {
    const workerData: ReplicatorStart = {
      config,
      sender: boot,
      descriptors: inherited,
      reader: join(home, "agent/replication-reader.mjs"),
    };
    const made = new Worker(join(home, "agent/replication.mjs"), { workerData });
    let why = "ended";
    // A thread that hangs is not taken at its last word: what it holds grows old.
    const silence = watchSilence(silenceMs, () => {
      health = { ...health, state: "degraded", reasons: [`the replicator has said nothing for ${silenceMs} ms`] };
      log.limited("replication-silent", "the replicator says nothing", { ms: silenceMs });
    });
    made.on("message", (message: ReplicatorMessage) => {
      if (message.kind === "log") return log.limited(message.about, message.message, message.fields);
      silence.heard();
      health = message.health;
    });
    made.on("error", (error) => (why = words(error)));
    made.on("exit", () => {
      silence.end();
      if (isStopped) return;
      log.limited("replication-ended", "the replicator ended; starting it again", { why });
      health = { ...STARTING, reasons: [`the replicator ended: ${why}`] };
      restarts += 1;
      // A new boot for peers: sequences start again, so the packets' keys must differ.
      const next = { ...boot, bootId: randomUUID(), bootMs: Math.max(Date.now(), boot.bootMs + 1) };
      setTimeout(() => (worker = start(next, inherited)), RESTART_MS);
    });
    if (fleet !== null) made.postMessage(fleet);
    return made;
  }

  return {
    tell: (news) => {
      const next: FleetMessage = { kind: "fleet", ...news };
      if (JSON.stringify(next) === JSON.stringify(fleet)) return;
      fleet = next;
      worker.postMessage(next);
    },
    health: () => ({ ...health, restarts }),
    stop: () => {
      isStopped = true;
      void worker.terminate();
    },
  };
}
