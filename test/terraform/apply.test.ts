import { join } from "node:path";
import { synthesise } from "./harness";
import { expectWhole, lifeOf } from "./life";
import { findTools } from "./tools";

const found = findTools();
/** Under 4 minutes on two idle cores: moto makes the provider wait 60 s for a load balancer and 25 s for each queue in turn. */
const SLOW_MACHINE_MS = 900_000;

if ("missing" in found) {
  test.skip(`prod validates, applies, plans empty and is destroyed (skipped: missing ${found.missing})`, () => undefined);
} else {
  // The stack test goes the user's own way, in cli.test.ts.
  test(
    "prod under the real provider, against moto: validates without a warning, applies, plans empty and is destroyed",
    async () => {
      expectWhole(await lifeOf(found.tools, join(await synthesise(), "stacks", "prod"), "prod"));
    },
    SLOW_MACHINE_MS,
  );
}
