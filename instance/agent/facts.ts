import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
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
  /** Resolves with `nft --terse list table` of ours: the one process that is started for a reading. */
  readonly listing: () => Promise<string>;
  /** Text of a file of /proc or of the run directory; throws when there is none. */
  readonly read: (path: string) => string;
  readonly runDir: string;
  readonly now: () => number;
}

const run = promisify(execFile);
const NFT_TIMEOUT_MS = 5_000;

export function machineSources(runDir: string, now: () => number): FactsSources {
  const options = { timeout: NFT_TIMEOUT_MS, maxBuffer: 8 << 20 };
  return {
    listing: async () => (await run("nft", ["--terse", "list", "table", "ip", NFT_TABLE], options)).stdout,
    // Kernel memory and tmpfs, ~10 µs each; through the thread pool the same reads cost twenty times the CPU.
    read: (path) => readFileSync(path, "utf8"),
    runDir,
    now,
  };
}

export async function readFacts(sources: FactsSources): Promise<Facts> {
  const faults: string[] = [];
  const attempt = async <T>(what: string, reader: () => T | Promise<T>, otherwise: T): Promise<T> => {
    try {
      return await reader();
    } catch (error) {
      faults.push(`${what} cannot be read: ${words(error).split("\n", 2).join(" ").slice(0, 200)}`);
      return otherwise;
    }
  };
  const noTable = { ruleset: { ok: false, digest: "", expected: "" }, counters: {} };
  const { ruleset, counters } = await attempt("ruleset", () => readTable(sources), noTable);
  const sysctls = await attempt("sysctls", () => readSysctls(sources), { ok: false, wrong: [] });
  const conntrack = await attempt("conntrack", () => readConntrack(sources), { count: 0, max: 0, insertFailed: 0, drop: 0 });
  return { readAt: sources.now(), ruleset, sysctls, conntrack, counters, faults };
}

/** Same digest as `ruleset_digest` of lib/common.sh: the counters' values are no part of it. */
async function readTable({ listing, read, runDir }: FactsSources): Promise<Pick<Facts, "ruleset" | "counters">> {
  const expected = read(join(runDir, "ruleset.sha256")).trim();
  const text = await listing();
  const stateless = text.replace(/packets \d+ bytes \d+/g, "packets bytes").replace(/\n+$/, "");
  const digest = createHash("sha256").update(`${stateless}\n`).digest("hex");
  return { ruleset: { ok: digest === expected, digest, expected }, counters: parseCounters(text) };
}

function parseCounters(listing: string): Healthz["counters"] {
  const found = listing.matchAll(/^\s*counter (\S+) \{[^}]*?packets (\d+) bytes (\d+)/gm);
  return Object.fromEntries(
    [...found].map(([, name = "", packets, bytes]) => [name, { packets: Number(packets), bytes: Number(bytes) }] as const),
  );
}

/** Compares /proc/sys with what nat-up applied: lines `net/ipv4/ip_forward=1`. */
function readSysctls({ read, runDir }: FactsSources): Healthz["sysctls"] {
  const lines = read(join(runDir, "sysctls"))
    .split("\n")
    .filter((line) => line !== "");
  const valueOf = (path: string) => {
    try {
      return read(`/proc/sys/${path}`).trim();
    } catch {
      return "absent";
    }
  };
  const wrong = lines.flatMap((line) => {
    const [path = "", value = ""] = line.split("=", 2);
    const now = valueOf(path);
    return now === value ? [] : [`${path} is ${now}, must be ${value}`];
  });
  return { ok: lines.length > 0 && wrong.length === 0, wrong };
}

function readConntrack({ read }: FactsSources): Healthz["conntrack"] {
  const number = (name: string) => Number(read(`/proc/sys/net/netfilter/${name}`).trim());
  return { count: number("nf_conntrack_count"), max: number("nf_conntrack_max"), ...readConntrackStat(read) };
}

/** Zeros on a kernel without CONFIG_NF_CONNTRACK_PROCFS: two metrics less are no reason to call every NAT of an image unhealthy. */
function readConntrackStat(read: FactsSources["read"]): ReturnType<typeof sumConntrackStat> {
  try {
    return sumConntrackStat(read("/proc/net/stat/nf_conntrack"));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return { insertFailed: 0, drop: 0 };
    throw error;
  }
}

/** `/proc/net/stat/nf_conntrack`: a line of names, then a line of hexadecimal counts per CPU. */
export function sumConntrackStat(text: string): Omit<Healthz["conntrack"], "count" | "max"> {
  const [names = [], ...cpus] = text
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/));
  const sum = (name: string) => {
    const column = names.indexOf(name);
    if (column < 0) throw new Error(`/proc/net/stat/nf_conntrack has no column ${name}`);
    return cpus.reduce((total, cpu) => total + Number.parseInt(cpu[column] ?? "0", 16), 0);
  };
  return {
    insertFailed: sum("insert_failed"),
    drop: sum("drop"),
    earlyDrop: sum("early_drop"),
    // What `conntrack -S` calls chaintoolong.
    ...(names.includes("chainlength") ? { chainTooLong: sum("chainlength") } : {}),
  };
}
