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
  /** `<protocol> <address>:<port>` behind which somebody listens. */
  readonly open: readonly string[];
  /** Nobody listens, but a refusal says that a machine is there, which the ruleset must hide. */
  readonly refused: readonly string[];
}

type Answer = "open" | "refused" | "none";

const DEADLINE_MS = 700;
const TURN_MS = 20;
/** Too short for a heartbeat and for flows: no agent answers, but one that it came to counts it as malformed. */
const UDP_KNOCK = "?";

function name({ protocol, address, port }: Door): string {
  return `${protocol} ${address}:${port}`;
}

/** An unreachable machine (EHOSTUNREACH) is no answer of it. */
const answerOf = (error: NodeJS.ErrnoException): Answer => (error.code === "ECONNREFUSED" ? "refused" : "none");

function knockTcp({ address, port }: Door): Promise<Answer> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port });
    const settle = (answer: Answer): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    const timer = setTimeout(() => settle("none"), DEADLINE_MS);
    socket.once("connect", () => settle("open"));
    socket.once("error", (error: NodeJS.ErrnoException) => settle(answerOf(error)));
  });
}

function knockUdp({ address, port }: Door): Promise<Answer> {
  return new Promise((resolve) => {
    const socket = createSocket("udp4");
    const settle = (answer: Answer): void => {
      clearTimeout(timer);
      socket.removeAllListeners().on("error", () => undefined);
      socket.close();
      resolve(answer);
    };
    const timer = setTimeout(() => settle("none"), DEADLINE_MS);
    socket.once("message", () => settle("open"));
    socket.once("error", (error: NodeJS.ErrnoException) => settle(answerOf(error)));
    // Connected, so that the kernel tells of a refusal.
    socket.connect(port, address, () => socket.send(UDP_KNOCK, () => undefined));
  });
}

async function main(): Promise<void> {
  const { addresses, run, doors, perSecond } = JSON.parse(process.argv[2] ?? "{}") as ScanRequest;
  const targets = doorsOfRun(addresses, run, doors);
  const found: Record<Answer, string[]> = { open: [], refused: [], none: [] };
  const knocks: Promise<void>[] = [];
  const each = Math.max(1, Math.round((perSecond * TURN_MS) / 1000));
  for (let start = 0; start < targets.length; start += each) {
    for (const target of targets.slice(start, start + each)) {
      const knock = target.protocol === "tcp" ? knockTcp : knockUdp;
      knocks.push(knock(target).then((answer) => void found[answer].push(name(target))));
    }
    await wait(TURN_MS);
  }
  await Promise.all(knocks);
  process.stdout.write(
    `${JSON.stringify({ knocked: targets.length, open: found.open, refused: found.refused } satisfies ScanReport)}\n`,
  );
}

void main();
