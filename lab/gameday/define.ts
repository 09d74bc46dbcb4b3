import type { Command } from "commander";
import { VOIDS_REPEATED } from "./judge";
import { gamedayVerb } from "./verb";

interface Flags {
  readonly env: string;
  readonly faults?: string;
  readonly times: number;
  readonly connections: number;
  readonly voids: number;
  readonly latency?: string;
  readonly json?: boolean;
  readonly write?: boolean;
}

type NumberOf = (low: number, high: number) => (text: string) => number;

/** `lab gameday`. */
export function defineGameday(program: Command, root: string, number: NumberOf): void {
  program
    .command("gameday")
    .description("play every fault with a fresh crowd of connections, and judge (brings a lab up unless one is)")
    .option("--env <env>", "environment", "prod")
    .option("--faults <names>", "only these, joined by commas; the order counts")
    .option("-n, --times <count>", "how often each", number(1, 1000), 1)
    .option("--connections <count>", "over the lanes that a fault is about", number(6, 20_000), 504)
    .option("--voids <count>", "of a fault's void runs, so many are played once more", number(0, 100), VOIDS_REPEATED)
    .option("--latency <setting>", "of the EC2 API: default, zero or throttled")
    .option("--write", "into docs/reference/gameday.md, .json and .svg")
    .option("--json", "data for machines on stdout")
    .action(async ({ faults = "", json = false, write = false, ...flags }: Flags) => {
      const names = faults.split(",").filter((name) => name !== "");
      await gamedayVerb({ latency: undefined, ...flags, root, faults: names, json, write });
    });
}
