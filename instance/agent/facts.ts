import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Healthz } from "../../contract/healthz";
import { NFT_TABLE } from "../../contract/nat-config";
import { words } from "./log";

/** What the kernel says of this NAT, read at one time. A reader that failed leaves its sentence in `faults`. */
export interface Facts {
  /** Milliseconds of the monotonic clock. */
  readonly readAt: number;
  readonly ruleset: Healthz["ruleset"];
  readonly sysctls: Healthz["sysctls"];
  readonly conntrack: Healthz["conntrack"];
  readonly counters: Healthz["counters"];
  readonly faults: readonly string[];
}

export interface FactsSources {
  /** Runs nft and resolves with what it prints. */
  readonly nft: (...args: string[]) => Promise<string>;
  /** Resolves with a file's text. */
  readonly read: (path: string) => Promise<string>;
  readonly runDir: string;
  readonly now: () => number;
}

const run = promisify(execFile);
const NFT_TIMEOUT_MS = 5_000;

export function machineSources(runDir: string, now: () => number): FactsSources {
  return {
    nft: async (...args) => (await run("nft", args, { timeout: NFT_TIMEOUT_MS, maxBuffer: 8 << 20 })).stdout,
    read: (path) => readFile(path, "utf8"),
    runDir,
    now,
  };
}

export async function readFacts(sources: FactsSources): Promise<Facts> {
  const faults: string[] = [];
  const attempt = async <T>(what: string, reader: Promise<T>, otherwise: T): Promise<T> =>
    reader.catch((error: unknown) => {
      faults.push(`${what} cannot be read: ${words(error).split("\n", 2).join(" ").slice(0, 200)}`);
      return otherwise;
    });
  const [ruleset, sysctls, conntrack, counters] = await Promise.all([
    attempt("ruleset", readRuleset(sources), { ok: false, digest: "", expected: "" }),
    attempt("sysctls", readSysctls(sources), { ok: false, wrong: [] }),
    attempt("conntrack", readConntrack(sources), { count: 0, max: 0, insertFailed: 0, drop: 0 }),
    attempt("counters", readCounters(sources), {}),
  ]);
  return { readAt: sources.now(), ruleset, sysctls, conntrack, counters, faults: faults.sort() };
}

/** Same listing and same digest as `ruleset_digest` of lib/common.sh. */
async function readRuleset({ nft, read, runDir }: FactsSources): Promise<Healthz["ruleset"]> {
  const expected = (await read(join(runDir, "ruleset.sha256"))).trim();
  const listing = await nft("--stateless", "--terse", "list", "table", "ip", NFT_TABLE);
  const digest = createHash("sha256")
    .update(`${listing.replace(/\n+$/, "")}\n`)
    .digest("hex");
  return { ok: digest === expected, digest, expected };
}

/** Compares /proc/sys with what nat-up applied: lines `net/ipv4/ip_forward=1`. */
async function readSysctls({ read, runDir }: FactsSources): Promise<Healthz["sysctls"]> {
  const lines = (await read(join(runDir, "sysctls"))).split("\n").filter((line) => line !== "");
  const wrong = await Promise.all(
    lines.map(async (line) => {
      const [path = "", value = ""] = line.split("=", 2);
      const now = (await read(`/proc/sys/${path}`).catch(() => "absent")).trim();
      return now === value ? [] : [`${path} is ${now}, must be ${value}`];
    }),
  );
  return { ok: lines.length > 0 && wrong.flat().length === 0, wrong: wrong.flat() };
}

async function readConntrack({ read }: FactsSources): Promise<Healthz["conntrack"]> {
  const number = async (name: string) => Number((await read(`/proc/sys/net/netfilter/${name}`)).trim());
  const [count, max, stat] = await Promise.all([
    number("nf_conntrack_count"),
    number("nf_conntrack_max"),
    read("/proc/net/stat/nf_conntrack"),
  ]);
  return { count, max, ...sumConntrackStat(stat) };
}

/** `/proc/net/stat/nf_conntrack`: a line of names, then a line of hexadecimal counts per CPU. */
export function sumConntrackStat(text: string): { readonly insertFailed: number; readonly drop: number } {
  const [names = [], ...cpus] = text
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/));
  const sum = (name: string) => {
    const column = names.indexOf(name);
    if (column < 0) throw new Error(`/proc/net/stat/nf_conntrack has no column ${name}`);
    return cpus.reduce((total, cpu) => total + Number.parseInt(cpu[column] ?? "0", 16), 0);
  };
  return { insertFailed: sum("insert_failed"), drop: sum("drop") };
}

interface ListedCounter {
  readonly counter?: { readonly name: string; readonly packets: number; readonly bytes: number };
}

async function readCounters({ nft }: FactsSources): Promise<Healthz["counters"]> {
  const listing = JSON.parse(await nft("-j", "list", "counters", "table", "ip", NFT_TABLE)) as {
    readonly nftables: readonly ListedCounter[];
  };
  const found = listing.nftables.flatMap(({ counter }) => (counter === undefined ? [] : [counter]));
  return Object.fromEntries(found.map(({ name, packets, bytes }) => [name, { packets, bytes }]));
}
