import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { CommandError } from "./output";

const runRecord = z.object({
  env: z.string(),
  stackDirectory: z.string(),
  /** Outer process (`unshare`), and process 1 of the lab's PID namespace as this machine numbers it. */
  pid: z.number(),
  initPid: z.number(),
  /** Start time of the outer process in clock ticks: a number that came back belongs to somebody else. */
  startTicks: z.string(),
  startedAt: z.string(),
  awsPort: z.number(),
  controlPort: z.number(),
  token: z.string(),
});

/** `.lab/<env>/run.json`: where a running lab is. */
export type RunRecord = z.infer<typeof runRecord>;

export function runFolder(root: string, env: string): string {
  return join(root, ".lab", env);
}

export function writeRun(root: string, record: RunRecord): void {
  const file = join(runFolder(root, record.env), "run.json");
  writeFileSync(`${file}.new`, `${JSON.stringify(record, undefined, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

export function forgetRun(root: string, env: string): void {
  rmSync(join(runFolder(root, env), "run.json"), { force: true });
}

/** Empties the folder of an earlier run. */
export function freshFolder(root: string, env: string): string {
  const folder = runFolder(root, env);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, "logs"), { recursive: true, mode: 0o700 });
  return folder;
}

/** Labs that run now, by environment. */
export function runningLabs(root: string): readonly RunRecord[] {
  const folder = join(root, ".lab");
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .flatMap((env) => readRun(join(folder, env, "run.json")) ?? [])
    .filter(isRunning);
}

/** The one that runs, or the one asked for. */
export function requireRun(root: string, env: string | undefined): RunRecord {
  const running = runningLabs(root);
  const names = running.map((run) => run.env).join(", ");
  const found = env === undefined ? running : running.filter((run) => run.env === env);
  const [only, second] = found;
  if (only === undefined) {
    const asked = env === undefined ? "no lab" : `no lab of environment ${env}`;
    throw new CommandError(
      `${asked} is up${names === "" ? "" : ` (up: ${names})`}; bring one up: npm run lab -- up ${env ?? "test"}`,
    );
  }
  if (second !== undefined) throw new CommandError(`more than one lab is up (${names}); name one with --env`);
  return only;
}

export function isRunning(record: Pick<RunRecord, "pid" | "startTicks">): boolean {
  return startTicks(record.pid) === record.startTicks;
}

/** Start time of a process that lives; undefined when it is gone or a zombie. */
export function startTicks(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" || fields[0] === "X" ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

function readRun(file: string): RunRecord | undefined {
  try {
    return runRecord.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    // No file, or one of an older lab: nothing runs there that we could talk to.
    return undefined;
  }
}
