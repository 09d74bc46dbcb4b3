import { join } from "node:path";
import { App } from "cdktf";
import { configureBackend, loadBackend } from "./backends";
import { loadBundles } from "./modules/shared/bundles";
import { parseConfig } from "./stacks/config";
import { environments } from "./stacks/environments";
import { NatStack } from "./stacks/nat-stack";
import { clearOutput } from "./stacks/output";

async function main(): Promise<void> {
  const configs = environments(process.env).map(parseConfig);
  const bundles = loadBundles(__dirname);
  const app = new App();
  clearOutput(app.outdir);
  for (const config of configs) {
    const stack = new NatStack(app, config, bundles);
    configureBackend(stack, await loadBackend(join(__dirname, "backends", `backend-${config.env}.hcl`)));
  }
  app.synth();
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
