import type { Socket } from "node:net";
import { lineReader } from "../runtime/protocol";
import type { ServerOrder, ServerReport } from "./kinds";
import { CONFIRMATION, CROWD_PORTS, MESSAGE_BYTES, PACE, QUESTION, UPLOAD_BYTES } from "./kinds";
import { Lag } from "./lag";
import { listen } from "./listen";
import { lagOf, markThread, startThread } from "./thread";

/**
 * The crowd's other end, on the lab's internet. Says `ready`, then takes orders on stdin (ServerOrder): `speak` makes it speak on every
 * connection that waits for it. Ends when stdin closes.
 *   crowd-server.cjs ADDRESS
 */
const [address = ""] = process.argv.slice(2);
const pushed = new Set<Socket>();
const questioned = new Set<Socket>();
const parcel = Buffer.alloc(MESSAGE_BYTES, "d");
const confirmation = Buffer.from(CONFIRMATION);

/** One byte back for every whole parcel. */
function confirm(socket: Socket): void {
  let received = 0;
  let confirmed = 0;
  socket.on("data", (chunk) => {
    received += chunk.length;
    const due = Math.floor(received / UPLOAD_BYTES) - confirmed;
    if (due === 0) return;
    confirmed += due;
    socket.write(confirmation.toString().repeat(due));
  });
}

function member(set: Set<Socket>): (socket: Socket) => void {
  return (socket) => {
    set.add(socket);
    socket.once("close", () => set.delete(socket));
    socket.resume();
  };
}

async function main(): Promise<void> {
  await listen(CROWD_PORTS.echo, address, (socket) => socket.on("data", (chunk) => socket.write(chunk)));
  await listen(CROWD_PORTS.confirm, address, confirm);
  await listen(CROWD_PORTS.push, address, member(pushed));
  await listen(CROWD_PORTS.question, address, (socket) => {
    member(questioned)(socket);
    socket.on("data", () => socket.write(CONFIRMATION));
  });
  const threads = await Promise.all(
    ["crowd-short-server.cjs", "crowd-udp-server.cjs"].map((bundle) => startThread(bundle, address)),
  );
  const lag = new Lag(PACE.push);
  setInterval(() => {
    lag.rang();
    // What a client does not take (its path is broken) would only pile up: the kernel's own buffer is enough to come back with.
    for (const socket of pushed) if (socket.writableLength === 0) socket.write(parcel);
  }, PACE.push);
  const orders: Readonly<Record<ServerOrder, () => void>> = {
    mark: () => {
      lag.mark();
      threads.forEach(markThread);
    },
    speak: () => {
      for (const socket of questioned) socket.write(QUESTION);
      void Promise.all(threads.map(lagOf)).then((late) => {
        process.stdout.write(`${JSON.stringify({ lagMs: Math.max(lag.worstMs, ...late) } satisfies ServerReport)}\n`);
      });
    },
  };
  process.stdin.on(
    "data",
    lineReader((line) => orders[line as ServerOrder]()),
  );
  process.stdin.on("end", () => process.exit(0));
  process.stdout.write("ready\n");
}

main().catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exit(1);
});
