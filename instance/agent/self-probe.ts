/**
 * Runs inside the probe namespace, so that every connection passes FORWARD, SNAT and the uplink as a client's does. One new
 * TCP connection each interval, to the targets in turn; one JSON line each on stdout: {"ok":true,"ms":1.2,"target":"…"}, and
 * {"late":true,"ms":100,"target":"…"} before it when it takes its time.
 * Ends with its parent (end of stdin). Its one argument is a JSON ProbeSettings.
 */
import { connect, type Socket } from "node:net";

export interface ProbeSettings {
  readonly targets: readonly { readonly address: string; readonly port: number }[];
  readonly intervalMs: number;
  readonly timeoutMs: number;
}

/** Share of the timeout after which an answer is late: no verdict, but a reason to look at this machine itself. */
const LATE_SHARE = 0.4;

export interface LateLine {
  readonly late: true;
  readonly ms: number;
  readonly target: string;
}

export interface ProbeLine {
  readonly ok: boolean;
  /** Until connected, or until given up. */
  readonly ms: number;
  readonly target: string;
  readonly error?: string;
}

export function probeOnce(
  target: ProbeSettings["targets"][number],
  timeoutMs: number,
  report: (line: ProbeLine | LateLine) => void,
): void {
  const started = performance.now();
  const name = `${target.address}:${target.port}`;
  const socket: Socket = connect({ host: target.address, port: target.port });
  let done = false;
  const finish = (error?: string) => {
    if (done) return;
    done = true;
    clearTimeout(deadline);
    clearTimeout(lateness);
    // A reset, not a FIN: neither side keeps TIME_WAIT for ten connections a second.
    if (error === undefined) socket.resetAndDestroy();
    else socket.destroy();
    const ms = Math.round((performance.now() - started) * 10) / 10;
    report(error === undefined ? { ok: true, ms, target: name } : { ok: false, ms, target: name, error });
  };
  // Timers run before sockets are read: after a stall of this process the answer may be waiting. Look once more.
  const deadline = setTimeout(() => setImmediate(() => finish(`no connection in ${timeoutMs} ms`)), timeoutMs);
  const lateMs = timeoutMs * LATE_SHARE;
  const lateness = setTimeout(
    () => setImmediate(() => done || report({ late: true, ms: Math.round(performance.now() - started), target: name })),
    lateMs,
  );
  socket.on("connect", () => finish());
  socket.on("error", (error: NodeJS.ErrnoException) => finish(error.code ?? error.message));
}

function run(settings: ProbeSettings): void {
  let turn = 0;
  const tick = () => {
    const target = settings.targets[turn % settings.targets.length];
    turn += 1;
    if (target !== undefined) probeOnce(target, settings.timeoutMs, (line) => process.stdout.write(`${JSON.stringify(line)}\n`));
  };
  setInterval(tick, settings.intervalMs);
  process.stdin.on("end", () => process.exit(0)).resume();
  process.stdout.on("error", () => process.exit(0));
  tick();
}

const argument = process.argv[2];
if (argument?.startsWith('{"targets"')) run(JSON.parse(argument) as ProbeSettings);
