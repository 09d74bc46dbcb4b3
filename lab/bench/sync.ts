import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { spawn } from "node:child_process";
import { inNamespace } from "../world/namespaces";
import { append, measureRound } from "./data-plane";
import type { BenchOptions, Comparison, Fact, Measured, PartResult } from "./model";
import { available, isMachineRoot } from "./needs";
import type { Service } from "./network";
import { NET, Path } from "./network";
import { percentile } from "./statistics";
import type { Pair, SyncSystem } from "./sync-systems";
import { SYNC_SYSTEMS, until } from "./sync-systems";
import { connections, startConnectServer, WORKLOADS } from "./workloads";

const COMPARISONS: readonly Comparison[] = [
  { subject: "ours, all", base: "ours without sync", goals: { "new TCP connections": 0.7, "packets, 1000 flows": 0.97 } },
  { subject: "ours, long-lived", base: "ours without sync" },
  { subject: "conntrackd", base: "ours without sync" },
  { subject: "ours, all", base: "conntrackd" },
];
const COMPARED = ["new TCP connections", "packets, 1000 flows"];
/** New connections a second, and for how long. */
const RATES = [1000, 5000, 10_000];
const LOAD_SECONDS = 3;
/** What has not come so long after the load is missing. */
const PATIENCE_MS = 2000;
const SWEPT_FLOWS = 200_000;
/** Two sweeps and what they cost to the last entry; then from the beginning of one to that of the next but one. */
const SETTLE_MS = 35_000;
const MEASURED_SWEEPS = 2;
const SWEEP_DEADLINE_MS = 60_000;
/** A sweep works, and rests for many times as long; shares of a core, looked at so often. */
const LOOK_MS = 250;
const RESTS_BELOW = 0.1;
const WORKS_ABOVE = 0.4;
const TICKS_PER_SECOND = 100;

export async function benchSync(options: BenchOptions, say: (text: string) => void): Promise<PartResult> {
  const { found, skipped } = available(SYNC_SYSTEMS, options.rulesets);
  const measured = await compare(options, found, say);
  const facts: Fact[] = [];
  for (const system of found.filter(({ name }) => name === "ours, all" || name === "conntrackd")) {
    for (const rate of RATES) {
      say(`${system.name}: ${rate} new connections/s`);
      facts.push(...(await withPair(options, system, (path, pair) => underLoad(path, pair, system, rate))));
    }
  }
  const ours = found.find(({ name }) => name === "ours, all");
  if (ours !== undefined && options.rounds > 1) {
    say(`${ours.name}: sweeps of ${SWEPT_FLOWS} flows`);
    facts.push(...(await withPair(options, ours, sweeping)));
  }
  return { part: "sync", measured, comparisons: COMPARISONS, facts, skipped: [...skipped, ...handicap(found)] };
}

/** A daemon that cannot have what it is configured for is not compared in silence. */
function handicap(systems: readonly SyncSystem[]): readonly string[] {
  const hasIt = systems.some(({ name }) => name === "conntrackd");
  return isMachineRoot() || !hasIt ? [] : ["larger socket buffers for conntrackd: only root may have them"];
}

async function compare(
  options: BenchOptions,
  systems: readonly SyncSystem[],
  say: (text: string) => void,
): Promise<readonly Measured[]> {
  const values = new Map<string, Measured>();
  for (let round = 0; round < options.rounds; round++) {
    say(`round ${round + 1} of ${options.rounds}`);
    const pairs = await Promise.all(systems.map((system, index) => raise(options, system, `s${index}-${round}`)));
    const subjects = pairs.map(({ system, path, pair }) => ({ name: system.name, path, settle: () => calm(pair) }));
    try {
      for (const workload of WORKLOADS.filter(({ name }) => COMPARED.includes(name))) {
        append(values, workload.name, await measureRound(workload, subjects, options.seconds, round));
      }
    } finally {
      for (const { path } of pairs) await path.close();
    }
  }
  return [...values.values()];
}

async function raise(options: BenchOptions, system: SyncSystem, name: string) {
  const path = await Path.create(name, options, true);
  return { system, path, pair: await system.start(path) };
}

let pairs = 0;

async function withPair<T>(options: BenchOptions, system: SyncSystem, work: (path: Path, pair: Pair) => Promise<T>): Promise<T> {
  // A killed conntrackd leaves its lock and its socket behind.
  const { path, pair } = await raise(options, system, `pair-${pairs++}`);
  try {
    if (pair === undefined) throw new Error(`${system.name} synchronises nothing`);
    return await work(path, pair);
  } finally {
    await path.close();
  }
}

/** Microseconds of CPU that a process has used, all of its threads. */
function cpuMicroseconds({ pid }: Service): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return ((Number(fields[11]) + Number(fields[12])) * 1e6) / TICKS_PER_SECOND;
}

/** What one system still has to do must not be paid by the next one that is measured. */
async function calm(pair: Pair | undefined): Promise<void> {
  if (pair === undefined) return;
  let last = -1;
  await until("synchronisation comes to rest", async () => {
    const used = cpuMicroseconds(pair.active) + cpuMicroseconds(pair.standby);
    const isCalm = used - last < 20_000;
    last = used;
    return isCalm;
  });
}

