/**
 * Which role made which calls, from the logs of the labs that ran on this machine (.lab/<env>/logs/holder.log), into
 * test/permissions/recorded-calls.json: what was recorded before stays, for each lab's log is
 * gone when the next one comes up, and no single lab makes every call. So a call that nobody makes any more goes on justifying its grant
 * until `--fresh` begins anew: then every suite of end-to-end, the deep ones too, must be followed by a run without it, or its calls are
 * missing and test/permissions/recorded.test.ts says so. Fails when a role was denied a call.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import type { CallRecord } from "../aws/call-log";
import { actionOf } from "../aws/iam/actions";

const ROOT = resolve(__dirname, "../..");
const RECORDING = join(ROOT, "test/permissions/recorded-calls.json");

/** How AWS refuses what nobody granted, by protocol. */
const DENIED = ["UnauthorizedOperation", "AccessDenied", "AccessDeniedException"];

/** Role without its environment → IAM actions. */
type Recording = Readonly<Record<string, readonly string[]>>;

export interface Told {
  readonly calls: Recording;
  /** `role action`. */
  readonly denied: readonly string[];
}

/** The calls of one log; lines of other kinds are skipped, so are people's calls and those of nobody. */
export function readCalls(log: string, env: string): Told {
  const calls = new Map<string, Set<string>>();
  const denied = new Set<string>();
  for (const line of log.split("\n")) {
    const record = parseRecord(line);
    const [, role] = new RegExp(`^ha-nat-${env}-([^/]+)/`).exec(record?.principal ?? "") ?? [];
    if (record === undefined || role === undefined) continue;
    const action = actionOf(record);
    if (DENIED.includes(record.errorCode ?? "")) denied.add(`${role} ${action}`);
    else calls.set(role, (calls.get(role) ?? new Set()).add(action));
  }
  return { calls: Object.fromEntries([...calls].map(([role, actions]) => [role, [...actions]])), denied: [...denied] };
}

/** Sorted, so that the file changes only with what was called. */
export function unite(recordings: readonly Recording[]): Recording {
  const roles = [...new Set(recordings.flatMap((recording) => Object.keys(recording)))].sort();
  return Object.fromEntries(roles.map((role) => [role, [...new Set(recordings.flatMap((one) => one[role] ?? []))].sort()]));
}

function parseRecord(line: string): CallRecord | undefined {
  if (!line.startsWith('{"service":')) return undefined;
  try {
    return JSON.parse(line) as CallRecord;
  } catch {
    // The last line of a lab that was killed may be half a line.
    return undefined;
  }
}

function main(): void {
  const { fresh = false } = parseArgs({ options: { fresh: { type: "boolean" } } }).values;
  const labs = existsSync(join(ROOT, ".lab")) ? readdirSync(join(ROOT, ".lab")) : [];
  const told = labs.flatMap((env) => {
    const log = join(ROOT, ".lab", env, "logs/holder.log");
    return existsSync(log) ? [readCalls(readFileSync(log, "utf8"), env)] : [];
  });
  if (told.length === 0) throw new Error(".lab has no log of a lab; bring one up first: npm run lab -- up");
  const before = !fresh && existsSync(RECORDING) ? [JSON.parse(readFileSync(RECORDING, "utf8")) as Recording] : [];
  writeFileSync(RECORDING, `${JSON.stringify(unite([...before, ...told.map(({ calls }) => calls)]), null, 2)}\n`);
  const denied = told.flatMap((one) => one.denied);
  for (const call of denied) process.stderr.write(`denied: ${call}\n`);
  process.exitCode = denied.length === 0 ? 0 : 1;
}

if (require.main === module) main();
