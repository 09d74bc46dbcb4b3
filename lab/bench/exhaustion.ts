import { join } from "node:path";
import type { Held } from "./holding";
import { HELD_PORT, holdConnections } from "./holding";
import type { BenchOptions, Fact, PartResult } from "./model";
import { NET, Path } from "./network";
import type { Ours } from "./rulesets";
import { applyOurs } from "./rulesets";

/** As the kernel counts: 1024–65535. */
const PORTS = 64_512;
/** For each address: flows are spread by a hash, and the last address must get its share. */
const BEYOND = 2000;
/** SYNs a second: what the two cores carry without losing any. */
const RATE = 12_000;

interface Case extends Ours {
  readonly name: string;
  readonly wanted: number;
  readonly agent: boolean;
}

const CASES: readonly Case[] = [
  { name: "1 address", addresses: 1, selection: "client", wanted: PORTS + BEYOND, agent: true },
  { name: "1 address, agent dead", addresses: 1, selection: "client", wanted: PORTS + BEYOND, agent: false },
  { name: "2 addresses, by flow", addresses: 2, selection: "flow", wanted: 2 * (PORTS + BEYOND), agent: true },
  { name: "4 addresses, by flow", addresses: 4, selection: "flow", wanted: 4 * (PORTS + BEYOND), agent: true },
];

/** How many connections to one destination are alive at once, and what the next client is told. */
export async function benchExhaustion(options: BenchOptions, say: (text: string) => void): Promise<PartResult> {
  const facts: Fact[] = [];
  const skipped: string[] = [];
  for (const one of CASES) {
    say(one.name);
    const path = await Path.create("ports", options);
    try {
      const max = await path.counter("nat", "nf_conntrack_max");
      if (max < one.wanted * 0.98)
        skipped.push(`${one.name}: the table of this machine holds ${max} flows, ${one.wanted} are needed`);
      else facts.push(...(await exhaust(path, one)));
    } finally {
      await path.close();
    }
  }
  return { part: "exhaustion", measured: [], comparisons: [], facts, skipped };
}

async function exhaust(path: Path, one: Case): Promise<readonly Fact[]> {
  await applyOurs(path, one);
  await path.serve("server", "serve", HELD_PORT, Math.ceil(one.wanted / 12_000));
  if (one.agent) await startWatch(path, one);
  const failedBefore = await insertFailed(path);
  const held = await holdConnections(path, { count: one.wanted, rate: RATE, patienceSeconds: 6 });
  const newcomers = await holdConnections(path, { count: 200, rate: 200, patienceSeconds: 3, firstClient: 29 });
  // A program that was refused tries again.
  const again = await holdConnections(path, { count: BEYOND * one.addresses, rate: 500, patienceSeconds: 3, firstClient: 28 });
  const fact = (name: string, value: number, unit = ""): Fact => ({ of: one.name, name, value, unit });
  return [
    fact("wanted", one.wanted),
    fact("alive", await held.alive()),
    fact("alive when the refused have tried once more", await aliveOf(held, newcomers, again)),
    ...answers(fact, held, newcomers),
    fact("counter ports_exhausted", await exhausted(path)),
    fact("insert_failed", (await insertFailed(path)) - failedBefore),
  ];
}

async function aliveOf(...held: readonly Held[]): Promise<number> {
  return (await Promise.all(held.map(({ alive }) => alive()))).reduce((sum, alive) => sum + alive, 0);
}

function answers(fact: (name: string, value: number, unit?: string) => Fact, held: Held, newcomers: Held): readonly Fact[] {
  return [
    fact("refused", held.refused),
    fact("unanswered", held.unanswered),
    fact("refused after, worst", held.refusedAfterMaxMs, "ms"),
    fact("200 newcomers: opened", newcomers.opened),
    fact("refused", newcomers.refused, "of newcomers"),
    fact("unanswered", newcomers.unanswered, "of newcomers"),
    fact("refused after, median", newcomers.refusedAfterP50Ms, "ms, newcomers"),
  ];
}

/** The agent's own port watch, alone. */
async function startWatch(path: Path, { addresses }: Case): Promise<void> {
  const program = join(path.options.root, "lab/bench/programs/port-watch.ts");
  await path.start("nat", [process.execPath, "--import", "tsx", program, path.options.root, ...NET.snat.slice(0, addresses)]);
}

async function exhausted(path: Path): Promise<number> {
  const listing = await path.exec("nat", ["nft", "-j", "list", "counters", "table", "ip", "ha_nat"]);
  type Listed = { readonly counter?: { readonly name: string; readonly packets: number } };
  const { nftables } = JSON.parse(listing) as { readonly nftables: readonly Listed[] };
  return nftables.reduce(
    (sum, { counter }) => sum + (counter?.name.startsWith("ports_exhausted_") === true ? counter.packets : 0),
    0,
  );
}

async function insertFailed(path: Path): Promise<number> {
  const text = await path.exec("nat", ["conntrack", "-S"]);
  return [...text.matchAll(/insert_failed=(\d+)/g)].reduce((sum, [, count]) => sum + Number(count), 0);
}
