import { createSocket } from "node:dgram";
import { connect } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import type { Door } from "./doors";
import { doorsOfRun } from "./doors";

/**
 * Knocks at every door: TCP connects and UDP packets, from wherever it runs. One JSON object at the end.
 *   scanner.cjs '{"addresses":["198.51.100.1"],"run":0,"doors":2500,"perSecond":200}'
 */
export interface ScanRequest {
  readonly addresses: readonly string[];
  /** Which part of all doors. */
  readonly run: number;
  /** How many doors a part has. */
  readonly doors: number;
  readonly perSecond: number;
}

export interface ScanReport {
  readonly knocked: number;
  /** `<protocol> <address>:<port>` that accepted, or answered at all: even a refusal says that somebody is there. */
  readonly answered: readonly string[];
}

const DEADLINE_MS = 700;
const TURN_MS = 20;

function name({ protocol, address, port }: Door): string {
  return `${protocol} ${address}:${port}`;
}

/** True when it was accepted or refused; an unreachable machine (EHOSTUNREACH) is no answer of it. */
function knockTcp({ address, port }: Door): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port });
    const settle = (answered: boolean): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answered);
    };
    const timer = setTimeout(() => settle(false), DEADLINE_MS);
    socket.once("connect", () => settle(true));
    socket.once("error", (error: NodeJS.ErrnoException) => settle(error.code === "ECONNREFUSED"));
  });
}

function knockUdp({ address, port }: Door): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket("udp4");
    const settle = (answered: boolean): void => {
      clearTimeout(timer);
      socket.removeAllListeners().on("error", () => undefined);
      socket.close();
      resolve(answered);
    };
    const timer = setTimeout(() => settle(false), DEADLINE_MS);
    socket.once("message", () => settle(true));
    socket.once("error", (error: NodeJS.ErrnoException) => settle(error.code === "ECONNREFUSED"));
    // Connected, so that the kernel tells of a refusal.
    socket.connect(port, address, () => socket.send(Buffer.alloc(64, "?"), () => undefined));
  });
}

async function main(): Promise<void> {
  const { addresses, run, doors, perSecond } = JSON.parse(process.argv[2] ?? "{}") as ScanRequest;
  const targets = doorsOfRun(addresses, run, doors);
  const answered: string[] = [];
  const open: Promise<void>[] = [];
  const each = Math.max(1, Math.round((perSecond * TURN_MS) / 1000));
  for (let start = 0; start < targets.length; start += each) {
    for (const target of targets.slice(start, start + each)) {
      const knock = target.protocol === "tcp" ? knockTcp : knockUdp;
      open.push(
        knock(target).then((did) => {
          if (did) answered.push(name(target));
        }),
      );
    }
    await wait(TURN_MS);
  }
  await Promise.all(open);
  process.stdout.write(`${JSON.stringify({ knocked: targets.length, answered } satisfies ScanReport)}\n`);
}

void main();
