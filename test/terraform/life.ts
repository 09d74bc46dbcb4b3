import { must, prepare, run, startMoto } from "./harness";
import type { Tools } from "./tools";

const QUIET = ["-input=false", "-no-color"];
const CHANGE = [...QUIET, "-auto-approve", "-parallelism=30"];

/** Everything Terraform says about one synthesised stack, from init to destroy. `name`: of its folder in the scratch tree. */
export async function lifeOf(tools: Tools, stack: string, name: string) {
  return inFolder(tools, stack, name, async (terraform) => {
    const validation = JSON.parse(await must(terraform("validate", "-json"))) as object;
    await must(terraform("apply", ...CHANGE));
    const secondPlan = await terraform("plan", ...QUIET, "-detailed-exitcode");
    const destroy = await must(terraform("destroy", ...CHANGE));
    return { validation, secondPlan, destroy, left: await must(terraform("state", "list")) };
  });
}

/** What Terraform would create, having validated it. */
export async function planOf(tools: Tools, stack: string, name: string): Promise<string> {
  return inFolder(tools, stack, name, (terraform) => must(terraform("plan", ...QUIET)));
}

type Terraform = (...args: readonly string[]) => ReturnType<typeof run>;

async function inFolder<T>(tools: Tools, stack: string, name: string, work: (terraform: Terraform) => Promise<T>): Promise<T> {
  const moto = await startMoto(tools);
  try {
    const folder = prepare(stack, name, moto.url);
    const terraform: Terraform = (...args) => run(tools.terraform, args, folder);
    await must(terraform("init", ...QUIET, `-plugin-dir=${tools.plugins}`));
    return await work(terraform);
  } finally {
    await moto.stop();
  }
}
