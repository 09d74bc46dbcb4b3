import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";

/** Whatever `npm run synth` reads. */
const SOURCES = [
  "main.ts",
  "package-lock.json",
  "stacks",
  "modules",
  "contract",
  "lambdas",
  "instance",
  "backends",
  "scripts/build",
];

/** Where it writes an environment's cdk.tf.json. */
export function stackFolder(root: string, env: string): string {
  return join(root, "cdktf.out/stacks", env);
}

/** What it writes last. */
export function synthOutputs(root: string, env: string): readonly string[] {
  return [join(root, "dist/manifest.json"), join(stackFolder(root, env), "cdk.tf.json")];
}

/** The synthesised stack is missing or older than something that it is made from. */
export function isStale(root: string, env: string): boolean {
  const outputs = synthOutputs(root, env);
  if (!outputs.every((path) => existsSync(path))) return true;
  const oldest = Math.min(...outputs.map((path) => statSync(path).mtimeMs));
  return SOURCES.some((source) => newest(join(root, source)) > oldest);
}

function newest(path: string): number {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return 0;
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))));
}
