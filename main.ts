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
  // A file that was never parsed loads the HCL parser (WebAssembly), which compiles in the background while the stacks are built.
  const built = configs.map((config) => ({
    backend: loadBackend(join(__dirname, "backends", `backend-${config.env}.hcl`)),
    stack: new NatStack(app, config, bundles),
  }));
  await Promise.all(built.map(async ({ stack, backend }) => configureBackend(stack, await backend)));
  app.synth();
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
