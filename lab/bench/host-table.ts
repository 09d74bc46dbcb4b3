import { spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants, readFileSync } from "node:fs";
import { join } from "node:path";
import { inSandbox } from "./launch";
import type { BenchOptions, PartResult } from "./model";

const FOLDER = "/proc/sys/net/netfilter";

interface TableSize {
  readonly buckets: number;
  readonly max: number;
}

/** MemTotal of the machine that is meant. */
const RAM = 512 * 2 ** 20;
/** The kernel's own (nf_conntrack_init_start), and what bin/nat-up makes of the same memory. */
const KERNEL: TableSize = { buckets: RAM / 16_384 / 8, max: RAM / 16_384 / 8 };
const ENTRIES = Math.floor(RAM / 4 / (384 + 8 / 2));
const OURS: TableSize = { buckets: Math.floor(ENTRIES / 2), max: ENTRIES };

const SETTINGS: Readonly<Record<string, TableSize>> = {
  "512 MiB, the kernel's table": KERNEL,
  "512 MiB, sized by nat-up": OURS,
};

/** Runs the part once for each size of the table. The machine has its own size back before this returns, or dies. */
export async function benchTableSizes(options: BenchOptions): Promise<PartResult> {
  const why = whyNot();
  const none: PartResult = { part: options.part, measured: [], comparisons: [], facts: [], skipped: [] };
  if (why !== undefined) return { ...none, skipped: [why] };
  const facts = [];
  for (const [setting, size] of Object.entries(SETTINGS)) {
    const restore = await resize(options.root, size);
    try {
      facts.push(...(await inSandbox({ ...options, setting })).facts);
    } finally {
      await restore();
    }
  }
  return { ...none, facts };
}

function whyNot(): string | undefined {
  try {
    for (const name of ["nf_conntrack_buckets", "nf_conntrack_max"]) accessSync(`${FOLDER}/${name}`, constants.W_OK);
    return undefined;
  } catch {
    return "the size of the connection table is the machine's: run as root, outside of containers and namespaces";
  }
}

function sizeNow(): string {
  return ["nf_conntrack_buckets", "nf_conntrack_max"].map((name) => readFileSync(`${FOLDER}/${name}`, "utf8").trim()).join(" ");
}

/** A process of its own holds the size, in a session of its own: it puts the old one back even when we are killed. */
async function resize(root: string, { buckets, max }: TableSize): Promise<() => Promise<void>> {
  const before = sizeNow();
  const child = spawn(join(root, "lab/bench/bin/host-table"), [String(buckets), String(max)], {
    detached: true,
    stdio: ["pipe", "pipe", "inherit"],
  });
  const ended = once(child, "exit");
  await Promise.race([once(child.stdout, "data"), ended]);
  if (child.exitCode !== null) throw new Error(`host-table ended with ${child.exitCode}; its words are above`);
  return async () => {
    child.stdin.end();
    await ended;
    if (sizeNow() !== before)
      throw new Error(`the connection table has ${sizeNow()} buckets and entries, not ${before} as before`);
  };
}
