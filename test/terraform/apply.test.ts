import { must, prepare, run, startMoto, synthesise } from "./harness";
import { findTools } from "./tools";
import type { Tools } from "./tools";

const found = findTools();
/** Under 4 minutes on two idle cores: moto makes the provider wait 60 s for a load balancer and 25 s for each queue in turn. */
const SLOW_MACHINE_MS = 900_000;

/** Everything Terraform says about one environment, from init to destroy. */
async function lifeOf(tools: Tools, out: string, env: string) {
  const moto = await startMoto(tools);
  try {
    const folder = prepare(out, env, moto.url);
    const terraform = (...args: readonly string[]) => run(tools.terraform, args, folder);
    const change = ["-input=false", "-no-color", "-auto-approve", "-parallelism=30"];
    await must(terraform("init", "-input=false", "-no-color", `-plugin-dir=${tools.plugins}`));
    const validation = JSON.parse(await must(terraform("validate", "-json"))) as object;
    await must(terraform("apply", ...change));
    const secondPlan = await terraform("plan", "-input=false", "-no-color", "-detailed-exitcode");
    const destroy = await must(terraform("destroy", ...change));
    return { validation, secondPlan, destroy, left: await must(terraform("state", "list")) };
  } finally {
    await moto.stop();
  }
}

if ("missing" in found) {
  test.skip(`stacks validate, apply, plan empty and are destroyed (skipped: missing ${found.missing})`, () => undefined);
} else {
  describe("under the real provider, against moto", () => {
    const lives = new Map<string, ReturnType<typeof lifeOf>>();
    beforeAll(async () => {
      const out = await synthesise();
      for (const env of ["test", "prod"]) {
        const life = lifeOf(found.tools, out, env);
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
