import { available } from "./needs";
import type { BenchOptions, Comparison, Measured, PartResult } from "./model";
import type { Service } from "./network";
import { Path } from "./network";
import { RULESETS } from "./rulesets";
import type { Ruleset } from "./rulesets";
import { interleaved, median } from "./statistics";
import type { Workload } from "./workloads";
import { WORKLOADS } from "./workloads";

/** Every path is measured this often for one value of a round, in alternating order. */
const SLICES = 4;
const GOAL = 0.97;

const COMPARISONS: readonly Comparison[] = [
  { subject: "masquerade", base: "forward" },
  { subject: "ours", base: "forward" },
  { subject: "ours", base: "masquerade" },
  { subject: "ours", base: "fck-nat", goal: GOAL },
  { subject: "ours", base: "alternat", goal: GOAL },
];

/** A rule set on a path that is up. */
export interface Subject {
  readonly name: string;
  readonly path: Path;
  /** Waits until nothing of a measurement is still being worked on. */
  readonly settle?: () => Promise<void>;
}

/** `say` tells a person how far it is. */
export async function benchDataPlane(options: BenchOptions, say: (text: string) => void): Promise<PartResult> {
  const rulesets = available(RULESETS, options.rulesets);
  const workloads = available(WORKLOADS, options.workloads);
  const values = new Map<string, Measured>();
  for (let round = 0; round < options.rounds; round++) {
    say(`round ${round + 1} of ${options.rounds}`);
    const subjects = await Promise.all(rulesets.found.map((ruleset) => raise(ruleset, options, round)));
    try {
      for (const workload of workloads.found)
        append(values, workload.name, await measureRound(workload, subjects, options.seconds, round));
    } finally {
      for (const { path } of subjects) await path.close();
    }
  }
  return {
    part: "data-plane",
    measured: [...values.values()],
    comparisons: COMPARISONS,
    facts: [],
    skipped: [...rulesets.skipped, ...workloads.skipped],
  };
}

async function raise(ruleset: Ruleset, options: BenchOptions, round: number): Promise<Subject> {
  const path = await Path.create(`${ruleset.name}-${round}`, options);
  await ruleset.apply(path);
  return { name: ruleset.name, path };
}

/** One value for each subject: the median of short measurements that alternate between all of them. */
export async function measureRound(
  workload: Workload,
  subjects: readonly Subject[],
  seconds: number,
  round: number,
): Promise<ReadonlyMap<string, number>> {
  const services: Service[] = [];
  const seen = new Map<string, number[]>(subjects.map(({ name }) => [name, []]));
  try {
    for (const { path } of subjects) services.push(...(await workload.prepare(path)));
    // Neighbours, routes and caches are found once, outside of what counts.
    for (const { path } of subjects) await workload.measure(path, Math.min(0.05, seconds));
    for (let slice = 0; slice < SLICES; slice++) {
      for (const { name, path, settle } of interleaved(subjects, round * SLICES + slice)) {
        seen.get(name)?.push(await workload.measure(path, seconds));
        await path.forgetFlows();
        await settle?.();
      }
    }
  } finally {
    await Promise.all(services.map((service) => service.stop()));
  }
  return new Map([...seen].map(([name, found]) => [name, median(found)]));
}

export function append(all: Map<string, Measured>, workload: string, round: ReadonlyMap<string, number>): void {
  for (const [subject, value] of round) {
    const key = `${workload}\n${subject}`;
    const before = all.get(key)?.values ?? [];
    all.set(key, { workload, subject, values: [...before, value] });
  }
}
