import { readdirSync } from "node:fs";
import { join } from "node:path";
import { CommandError } from "./output";

/** Environments that can be synthesised: each has its backend file. */
export function knownEnvironments(root: string): readonly string[] {
  return readdirSync(join(root, "backends"))
    .flatMap((file) => /^backend-(.+)\.hcl$/.exec(file)?.[1] ?? [])
    .sort();
}

export function requireEnvironment(root: string, env: string): void {
  const known = knownEnvironments(root);
  if (!known.includes(env))
    throw new CommandError(`environment ${env} is unknown; allowed: ${known.join(", ")}; choose one of them`);
}
