import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";

/**
 * Removes what an earlier synth wrote, so that a removed stack or asset does not stay. Terraform's own files beside it
 * (`.terraform`, lock file, a harness's override) are kept: they belong to whoever ran `terraform init`.
 */
export function clearOutput(outdir: string): void {
  const stacks = join(outdir, "stacks");
  for (const name of existsSync(stacks) ? readdirSync(stacks) : []) {
    for (const ours of ["cdk.tf.json", "assets"]) rmSync(join(stacks, name, ours), { recursive: true, force: true });
  }
}
