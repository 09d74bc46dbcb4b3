import { setTimeout as wait } from "node:timers/promises";
import { lineReader } from "../runtime/protocol";
import { Churn } from "./churn";
import type { Connection } from "./connection";
import { monotonic } from "./connection";
import { Lag } from "./lag";
import { PingFlow, UdpFlow } from "./datagrams";
import type { MemberMessage, MemberOrder, Share } from "./kinds";
import { PACE } from "./kinds";
import { DownloadStream, IdleStream, RequestStream, UploadStream } from "./streams";

/**
 * One lane's part of the crowd, in one process. Orders on stdin (MemberOrder), words on stdout (MemberMessage); ends when stdin closes.
 *   member.cjs HOST SHARE DEADLINE_MS
 */
const [host = "", shareText = "", deadlineText = ""] = process.argv.slice(2);

/** At once, the client's table of half-open connections is never full. */
const OPENED_AT_ONCE = 50;
/** A flow that was opened while the machine was busy is as good as one that was not. */
const OPEN_TRIES = 3;

function say(message: MemberMessage): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

function create(share: Share): readonly (() => Connection)[] {
  const many = (count: number, make: (index: number) => Connection): (() => Connection)[] =>
    Array.from({ length: count }, (_, index) => () => make(index));
  return [
    ...many(share.idle, (index) => new IdleStream(host, index % 2 === 1)),
    ...many(share.request, () => new RequestStream(host)),
    ...many(share.upload, () => new UploadStream(host)),
    ...many(share.download, () => new DownloadStream(host)),
    ...many(share.udp, () => new UdpFlow(host)),
    ...many(share.icmp, () => new PingFlow(host)),
  ];
}

async function open(make: () => Connection): Promise<Connection> {
  for (let attempt = 1; ; attempt += 1) {
    const connection = make();
    try {
      await connection.open();
      return connection;
    } catch (error) {
      connection.close();
      if (attempt === OPEN_TRIES) throw error;
    }
  }
}

async function openAll(makers: readonly (() => Connection)[]): Promise<readonly Connection[]> {
  const opened: Connection[] = [];
  for (let start = 0; start < makers.length; start += OPENED_AT_ONCE) {
    opened.push(...(await Promise.all(makers.slice(start, start + OPENED_AT_ONCE).map(open))));
  }
  return opened;
}

const lag = new Lag(PACE.tick);

async function finish(connections: readonly Connection[], churn: Churn): Promise<void> {
  const lagMs = lag.worstMs;
  const stoppedMs = monotonic();
  churn.stop();
  for (const connection of connections) connection.finish(stoppedMs);
  const deadline = stoppedMs + Number(deadlineText);
  const isDecided = (): boolean => churn.isDecided && connections.every((connection) => connection.isDecided);
  while (!isDecided() && monotonic() < deadline) await wait(PACE.tick);
  const now = monotonic();
  say({
    say: "report",
    connections: connections.map((connection) => connection.record(now)),
    churn: churn.record(stoppedMs),
    lagMs,
  });
}

function end(connections: readonly Connection[]): never {
  for (const connection of connections) connection.close();
  process.exit(0);
}

async function main(): Promise<void> {
  const churn = new Churn(host);
  const connections = await openAll(create(JSON.parse(shareText) as Share));
  const orders: Readonly<Record<MemberOrder, () => void>> = {
    mark: () => {
      const now = monotonic();
      lag.mark();
      churn.mark(now);
      for (const connection of connections) connection.mark(now);
    },
    finish: () => void finish(connections, churn),
  };
  process.stdin.on(
    "data",
    lineReader((line) => orders[line as MemberOrder]()),
  );
  process.stdin.on("end", () => end(connections));
  setInterval(() => {
    const now = monotonic();
    lag.rang(now);
    churn.tick(now);
    for (const connection of connections) connection.tick(now);
  }, PACE.tick);
  while (!churn.hasWorked) await wait(PACE.tick);
  say({ say: "ready", connections: connections.length });
}

main().catch((error: unknown) => {
  say({ say: "failed", why: error instanceof Error ? error.message : String(error) });
  process.exit(1);
});
