import { spawn } from "node:child_process";

/**
 * Runs a program to its end and gives its stdout. Throws with program, exit code and stderr: what the kernel refused is never
 * read as an empty answer.
 */
export function run(program: string, args: readonly string[], input = ""): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"] });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
    child.on("error", reject);
    child.on("close", (code, signal) => {
      if (code === 0) return resolve(Buffer.concat(stdout).toString());
      const said = Buffer.concat(stderr).toString().trim();
      const context = input === "" ? "" : `\n--- input\n${input.slice(0, 2000)}`;
      reject(new Error(`${program} ${args.join(" ")} ended with ${signal ?? code}: ${said}${context}`));
    });
    // A program that ends early closes its stdin: its exit code tells why.
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
  });
}

/** Lines for `ip -batch`: one process for all of them, because each costs milliseconds. */
export function ipBatch(lines: readonly string[], namespace?: string): Promise<string> {
  const inside = namespace === undefined ? [] : ["-n", namespace];
  return run("ip", [...inside, "-batch", "-"], lines.join("\n") + "\n");
}

let nftTail: Promise<unknown> = Promise.resolve();

/** One atomic transaction. In order, because two writers at once cost each other retries. */
export function nft(text: string): Promise<string> {
  const next = nftTail.then(() => run("nft", ["-f", "-"], text));
  nftTail = next.catch(() => undefined);
  return next;
}
