import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { buildSync } from "esbuild";
import { bundleLab } from "../../../lab/cli/bundle";
import { thisMachine, checkMachine } from "../../../lab/cli/requirements";
import { UNSHARE } from "../../instance/support/world";

export const root = resolve(__dirname, "../../..");

/** Why the tests that need namespaces cannot run here; undefined when they can. */
export function whyNoNamespaces(): string | undefined {
  try {
    checkMachine(thisMachine);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** `describe` where namespaces can be made, else one skipped test that says why. */
export function describeInNamespaces(title: string, body: () => void): void {
  const missing = whyNoNamespaces();
  if (missing === undefined) describe(title, body);
  else describe.skip(`${title} (skipped: ${missing})`, () => test("needs namespaces", () => undefined));
}

/** Bundles a program of the tests and runs it as the router of a world of its own; gives the JSON that it reports. */
export async function runInNamespaces<T>(program: string): Promise<T> {
  mkdirSync(join(root, ".lab"), { recursive: true });
  const folder = mkdtempSync(join(root, ".lab", "test-"));
  try {
    await bundleLab(root);
    const outfile = join(folder, "program.cjs");
    buildSync({ entryPoints: [program], outfile, bundle: true, platform: "node", packages: "external", logLevel: "warning" });
    return await collect<T>(["unshare", ...UNSHARE, process.execPath, outfile, root, folder]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function collect<T>([program = "", ...args]: readonly string[]): Promise<T> {
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  return new Promise((done, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      if (code === 0) done(JSON.parse(stdout) as T);
      else reject(new Error(`${args.at(-3) ?? program} ended with ${code}: ${stderr}`));
    });
  });
}

/** Network namespaces that this machine shows to us now. */
export function networkNamespaces(): readonly string[] {
  const listed = spawnSync("bash", ["-c", "readlink /proc/[0-9]*/ns/net 2>/dev/null | sort -u"]);
  return listed.stdout.toString().trim().split("\n");
}
