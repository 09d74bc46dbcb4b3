import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { type Log, words } from "./log";
import type { LateLine, ProbeLine, ProbeSettings } from "./self-probe";
import { watchSilence } from "./silence";

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
  /** A process that says nothing for so long is ended. */
  readonly muteMs?: number;
}

export const RESTART_MS = 200;
/** The probe says something every `selfProbeIntervalMs`; without a word its NAT is unknown, and nobody would mend or replace it. */
const MUTE_MS = 5_000;

/** Keeps the self-probe running. A probe that dies or says nothing is started again; what it did not say is not a failure. */
export function runProbe(options: ProbeRunnerOptions): ProbeRunner {
  const [program = "", ...args] = options.command;
  let child: ChildProcess | undefined;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  const start = () => {
    const started = spawn(program, [...args, JSON.stringify(options.settings)], { stdio: ["pipe", "pipe", "pipe"] });
    child = started;
    started.stdin.on("error", () => undefined);
    let mute = "";
    const muteMs = options.muteMs ?? MUTE_MS;
    const silence = watchSilence(muteMs, () => {
      mute = `said nothing for ${muteMs} ms, `;
      started.kill("SIGKILL");
    });
    createInterface({ input: started.stdout }).on("line", (text) => {
      if (takeLine(text, options)) silence.heard();
    });
    let complaint = "";
    started.stderr.on("data", (chunk: Buffer) => (complaint = (complaint + chunk.toString("utf8")).slice(-300)));
    let over = false;
    const again = (why: string) => {
      silence.end();
      if (over || stopped) return;
      over = true;
      options.log.limited("self-probe-ended", "self-probe ended; starting it again", { why, complaint });
      options.onEnd();
      timer = setTimeout(start, RESTART_MS);
    };
    started.on("error", (error) => again(words(error)));
    started.on("close", (code, signal) => again(`${mute}exit ${signal ?? code}`));
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

/** Whether it could be read. */
function takeLine(text: string, { log, onLine, onLate }: ProbeRunnerOptions): boolean {
  try {
    const line = JSON.parse(text) as Partial<ProbeLine> & Partial<LateLine>;
    if (line.late === true) {
      onLate();
      return true;
    }
    if (typeof line.ok !== "boolean" || typeof line.ms !== "number") throw new TypeError("ok or ms is missing");
    onLine({ ok: line.ok, ms: line.ms, target: String(line.target), ...(line.error === undefined ? {} : { error: line.error }) });
    return true;
  } catch (error) {
    log.limited("self-probe-line", "self-probe wrote a line that cannot be read", {
      why: words(error),
      line: text.slice(0, 200),
    });
    return false;
  }
}
