import { join } from "node:path";
import { synthesise } from "./harness";
import { lifeOf } from "./life";
import { findTools } from "./tools";

const found = findTools();
/** Under 4 minutes on two idle cores: moto makes the provider wait 60 s for a load balancer and 25 s for each queue in turn. */
const SLOW_MACHINE_MS = 900_000;

if ("missing" in found) {
  test.skip(`stacks validate, apply, plan empty and are destroyed (skipped: missing ${found.missing})`, () => undefined);
} else {
  describe("under the real provider, against moto", () => {
    const lives = new Map<string, ReturnType<typeof lifeOf>>();
    beforeAll(async () => {
      const out = await synthesise();
      for (const env of ["test", "prod"]) {
        const life = lifeOf(found.tools, join(out, "stacks", env), env);
        // The test awaits it; until then a failure must not count as unhandled.
        life.catch(() => undefined);
        lives.set(env, life);
      }
    }, SLOW_MACHINE_MS);

    test.each(["test", "prod"])(
      "%s validates without a warning, applies, plans empty and is destroyed",
      async (env) => {
        const life = await lives.get(env);

        expect(life?.validation).toMatchObject({ valid: true, error_count: 0, warning_count: 0 });
        expect(life?.secondPlan.output).toContain("No changes.");
        expect(life?.secondPlan.status).toBe(0);
        expect(life?.destroy).toContain("Destroy complete!");
        expect(life?.left).toBe("");
      },
      SLOW_MACHINE_MS,
    );
  });
}
