import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { holdLifeline } from "../../../lab/holder/lifeline";
import { buildTinyWorld } from "../support/world-driver";

/** Takes the holder's place: a tiny world with one node that runs, and nothing that ends by itself. */
async function main(): Promise<void> {
  holdLifeline(5);
  const [root = "", env = ""] = process.argv.slice(2);
  const folder = join(root, ".lab", env);
  const { world, spec } = await buildTinyWorld(root, folder, `#!/usr/bin/env bash\ntouch ${folder}/up\n`);
  await world.launchInstance(spec);
  writeFileSync(join(folder, "launched"), "");
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
setInterval(() => undefined, 60_000);
