import { rmSync } from "node:fs";
import { join } from "node:path";
import { isStale } from "../../../lab/cli/freshness";
import { loadBundles } from "../../../modules/shared/bundles";
import type { EnvironmentInput } from "../../../stacks/config";
import { writeStack } from "../../stacks/support";
import { root } from "../support/in-namespaces";
import { downAfterwards, lab, run } from "./lab";

/** The lab of an environment with other settings: as `keepUp`, with the stack of the variant. One variant of an environment at a time. */
export function keepVariantUp(env: "prod" | "test", change: Partial<EnvironmentInput>, ...options: readonly string[]): void {
  beforeAll(async () => {
    if (isStale(root, env)) await mustEnd("npm", "run", "--silent", "synth");
    const folder = join(root, ".lab/variant", env);
    rmSync(folder, { recursive: true, force: true });
    const stack = writeStack(env, change, folder, loadBundles(root));
    const { code, stderr } = await lab("up", env, "--stack", stack, ...options);
    if (code !== 0) throw new Error(`lab up ${env} with ${JSON.stringify(change)} ended with ${code}: ${stderr}`);
  }, 300_000);
  downAfterwards(env);
}

async function mustEnd(program: string, ...args: readonly string[]): Promise<void> {
  const { code, stderr } = await run(program, args);
  if (code !== 0) throw new Error(`${program} ${args.join(" ")} ended with ${code}: ${stderr}`);
}
