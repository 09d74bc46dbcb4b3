import { createSocket, type Socket } from "node:dgram";
import { readFileSync, readlinkSync } from "node:fs";
import { getPriority, setPriority } from "node:os";
import { basename } from "node:path";
import { setImmediate as immediate, setTimeout as wait } from "node:timers/promises";
import { parentPort, Worker, workerData } from "node:worker_threads";
import { PORTS } from "../../../contract/ports";
import { words } from "../log";
import { watchLoopDelay } from "../loop-delay";
import { monotonicMs } from "./clock";
import { toNumber } from "./flow";
import { openKernelTable } from "./kernel";
import type { Lifetimes } from "./ledger";
import { Replicator } from "./replicator";
import type { FleetMessage, ReaderMessage, ReaderStart, ReplicatorMessage, ReplicatorStart } from "./thread-messages";

const TICK_MS = 100;
const HEALTH_MS = 1_000;
/** Where the kernel lets us: a burst that waits for its turn. Bytes. */
const RECEIVE_BUFFER_BYTES = 4 << 20;
/** Copies of announced flows live so long unless a sweep finds the flow alive. Seconds. */
const NEWBORN_SECONDS = 60;
/** The scheduler's weight of this thread is a third of the others'. */
const NICER = 5;
const NICEST = 19;

/** The replicator's thread: sockets and clocks around Replicator. It ends with an error when it cannot go on; the agent starts it anew. */
async function replicate(start: ReplicatorStart, say: (message: ReplicatorMessage) => void): Promise<void> {
  const log = (about: string, message: string, fields: Readonly<Record<string, unknown>>) =>
    say({ kind: "log", about, message, fields });
  const socket = createSocket("udp4");
  const replicator = new Replicator(start.config, start.sender, {
    table: openKernelTable(start.descriptors),
    send: (packet, address) =>
      socket.send(packet, PORTS.replication, address, (error) => {
        if (error) log("replication-send", "replication packet not sent", { address, why: words(error) });
      }),
    lifetimes,
    tableMax: () => setting("nf_conntrack_max"),
    now: monotonicMs,
    wall: () => Date.now(),
    wait: (ms) => wait(ms),
    yield: () => immediate(),
    onDrop: (reason, why) => log(`replication-${reason}`, "replication packet dropped", { why }),
    onFault: (what, error) => log("replication-fault", `${what} failed; the next sweep repairs`, { why: words(error) }),
  });
  socket.on("message", (packet, { address }) => replicator.takePacket(packet, address));
  await bind(socket);
  socket.on("error", (error) => log("replication-socket", "replication socket", { why: words(error) }));
  readEvents(
    start.reader,
    { descriptor: start.descriptors.events, addresses: replicator.laneAddresses, newborn: NEWBORN_SECONDS },
    replicator,
    log,
  );
  giveWay();
  parentPort?.on("message", ({ keys, peers, missing, owned }: FleetMessage) =>
    replicator.takeFleet({
      keys: keys.map((key) => Buffer.from(key, "base64")),
      peers,
      missing,
      owned: owned?.map(toNumber) ?? null,
    }),
  );
  setInterval(() => replicator.tick(), TICK_MS);
  const loop = watchLoopDelay();
  setInterval(() => say({ kind: "health", health: { ...replicator.health(), loopMaxMs: loop.maxMs() } }), HEALTH_MS);
}

function bind(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.bind(PORTS.replication, "0.0.0.0", () => {
      socket.off("error", reject);
      try {
        socket.setRecvBufferSize(RECEIVE_BUFFER_BYTES);
      } catch {
        // The kernel's limit stands; what does not fit is asked for again.
      }
      resolve();
    });
  });
}

/** To the agent's other threads: a NAT that is busy with copies must still be heard. The kernel counts niceness by thread; setpriority(2). */
function giveWay(): void {
  const thread = Number(basename(readlinkSync("/proc/thread-self")));
  setPriority(thread, Math.min(NICEST, getPriority(thread) + NICER));
}

/** A reader that dies takes this thread with it: both start again together. */
function readEvents(
  path: string,
  start: ReaderStart,
  replicator: Replicator,
  log: (about: string, message: string, fields: Readonly<Record<string, unknown>>) => void,
): void {
  const reader = new Worker(path, { workerData: start });
  reader.on("message", (message: ReaderMessage) => {
    if (message.kind === "announced") {
      const { buffer, byteOffset, byteLength } = message.records;
      return replicator.takeAnnounced(Buffer.from(buffer, byteOffset, byteLength), message.since);
    }
    if (message.kind === "overrun") {
      replicator.overrun();
      return log("replication-overrun", "the kernel announced more flows than its buffer holds; sweeping", {});
    }
    log("replication-reader", "announced flows cannot be read", { why: message.why });
  });
  reader.on("error", (error) => {
    throw error;
  });
}

/** As the kernel has them now: what it gives a flow at each packet. */
function lifetimes(): Lifetimes {
  const tcp = setting("nf_conntrack_tcp_timeout_established");
  return { tcp, udp: setting("nf_conntrack_udp_timeout_stream"), newborn: NEWBORN_SECONDS };
}

function setting(name: string): number {
  return Number(readFileSync(`/proc/sys/net/netfilter/${name}`, "utf8"));
}

const port = parentPort;
if (port !== null) void replicate(workerData as ReplicatorStart, (message) => port.postMessage(message));