async function underLoad(path: Path, pair: Pair, system: SyncSystem, rate: number): Promise<readonly Fact[]> {
  await startConnectServer(path);
  const heard = { active: await listen(path, "nat", system.announcedBy), standby: await listen(path, "standby", 1) };
  const before = [cpuMicroseconds(pair.active), cpuMicroseconds(pair.standby)];
  pair.held?.();
  const { done } = await connections(path, LOAD_SECONDS, rate);
  const copied = async (): Promise<boolean> => [...heard.active.keys()].every((key) => heard.standby.has(key));
  const deadline = Date.now() + PATIENCE_MS;
  await until("copies", async () => Date.now() > deadline || (await copied()));
  const lags = [...heard.active].flatMap(([key, at]) => {
    const there = heard.standby.get(key);
    return there === undefined ? [] : [1000 * (there - at)];
  });
  const fact = (name: string, value: number, unit = ""): Fact => ({
    of: `${system.name}, ${rate}/s`,
    name,
    value: Number(value.toFixed(2)),
    unit,
  });
  const each = (service: Service, from = 0): number => Math.round((cpuMicroseconds(service) - from) / Math.max(1, done));
  return [
    fact("connections", done),
    fact("announced", heard.active.size),
    fact("missing", heard.active.size - lags.length),
    fact("lag p50", lags.length === 0 ? NaN : percentile(lags, 0.5), "ms"),
    fact("lag p99", lags.length === 0 ? NaN : percentile(lags, 0.99), "ms"),
    fact("active", each(pair.active, before[0]), "µs CPU a connection"),
    fact("standby", each(pair.standby, before[1]), "µs CPU a connection"),
    ...loopFacts(pair, fact),
  ];
}

/** First time of each flow that a kernel tells of, seconds of the clock that all namespaces share. */
async function listen(path: Path, role: "nat" | "standby", group: 1 | 2): Promise<Map<string, number>> {
  const times = new Map<string, number>();
  const argv = inNamespace(path.namespace(role), [path.options.load, "events", String(group)]);
  const child = spawn(argv[0] ?? "", argv.slice(1), { stdio: ["ignore", "pipe", "inherit"] });
  path.keep(child);
  await new Promise<void>((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`the listener in ${role} ended with ${code}`)));
    createInterface(child.stdout).on("line", (line) => {
      if (line === "ready") return resolve();
      const cut = line.lastIndexOf(" ");
      const key = line.slice(0, cut);
      if (cut > 0 && !times.has(key)) times.set(key, Number(line.slice(cut + 1)));
    });
  });
  return times;
}

async function sweeping(path: Path, pair: Pair): Promise<readonly Fact[]> {
  await path.exec("nat", ["conntrack", "-R", writeFlows(path)]);
  const fact = (name: string, value: number, unit = ""): Fact => ({ of: `sweeps, ${SWEPT_FLOWS} flows`, name, value, unit });
  await pause(SETTLE_MS);
  await sweepBegins(pair);
  pair.held?.();
  const from = { at: Date.now(), active: cpuMicroseconds(pair.active), standby: cpuMicroseconds(pair.standby) };
  for (let n = 0; n < MEASURED_SWEEPS; n++) await sweepBegins(pair);
  const tookMs = Date.now() - from.at;
  const share = (end: "active" | "standby"): number =>
    Number(((cpuMicroseconds(pair[end]) - from[end]) / (tookMs * 10)).toFixed(1));
  return [
    fact("on the active", await path.counter("nat", "nf_conntrack_count")),
    fact("on the standby", await path.counter("standby", "nf_conntrack_count")),
    fact("active", share("active"), "% of a core"),
    fact("standby", share("standby"), "% of a core"),
    ...loopFacts(pair, fact),
  ];
}

async function sweepBegins({ active }: Pair): Promise<void> {
  let [at, used, hasRested] = [Date.now(), cpuMicroseconds(active), false];
  const begins = async (): Promise<boolean> => {
    const passedMs = Date.now() - at;
    if (passedMs < LOOK_MS) return false;
    const now = cpuMicroseconds(active);
    const share = (now - used) / (passedMs * 1000);
    [at, used] = [Date.now(), now];
    hasRested ||= share < RESTS_BELOW;
    return hasRested && share > WORKS_ABOVE;
  };
  await until("the active's next sweep", begins, SWEEP_DEADLINE_MS);
}

function loopFacts(pair: Pair, fact: (name: string, value: number, unit: string) => Fact): readonly Fact[] {
  return Object.entries(pair.held?.() ?? {}).flatMap(([end, { loop, cpu }]) => [
    fact(`${end}, loop held`, loop, "ms"),
    ...(cpu === undefined ? [] : [fact(`${end}, loop held by itself`, cpu, "ms CPU")]),
  ]);
}

/** Established flows as `conntrack -R` reads them: more than sockets could make. */
function writeFlows(path: Path): string {
  const file = join(path.folder, "flows");
  const each = SWEPT_FLOWS / 16;
  const lines = Array.from({ length: SWEPT_FLOWS }, (_, n) => {
    const port = 1024 + (n % each);
    const remote = `198.18.0.${1 + Math.floor(n / each)}`;
    const original = `-s ${NET.client} -d ${remote} --sport ${port} --dport 443`;
    const reply = `-r ${remote} -q ${NET.snat[0]} --reply-port-src 443 --reply-port-dst ${port}`;
    return `-A -p tcp ${original} ${reply} -n ${NET.snat[0]} --state ESTABLISHED -u SEEN_REPLY,ASSURED -t 3600`;
  });
  writeFileSync(file, `${lines.join("\n")}\n`);
  return file;
}
