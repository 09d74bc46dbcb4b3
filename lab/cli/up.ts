import { spawn } from "node:child_process";
import { join, resolve } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { LabStatus } from "../holder/status";
import { bundleLab } from "./bundle";
import { ask } from "./control-client";
import { takeDown } from "./down";
import { requireEnvironment } from "./environments";
import { isStale, stackFolder } from "./freshness";
import { launch } from "./launch";
import type { Launched } from "./launch";
import { CommandError, say } from "./output";
import type { JournalRecord } from "./progress";
import { progressLine } from "./progress";
import { checkMachine, thisMachine } from "./requirements";
import { freshFolder, runFolder, runningLabs } from "./runs";

export interface UpOptions {
  readonly root: string;
  readonly env: string;
  readonly latency: string;
  readonly bootMs: number;
  /** Schedules of more than a minute run this many times faster. @default 1 */
  readonly scheduleFactor?: number;
  readonly timeoutSeconds: number;
  /** Leaves a lab that did not settle running, to look into it. */
  readonly keep: boolean;
  /** Folder of a cdk.tf.json of this environment that somebody else keeps fresh. @default - what `npm run synth` wrote */
  readonly stack?: string;
}

const POLL_MS = 300;

/** Brings the environment up; resolves when every group is in service and every lane is routed. */
export async function up(options: UpOptions): Promise<LabStatus> {
  const { root, env } = options;
  requireEnvironment(root, env);
  const running = runningLabs(root).find((run) => run.env === env);
  if (running !== undefined) {
    throw new CommandError(
      `lab ${env} is up already (process ${running.pid}, since ${running.startedAt}); take it down: npm run lab -- down`,
      1,
    );
  }
  checkMachine(thisMachine);
  if (options.stack === undefined && isStale(root, env)) await synthesise(root);
  const programs = await bundleLab(root);
  const folder = freshFolder(root, env);
  say(`starting ${env}: one holder in namespaces of its own`);
  const stackDirectory = resolve(options.stack ?? stackFolder(root, env));
  const settings = {
    LAB_STACK: stackDirectory,
    LAB_LATENCY: options.latency,
    LAB_BOOT_MS: String(options.bootMs),
    LAB_SCHEDULE_FACTOR: String(options.scheduleFactor ?? 1),
    LAB_AWS_CLI_PATH: process.env["PATH"] ?? "",
  };
  const launched = await launch({ root, env, folder, stackDirectory, programs, settings });
  try {
    const status = await settle(launched, options);
    launched.release();
    return status;
  } catch (error) {
    if (options.keep && !launched.hasEnded()) launched.release();
    else await takeDown(root, launched.record);
    throw error;
  }
}

/** What went wrong is told by whoever knows it best: the holder's own last words. */
async function settle({ record, hasEnded }: Launched, { root, env, timeoutSeconds }: UpOptions): Promise<LabStatus> {
  const deadline = Date.now() + timeoutSeconds * 1000;
  const logs = join(runFolder(root, env), "logs");
  let seen = 0;
  for (;;) {
    if (hasEnded()) throw new CommandError(`the lab ended while it came up; see ${logs}/holder.log`);
    const answers = await Promise.all([
      ask<readonly JournalRecord[]>(record, "GET", `/journal?after=${seen}`),
      ask<LabStatus>(record, "GET", "/status"),
    ]).catch((error: unknown) => {
      if (hasEnded()) throw new CommandError(`the lab ended while it came up; see ${logs}/holder.log`);
      throw error;
    });
    const [journal, status] = answers;
    for (const entry of journal) {
      const line = progressLine(entry);
      if (line !== undefined) say(line);
      seen = Math.max(seen, entry.number);
    }
    if (status.settled) return status;
    if (Date.now() > deadline) {
      throw new CommandError(
        `${env} has not settled within ${timeoutSeconds} s: ${status.waitingFor.join("; ")}; see ${logs}`,
        1,
      );
    }
    await wait(POLL_MS);
  }
}

/** stdout is for data: the build's words go to stderr. */
function synthesise(root: string): Promise<void> {
  say("the synthesised stack is missing or older than its sources: npm run synth");
  const child = spawn("npm", ["run", "--silent", "synth"], { cwd: root, stdio: ["ignore", process.stderr, process.stderr] });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => {
      if (code === 0) resolve();
      else reject(new CommandError(`npm run synth ended with ${code}; its words are above`));
    });
  });
}
