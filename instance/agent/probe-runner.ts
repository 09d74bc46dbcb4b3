import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { type Log, words } from "./log";
import type { LateLine, ProbeLine, ProbeSettings } from "./self-probe";

export interface ProbeRunner {
  stop(): void;
}

export interface ProbeRunnerOptions {
  /** Program and arguments that run the probe inside its namespace; the settings are appended as JSON. */
  readonly command: readonly string[];
  readonly settings: ProbeSettings;
  readonly log: Log;
  readonly onLine: (line: ProbeLine) => void;
  /** A connection takes its time; what becomes of it, its own line tells. */
  readonly onLate: () => void;
  /** The process ended and will be started again after RESTART_MS. */
  readonly onEnd: () => void;
}

export const RESTART_MS = 200;

/** Keeps the self-probe running. A probe that dies is started again; what it did not say is not a failure. */
export function runProbe(options: ProbeRunnerOptions): ProbeRunner {
  const [program = "", ...args] = options.command;
  let child: ChildProcess | undefined;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  const start = () => {
    const started = spawn(program, [...args, JSON.stringify(options.settings)], { stdio: ["pipe", "pipe", "pipe"] });
    child = started;
    started.stdin.on("error", () => undefined);
    createInterface({ input: started.stdout }).on("line", (text) => takeLine(text, options));
    let complaint = "";
    started.stderr.on("data", (chunk: Buffer) => (complaint = (complaint + chunk.toString("utf8")).slice(-300)));
    let over = false;
    const again = (why: string) => {
      if (over || stopped) return;
      over = true;
      options.log.limited("self-probe-ended", "self-probe ended; starting it again", { why, complaint });
      options.onEnd();
      timer = setTimeout(start, RESTART_MS);
    };
    started.on("error", (error) => again(words(error)));
    started.on("close", (code, signal) => again(`exit ${signal ?? code}`));
  };

  start();
  return {
    stop: () => {
      stopped = true;
      clearTimeout(timer);
      child?.kill("SIGKILL");
    },
  };
}

function takeLine(text: string, { log, onLine, onLate }: ProbeRunnerOptions): void {
  try {
    const line = JSON.parse(text) as Partial<ProbeLine> & Partial<LateLine>;
    if (line.late === true) return onLate();
    if (typeof line.ok !== "boolean" || typeof line.ms !== "number") throw new TypeError("ok or ms is missing");
    onLine({ ok: line.ok, ms: line.ms, target: String(line.target), ...(line.error === undefined ? {} : { error: line.error }) });
  } catch (error) {
    log.limited("self-probe-line", "self-probe wrote a line that cannot be read", {
      why: words(error),
      line: text.slice(0, 200),
    });
  }
}
