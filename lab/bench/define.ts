import type { Command } from "commander";
import { PARTS } from "./model";
import type { BenchRequest } from "./verb";
import { benchVerb } from "./verb";

type Flags = Omit<BenchRequest, "root" | "parts" | "json" | "write" | "workloads" | "rulesets"> & {
  readonly json?: boolean;
  readonly write?: boolean;
  readonly workload: readonly string[];
  readonly ruleset: readonly string[];
};

type NumberOf = (low: number, high: number) => (text: string) => number;

const more = (name: string, before: readonly string[]): readonly string[] => [...before, name];

/** `lab bench [PART...]`. */
export function defineBench(program: Command, root: string, number: NumberOf): void {
  program
    .command("bench")
    .description("measure the data plane against other rule sets, interleaved, as ratios (needs no lab)")
    .argument("[part...]", `${PARTS.join(", ")} (default: all)`)
    .option("--rounds <count>", "measurements of each, and ratios of each pair", number(1, 50), 5)
    .option("--seconds <seconds>", "length of one measurement", number(0.05, 10), 0.2)
    .option("--workload <name>", "only this one; may be repeated", more, [])
    .option("--ruleset <name>", "only this one; may be repeated", more, [])
    .option("--write", "into docs/reference/bench.md and .json")
    .option("--json", "data for machines on stdout")
    .action(async (parts: readonly string[], { json = false, write = false, workload, ruleset, rounds, seconds }: Flags) => {
      await benchVerb({ root, json, write, parts, rounds, seconds, workloads: workload, rulesets: ruleset });
    });
}
