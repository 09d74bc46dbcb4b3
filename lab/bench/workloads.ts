import { setTimeout as wait } from "node:timers/promises";
import type { Needs } from "./model";
import type { Path, Service } from "./network";
import { NET } from "./network";

/** Something that clients do; bigger is better. */
export interface Workload {
  readonly name: string;
  readonly does: string;
  readonly needs?: Needs;
  /** Starts what must be there before; once for each path. */
  readonly prepare: (path: Path) => Promise<readonly Service[]>;
  /** How much a second. */
  readonly measure: (path: Path, seconds: number) => Promise<number>;
}

const PORT = { bulk: 5201, connect: 8443, echo: 1024 } as const;
/** Keeps the table of a small machine from filling up, which would measure eviction. */
const MOST_NEW_FLOWS = 60_000;
const ESTABLISHED_FLOWS = 1000;
const PARALLEL = 64;

interface Timed {
  readonly seconds: number;
}

async function bulk(path: Path, seconds: number): Promise<number> {
  const sent = await path.load<Timed & { readonly bytes: number }>("client", "bulk", NET.server, PORT.bulk, seconds);
  return sent.bytes / sent.seconds;
}

async function withoutOffload(path: Path, seconds: number): Promise<number> {
  const set = (value: "on" | "off"): Promise<unknown> => {
    const features = ["tso", "gso", "gro"].flatMap((feature) => [feature, value]);
    return Promise.all((["client", "server"] as const).map((role) => path.exec(role, ["ethtool", "-K", "eth0", ...features])));
  };
  await set("off");
  try {
    return await bulk(path, seconds);
  } finally {
    await set("on");
  }
}

/** Datagrams that arrived; those still on their way when the sender ends are waited for. */
async function arrivals(path: Path, flows: number, seconds: number, most: number): Promise<number> {
  const before = await path.arrived();
  const sent = await path.load<Timed & { readonly sent: number }>(
    "client",
    ...["blast", NET.server, NET.servers, flows, 64, seconds, most],
  );
  const deadline = Date.now() + 500;
  let arrived = (await path.arrived()) - before;
  for (let last = -1; arrived !== last && arrived < sent.sent && Date.now() < deadline;) {
    last = arrived;
    await wait(5);
    arrived = (await path.arrived()) - before;
  }
  return arrived / sent.seconds;
}

async function established(path: Path, seconds: number): Promise<number> {
  type Primed = { readonly wanted: number; readonly answered: number };
  const { wanted, answered } = await path.load<Primed>("client", "prime", NET.server, NET.servers, ESTABLISHED_FLOWS);
  if (answered < wanted * 0.99) throw new Error(`${path.name}: ${answered} of ${wanted} datagrams were answered; all should be`);
  return arrivals(path, ESTABLISHED_FLOWS, seconds, Number.MAX_SAFE_INTEGER);
}

export interface Connected extends Timed {
  readonly done: number;
  readonly failed: number;
  readonly refused: number;
  readonly pending: number;
  readonly p50us: number;
  readonly p99us: number;
}

/** New connections; RATE 0 for as many as go. */
export function connections(path: Path, seconds: number, rate = 0, servers: number = NET.servers): Promise<Connected> {
  const parallel = rate > 0 ? 4096 : PARALLEL;
  return path.load<Connected>(
    "client",
    ...["connect", NET.server, servers, PORT.connect, seconds, parallel, NET.client, NET.clients, rate],
  );
}

async function newConnections(path: Path, seconds: number): Promise<number> {
  const { done, failed, ...rest } = await connections(path, seconds);
  if (failed > done / 100) throw new Error(`${path.name}: ${failed} of ${done + failed} connections failed; none should`);
  return done / rest.seconds;
}

export async function startConnectServer(path: Path, processes = 1): Promise<readonly Service[]> {
  return [await path.serve("server", "serve", PORT.connect, processes)];
}

/** Datagrams of the load end at the server's device: its sockets are not what is measured. Priming datagrams pass. */
async function dropAtServer(path: Path): Promise<void> {
  const chain = `chain ingress { type filter hook ingress device eth0 priority 0; meta l4proto udp udp length 72 drop; }`;
  await path.exec(
    "server",
    ["nft", "-f", "-"],
    `table netdev bench { }\ndelete table netdev bench\ntable netdev bench {\n${chain}\n}\n`,
  );
}

async function echo(path: Path): Promise<readonly Service[]> {
  await dropAtServer(path);
  return [await path.serve("server", "udp-echo", PORT.echo, Math.ceil(ESTABLISHED_FLOWS / NET.servers))];
}

async function nothing(path: Path): Promise<readonly Service[]> {
  await dropAtServer(path);
  return [];
}

async function startSink(path: Path): Promise<readonly Service[]> {
  return [await path.serve("server", "sink", PORT.bulk)];
}

export const WORKLOADS: readonly Workload[] = [
  { name: "bulk TCP", does: "one connection, segmentation offload on", prepare: startSink, measure: bulk },
  {
    name: "TCP without GSO",
    does: "one connection, every packet by itself",
    needs: { program: "ethtool", package: "ethtool" },
    prepare: startSink,
    measure: withoutOffload,
  },
  {
    name: "packets, 1 flow",
    does: "UDP, 64 B, unanswered",
    prepare: nothing,
    measure: (path, seconds) => arrivals(path, 1, seconds, Number.MAX_SAFE_INTEGER),
  },
  { name: "packets, 1000 flows", does: "UDP, 64 B, established flows", prepare: echo, measure: established },
  {
    name: "new TCP connections",
    does: `connect, one byte there and back, close; ${PARALLEL} in parallel`,
    prepare: (path) => startConnectServer(path),
    measure: newConnections,
  },
  {
    name: "new UDP flows",
    does: "every datagram a new flow",
    prepare: nothing,
    measure: (path, seconds) => arrivals(path, 1_000_000, seconds, MOST_NEW_FLOWS),
  },
];
