import { HELD_PORT, holdConnections } from "./holding";
import type { BenchOptions, PartResult } from "./model";
import { Path } from "./network";
import { applyOurs } from "./rulesets";

const WANTED = 120_000;
const RATE = 12_000;

/** How many connections the table of this machine, as it is now, carries at once. */
export async function benchCeiling(options: BenchOptions): Promise<PartResult> {
  const path = await Path.create("ceiling", options);
  try {
    await applyOurs(path, { addresses: 2, selection: "flow" });
    await path.serve("server", "serve", HELD_PORT, WANTED / 12_000);
    const held = await holdConnections(path, { count: WANTED, rate: RATE, patienceSeconds: 4 });
    const fact = (name: string, value: number) => ({ of: options.setting ?? "as it is", name, value, unit: "" });
    const facts = [
      fact("buckets", await path.counter("nat", "nf_conntrack_buckets")),
      fact("max", await path.counter("nat", "nf_conntrack_max")),
      fact(`alive of ${WANTED.toLocaleString("en-US")} wanted`, await held.alive()),
    ];
    return { part: "ceiling", measured: [], comparisons: [], facts, skipped: [] };
  } finally {
    await path.close();
  }
}
