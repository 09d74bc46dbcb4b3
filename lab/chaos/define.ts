import type { Command } from "commander";
import { SABOTAGES } from "./cases";
import { OCCASIONS } from "./occasions";
import { chaosVerb } from "./verb";

interface Flags {
  readonly env: string;
  readonly occasions?: string;
  readonly functions?: string;
  readonly sabotages?: string;
  readonly alike: number;
  readonly deadline: number;
  readonly minutes: number;
  readonly json?: boolean;
}

type NumberOf = (low: number, high: number) => (text: string) => number;

const names = (text = ""): readonly string[] => text.split(",").filter((name) => name !== "");

/** `lab chaos`. */
export function defineChaos(program: Command, root: string, number: NumberOf): void {
  program
    .command("chaos")
    .description("sabotage every AWS call and event of the functions, one at a time, and see that all converges")
    .option("--env <env>", "environment; a lab of its own unless one is up", "prod")
    .option("--occasions <names>", "only these, joined by commas; the order counts")
    .option("--functions <names>", "only calls and events of these")
    .option("--sabotages <names>", `only these: ${SABOTAGES.map((name) => name.replaceAll(" ", "-")).join(", ")}`)
    .option("--alike <count>", "of a loop's calls, so many from the first", number(1, 100), 2)
    .option("--deadline <seconds>", "how long a case may take until everything is as it must be", number(10, 3600), 240)
    .option("--minutes <minutes>", "no case begins later", number(1, 10_000), 240)
    .option("--json", "data for machines on stdout")
    .addHelpText("after", `\nOccasions:\n${OCCASIONS.map(({ name, does }) => `  ${name}: ${does}`).join("\n")}`)
    .action(async ({ env, alike, deadline, minutes, json = false, ...lists }: Flags) => {
      const [occasions, functions, sabotages] = [lists.occasions, lists.functions, lists.sabotages].map(names);
      await chaosVerb({
        ...{ root, env, alike, minutes, json, deadlineSeconds: deadline },
        ...{ occasions: occasions ?? [], functions: functions ?? [], sabotages: sabotages ?? [] },
      });
    });
}
