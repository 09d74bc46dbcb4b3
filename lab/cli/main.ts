import { resolve } from "node:path";
import { Command, CommanderError, InvalidArgumentError } from "commander";
import { CommandError, red } from "./output";
import type { Context } from "./verbs";
import * as verbs from "./verbs";

const root = resolve(__dirname, "../..");

// Debian keeps nft and conntrack where an ordinary user's PATH does not lead.
process.env["PATH"] = `${process.env["PATH"] ?? ""}:/usr/local/sbin:/usr/sbin:/sbin`;

function number(low: number, high: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text !== "" && value >= low && value <= high) return value;
    throw new InvalidArgumentError(`it must be a number from ${low} to ${high}.`);
  };
}

interface Flags {
  readonly json?: boolean;
  readonly env?: string;
}

function context({ json = false, env }: Flags): Context {
  return { root, json, env };
}

function verb(program: Command, name: string, description: string): Command {
  return program.command(name).description(description).option("--json", "data for machines on stdout");
}

function runningVerb(program: Command, name: string, description: string): Command {
  return verb(program, name, description).option("--env <env>", "which lab, where more than one is up");
}

interface UpFlags extends Flags {
  readonly latency: string;
  readonly bootMs: number;
  readonly scheduleFactor: number;
  readonly timeout: number;
  readonly keep?: boolean;
  readonly stack?: string;
}

function defineUp(program: Command): void {
  verb(program, "up", "bring a synthesised stack up on this machine")
    .argument("[env]", "environment", "test")
    .option("--latency <setting>", "of the EC2 API: default, zero or throttled", "default")
    .option("--boot-ms <ms>", "how long a machine takes before its user data starts", number(0, 600_000), 0)
    .option("--schedule-factor <n>", "schedules of more than a minute run this many times faster", number(1, 1000), 1)
    .option("--timeout <seconds>", "how long to wait until everything is in service", number(1, 3600), 120)
    .option(
      "--stack <folder>",
      "where the environment's cdk.tf.json is (default: what npm run synth wrote, renewed when its sources are newer)",
    )
    .option("--keep", "leave a lab that did not settle running")
    .action(async (env: string, { json = false, timeout, keep = false, ...settings }: UpFlags) => {
      await verbs.upVerb({ root, env, ...settings, timeoutSeconds: timeout, keep }, json);
    });
}

function defineRunning(program: Command): void {
  runningVerb(program, "status", "who serves which lane").action((flags: Flags) => verbs.statusVerb(context(flags)));
  runningVerb(program, "verify", "check every lane as on AWS (scripts/verify_nat.sh)").action(async (flags: Flags) => {
    process.exitCode = await verbs.verifyVerb(context(flags));
  });
  runningVerb(program, "exec", "run a program in a node: exec NODE -- CMD ARG...")
    .argument("<node>", "client-<lane>, nat-<az-id>-a, internet or router")
    .argument("<cmd...>", "program and arguments")
    .action(async (node: string, argv: string[], flags: Flags) => {
      process.exitCode = await verbs.execVerb(context(flags), node, argv);
    });
  runningVerb(program, "fault", "break something")
    .argument("<name>", "which fault")
    .option("--node <node>", "which NAT (default: the one that serves the first lane)")
    .option("--watch <seconds>", "let every lane's client ask, and judge", number(1, 3600), 0)
    .addHelpText("after", `\nFaults:\n${verbs.faultNames()}`)
    .action(async (name: string, flags: Flags & { readonly node?: string; readonly watch: number }) => {
      await verbs.faultVerb(context(flags), name, flags.node, flags.watch);
    });
  runningVerb(program, "crowd", "let a crowd of connections run over every lane, and say how they fared")
    .option("--seconds <seconds>", "how long", number(1, 3600), 10)
    .option("--connections <count>", "over all lanes", number(1, 20_000), 500)
    .action(async (flags: Flags & { readonly seconds: number; readonly connections: number }) => {
      await verbs.crowdVerb(context(flags), flags.seconds, flags.connections);
    });
  runningVerb(program, "calls", "count the calls of the AWS API from now on")
    .option("--seconds <seconds>", "how long", number(1, 3600), 60)
    .action(async (flags: Flags & { readonly seconds: number }) => {
      await verbs.callsVerb(context(flags), flags.seconds);
    });
  runningVerb(program, "logs", "list logs, print one, or tell one failover in at most 30 lines")
    .argument("[name]", "node or function")
    .option("--failover <number>", "tell the story of this failover (1 is the first)", number(1, 100_000))
    .action((name: string | undefined, flags: Flags & { readonly failover?: number }) =>
      verbs.logsVerb(context(flags), name, flags.failover),
    );
  runningVerb(program, "endpoint", "where the AWS API is, and the operator's keys").action((flags: Flags) =>
    verbs.endpointVerb(context(flags)),
  );
  runningVerb(program, "down", "end the lab; nothing of it stays but its logs").action((flags: Flags) =>
    verbs.downVerb(context(flags)),
  );
}

async function main(): Promise<void> {
  const program = new Command("lab").description("the synthesised fleet on this machine, in network namespaces").exitOverride();
  defineUp(program);
  defineRunning(program);
  if (!program.commands.some((command) => command.name() === process.argv[2])) await defineMeasuring(program);
  await program.parseAsync();
}

/** They load SDK clients and charts, which takes longer than most verbs: only when one of them is asked for, or the list of all. */
async function defineMeasuring(program: Command): Promise<void> {
  const defining = [import("../bench/define.js"), import("../gameday/define.js"), import("../chaos/define.js")] as const;
  const [{ defineBench }, { defineGameday }, { defineChaos }] = await Promise.all(defining);
  defineBench(program, root, number);
  defineGameday(program, root, number);
  defineChaos(program, root, number);
}

main().catch((error: unknown) => {
  if (error instanceof CommanderError) {
    // It has said its words already: help, or what is wrong with the arguments.
    process.exitCode = error.exitCode === 0 ? 0 : 2;
    return;
  }
  const text = error instanceof Error ? error.message : String(error);
  process.stderr.write(`${red(`lab: ${text}`)}\n`);
  process.exitCode = error instanceof CommandError ? error.exitCode : 2;
});
