import { connect } from "node:net";
import type { Attempt } from "../report/watch";

/**
 * Asks the internet for its own address by a new TCP connection, again and again, from wherever it runs. One JSON Attempt a line;
 * ends by itself when stdin closes.
 *   asker.cjs HOST PORT INTERVAL_MS DEADLINE_MS
 */
const [host = "", port = "", interval = "", deadline = ""] = process.argv.slice(2);

function now(): number {
  return performance.timeOrigin + performance.now();
}

function ask(): void {
  const startedMs = now();
  let text = "";
  let settled = false;
  const socket = connect({ host, port: Number(port) });
  const settle = (address: string | undefined, error?: string): void => {
    if (settled) return;
    settled = true;
    clearTimeout(timer);
    socket.destroy();
    const attempt: Attempt = { startedMs, endedMs: now(), address, ...(error === undefined ? {} : { error }) };
    process.stdout.write(`${JSON.stringify(attempt)}\n`);
  };
  const timer = setTimeout(() => settle(undefined, "deadline"), Number(deadline));
  socket.on("data", (chunk) => (text += chunk.toString()));
  socket.on("end", () => (text.endsWith("\n") ? settle(text.trim()) : settle(undefined, "closed without an answer")));
  socket.on("error", (error) => settle(undefined, error.message));
}

const ticker = setInterval(ask, Number(interval));
process.stdin.resume();
process.stdin.on("end", () => {
  clearInterval(ticker);
  setTimeout(() => process.exit(0), Number(deadline) + 50);
});
