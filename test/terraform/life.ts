import { must, prepare, run } from "./harness";
import { withMoto } from "./moto";
import type { Tools } from "./tools";

const QUIET = ["-input=false", "-no-color"];
const CHANGE = [...QUIET, "-auto-approve"];

/** Everything Terraform says about one synthesised stack, from init to destroy. `name`: of its folder in the scratch tree. */
export async function lifeOf(tools: Tools, stack: string, name: string) {
  return inFolder(tools, stack, name, async (terraform) => {
    await must(terraform("apply", ...CHANGE));
    return afterwards(terraform, () => must(terraform("destroy", ...CHANGE)));
  });
}

/** What Terraform says of a stack that was applied, until nothing is left of it. */
export async function afterwards(terraform: Terraform, end: () => Promise<string>) {
  const validation = JSON.parse(await must(terraform("validate", "-json"))) as object;
  const secondPlan = await terraform("plan", ...QUIET, "-detailed-exitcode");
  const destroy = await end();
  return { validation, secondPlan, destroy, left: await must(terraform("state", "list")) };
}

/** Valid without a warning, applied so that nothing is left to change, and destroyed without a rest. */
export function expectWhole(life: Awaited<ReturnType<typeof lifeOf>>): void {
  expect(life.validation).toMatchObject({ valid: true, error_count: 0, warning_count: 0 });
  expect(life.secondPlan).toMatchObject({ status: 0, output: expect.stringContaining("No changes.") });
  expect(life.destroy).toContain("Destroy complete!");
  expect(life.left).toBe("");
}

/** What Terraform would create, having validated it. */
export async function planOf(tools: Tools, stack: string, name: string): Promise<string> {
  return inFolder(tools, stack, name, (terraform) => must(terraform("plan", ...QUIET)));
}

/** Runs Terraform in one folder. */
export type Terraform = (...args: readonly string[]) => ReturnType<typeof run>;

async function inFolder<T>(tools: Tools, stack: string, name: string, work: (terraform: Terraform) => Promise<T>): Promise<T> {
  return withMoto(tools, async (url) => {
    const terraform = terraformIn(tools, prepare(stack, name, url));
    await must(terraform("init", ...QUIET, `-plugin-dir=${tools.plugins}`));
    return work(terraform);
  });
}

export function terraformIn(tools: Tools, folder: string): Terraform {
  return (...args) => run(tools.terraform, args, folder);
}
