import { mkdirSync } from "node:fs";
import { run } from "../world/command";
import { benchCeiling } from "./ceiling";
import { benchDataPlane } from "./data-plane";
import { benchExhaustion } from "./exhaustion";
import { benchSync } from "./sync";
import type { BenchOptions, Part, PartResult } from "./model";

/** Runs one part of the bench inside namespaces of its own: options as JSON in, result as JSON on stdout. */
async function main(): Promise<void> {
  // Whoever started us holds the other end: when it is gone, so are we, and with us every namespace.
  process.stdin.once("end", () => process.exit(1)).resume();
  const options = JSON.parse(process.argv[2] ?? "") as BenchOptions;
  await run("mount", ["-t", "tmpfs", "-o", "mode=755", "bench", "/run"]);
  mkdirSync("/run/netns");
  const result = await PARTS[options.part](options, (text) => process.stderr.write(`${text}\n`));
  process.stdout.write(JSON.stringify(result), () => process.exit(0));
}

type Measure = (options: BenchOptions, say: (text: string) => void) => Promise<PartResult>;

const PARTS: Readonly<Record<Part, Measure>> = {
  "data-plane": benchDataPlane,
  exhaustion: benchExhaustion,
  ceiling: benchCeiling,
  sync: benchSync,
};

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
