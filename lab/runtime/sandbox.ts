import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import type { Duplex } from "node:stream";
import { setTimeout as wait } from "node:timers/promises";
import { MACHINE } from "./machine";
import type { ErrorDocument, InvokeMessage, ResultMessage } from "./protocol";
import { lineReader } from "./protocol";

export interface SandboxSpec {
  /** Program and arguments, the way into its namespace included. */
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly logPath: string;
}

export type Outcome = { readonly payload: string } | { readonly error: ErrorDocument };

/** What a function has to load before its own time-out begins to count. */
const INIT_MS = 10_000;

/** One process of a function. It takes one invocation at a time; once ended it is never used again. */
export class Sandbox {
  private readonly child: ChildProcess;
  private readonly channel: Duplex;
  private settle: ((outcome: Outcome) => void) | undefined;
  private endedWith: ErrorDocument | undefined;
  private initError: ErrorDocument | undefined;
  private readonly initialised: Promise<void>;
  private initEnded: () => void = () => undefined;

  constructor(spec: SandboxSpec) {
    this.initialised = new Promise((resolve) => {
      this.initEnded = resolve;
    });
    const [program = "", ...args] = spec.argv;
    const log = openSync(spec.logPath, "a");
    this.child = spawn(program, args, { stdio: ["ignore", log, log, "pipe"], env: spec.environment, ...MACHINE });
    closeSync(log);
    this.channel = this.child.stdio[3] as Duplex;
    this.channel.on("error", () => undefined);
    this.channel.on(
      "data",
      lineReader((line) => this.receive(JSON.parse(line) as ResultMessage)),
    );
    this.child.once("error", (error) => this.end({ errorType: "Runtime.ExitError", errorMessage: error.message }));
    this.child.once("close", (code, signal) => {
      const errorMessage = `Runtime exited with error: ${signal === null ? `exit status ${code}` : `signal: ${signal}`}`;
      this.end(this.initError ?? { errorType: "Runtime.ExitError", errorMessage });
    });
  }

  get isUsable(): boolean {
    return this.endedWith === undefined;
  }

  /** Resolves when the handler is loaded, or will never be; or after Lambda's time for it, when the invocation begins all the same. */
  async init(): Promise<void> {
    const timer = new AbortController();
    await Promise.race([this.initialised, wait(INIT_MS, undefined, { signal: timer.signal }).catch(() => undefined)]);
    timer.abort();
  }

  /** Kills the process when the deadline passes, as Lambda does. */
  invoke(message: InvokeMessage, timeoutSeconds: number): Promise<Outcome> {
    if (this.endedWith !== undefined) return Promise.resolve({ error: this.endedWith });
    if (this.settle !== undefined)
      return Promise.reject(new Error("this process of the function is busy with another invocation"));
    return new Promise((resolve) => {
      const timer = setTimeout(
        () => {
          const errorMessage = `${new Date().toISOString()} ${message.requestId} Task timed out after ${timeoutSeconds.toFixed(2)} seconds`;
          this.end({ errorType: "Sandbox.Timedout", errorMessage });
          this.kill();
        },
        Math.max(0, message.deadlineMs - Date.now()),
      );
      this.settle = (outcome) => {
        clearTimeout(timer);
        this.settle = undefined;
        resolve(outcome);
      };
      this.channel.write(`${JSON.stringify(message)}\n`);
    });
  }

  kill(): void {
    this.child.kill("SIGKILL");
  }

  private receive(message: ResultMessage): void {
    switch (message.kind) {
      case "ready":
        return this.initEnded();
      case "init-error":
        this.initError = message.error;
        return;
      case "result":
        return this.settle?.({ payload: message.payload });
      case "error":
        return this.settle?.({ error: message.error });
    }
  }

  private end(error: ErrorDocument): void {
    this.endedWith ??= error;
    this.initEnded();
    this.settle?.({ error });
  }
}
