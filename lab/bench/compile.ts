import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { CommandError } from "../cli/output";
import { run } from "../world/command";
import { findProgram } from "../world/host";

const FLAGS = ["-std=gnu11", "-O2", "-Wall", "-Wextra", "-Wno-unused-result"];

interface Toolbox {
  readonly cache: string;
  readonly find: (program: string) => string | undefined;
}

const machine = (root: string): Toolbox => ({
  cache: join(root, ".lab", "cache"),
  find: (program) => findProgram(program, process.env["PATH"] ?? ""),
});

/** The load generator, compiled once for each state of its sources. */
export async function compileLoad(root: string, { cache, find }: Toolbox = machine(root)): Promise<string> {
  const folder = join(root, "lab/bench/native");
  const sources = readdirSync(folder).sort();
  const digest = createHash("sha256").update(FLAGS.join(" "));
  for (const name of sources) digest.update(readFileSync(join(folder, name)));
  const program = join(cache, `bench-load-${digest.digest("hex").slice(0, 16)}`);
  if (existsSync(program)) return program;
  const compiler = find("cc");
  if (compiler === undefined) {
    throw new CommandError(
      "this machine has no C compiler (cc) for the load generator; install: apt-get install -y gcc libc6-dev",
    );
  }
  mkdirSync(cache, { recursive: true });
  const files = sources.filter((name) => name.endsWith(".c")).map((name) => join(folder, name));
  await run(compiler, [...FLAGS, "-o", `${program}.new`, ...files]);
  renameSync(`${program}.new`, program);
  return program;
}
