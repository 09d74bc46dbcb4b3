import { spawn } from "node:child_process";
import { join } from "node:path";
import { CommandError } from "../cli/output";
import { toolPath } from "../world/host";
import { isMachineRoot } from "./needs";
import type { BenchOptions, PartResult } from "./model";

const NAMESPACES = ["--net", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child"];

/** Runs one part in namespaces of its own, in which an ordinary user is root. They end with it, and it with us. */
export function inSandbox(options: BenchOptions): Promise<PartResult> {
  const sandbox = join(options.root, "lab/bench/sandbox.ts");
  // Root stays what it is: only the machine's own root may enlarge socket buffers, which replication and conntrackd want.
  const user = isMachineRoot() ? [] : ["--user", "--map-root-user"];
  const argv = [...user, ...NAMESPACES, process.execPath, "--import", "tsx", sandbox, JSON.stringify(options)];
  const child = spawn("unshare", argv, {
    cwd: options.root,
    // stdin is the lifeline: nothing is ever written to it.
    stdio: ["pipe", "pipe", "inherit"],
    env: { PATH: toolPath(process.execPath), LANG: "C.UTF-8" },
  });
  const stdout: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => {
      if (code === 0) resolve(JSON.parse(Buffer.concat(stdout).toString()) as PartResult);
      else reject(new CommandError(`the bench's ${options.part} ended with ${signal ?? code}; its words are above`));
    });
  });
}
