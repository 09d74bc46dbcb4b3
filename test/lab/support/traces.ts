import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { startTicks } from "../../../lab/cli/runs";

/** What a lab has on this machine: its processes, and the namespaces that they are in. */
export interface Traces {
  /** `<pid>:<start time>`. */
  readonly processes: readonly string[];
  readonly namespaces: readonly string[];
}

/** Everything below a process. */
export function tracesOf(pid: number): Traces {
  const parents = new Map(allProcesses().map((candidate) => [candidate, parentOf(candidate)]));
  const isBelow = (candidate: number): boolean => {
    for (let at: number | undefined = candidate; at !== undefined && at > 1; at = parents.get(at)) if (at === pid) return true;
    return false;
  };
  const below = [...parents.keys()].filter(isBelow);
  const own = new Set(namespacesOf(process.pid));
  const namespaces = new Set(below.flatMap(namespacesOf).filter((name) => !own.has(name)));
  return { processes: below.map((found) => `${found}:${startTicks(found)}`), namespaces: [...namespaces] };
}

/** What of it is still there. */
export function remaining(traces: Traces): Traces {
  const alive = new Set(allProcesses().map((pid) => `${pid}:${startTicks(pid)}`));
  const inUse = new Set(allProcesses().flatMap(namespacesOf));
  return {
    processes: traces.processes.filter((found) => alive.has(found)),
    namespaces: traces.namespaces.filter((name) => inUse.has(name)),
  };
}

function allProcesses(): readonly number[] {
  return readdirSync("/proc")
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && startTicks(pid) !== undefined);
}

function parentOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  } catch {
    return undefined;
  }
}

function namespacesOf(pid: number): readonly string[] {
  return ["net", "mnt", "pid", "user"].flatMap((kind) => {
    try {
      return [readlinkSync(`/proc/${pid}/ns/${kind}`)];
    } catch {
      return [];
    }
  });
}
