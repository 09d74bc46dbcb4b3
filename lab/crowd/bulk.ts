import { connect, createServer } from "node:net";
import type { Socket } from "node:net";
import { CROWD_PORTS } from "./kinds";
import type { BulkReport } from "./kinds";

/**
 * Load for a lane, over connections that last as long as it.
 *   bulk.cjs sink ADDRESS                            takes what comes; tells each sender at its end how much that was
 *   bulk.cjs pump ADDRESS SECONDS MBITS CONNECTIONS  sends so many Mbit/s (0: as fast as it goes), then prints a BulkReport;
 *                                                   sooner when every connection is broken
 */
const TICK_MS = 10;
const PARCEL = Buffer.alloc(64 * 1024, "b");
const ANSWER_WITHIN_MS = 10_000;

function sink(address: string): void {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    let bytes = 0;
    socket.on("data", (chunk) => (bytes += chunk.length));
    socket.on("end", () => socket.end(String(bytes)));
    // The sender misses its answer and says so.
    socket.on("error", () => socket.destroy());
  });
  server.listen({ port: CROWD_PORTS.bulk, host: address });
}

/** One connection; sends no faster than the other side takes it. */
class Pump {
  private sent = 0;
  private answer = "";
  private why: string | undefined;
  private readonly socket: Socket;
  readonly ended: Promise<void>;

  constructor(address: string) {
    this.socket = connect({ host: address, port: CROWD_PORTS.bulk, allowHalfOpen: true });
    this.socket.on("data", (chunk) => (this.answer += chunk.toString()));
    this.socket.on("error", (error) => (this.why = error.message));
    this.ended = new Promise((resolve) => this.socket.once("close", () => resolve()));
  }

  /** What it does not take now is not owed. */
  send(bytes: number): void {
    for (let left = bytes; left > 0 && this.why === undefined && !this.socket.writableNeedDrain; left -= PARCEL.length) {
      const parcel = PARCEL.subarray(0, Math.min(left, PARCEL.length));
      this.sent += parcel.length;
      this.socket.write(parcel);
    }
  }

  get isBroken(): boolean {
    return this.why !== undefined;
  }

  finish(): void {
    this.socket.end();
    const deadline = setTimeout(() => this.socket.destroy(), ANSWER_WITHIN_MS);
    void this.ended.then(() => clearTimeout(deadline));
  }

  get arrived(): number {
    return this.answer === "" ? 0 : Number(this.answer);
  }

  /** What broke it, or why not all that was sent has arrived; undefined when all is well. */
  get loss(): string | undefined {
    if (this.why !== undefined || this.arrived === this.sent) return this.why;
    return `sent ${this.sent} bytes, the other side took ${this.answer || "none"}`;
  }
}

async function pump(address: string, seconds: number, mbits: number, connections: number): Promise<void> {
  const pumps = Array.from({ length: connections }, () => new Pump(address));
  const started = performance.now();
  let before = started;
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const now = performance.now();
      const due = mbits === 0 ? Infinity : ((now - before) * mbits * 125) / connections;
      before = now;
      for (const one of pumps) one.send(due);
      if (now - started < seconds * 1000 && !pumps.every(({ isBroken }) => isBroken)) return;
      clearInterval(timer);
      resolve();
    }, TICK_MS);
  });
  for (const one of pumps) one.finish();
  await Promise.all(pumps.map(({ ended }) => ended));
  const report: BulkReport = {
    connections,
    bytes: pumps.reduce((sum, { arrived }) => sum + arrived, 0),
    seconds: (performance.now() - started) / 1000,
    losses: pumps.flatMap(({ loss }) => loss ?? []),
  };
  process.stdout.write(`${JSON.stringify(report)}\n`);
}

const [role = "", address = "", ...numbers] = process.argv.slice(2);
const [seconds = 0, mbits = 0, connections = 1] = numbers.map(Number);
if (role === "sink") sink(address);
else void pump(address, seconds, mbits, connections);
