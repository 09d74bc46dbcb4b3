import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { ROOT, SCRATCH, must, run, writeOverride } from "./harness";
import { afterwards, expectWhole, terraformIn } from "./life";
import { withMoto } from "./moto";
import { findTools } from "./tools";

const found = findTools();
const cli = join(ROOT, "node_modules/.bin/cdktf");
const missing = "missing" in found ? found.missing : existsSync(cli) ? "" : "cdktf-cli (an optional dependency)";

if ("missing" in found || missing !== "") {
  test.skip(`cdktf synth, diff, deploy and destroy (skipped: missing ${missing})`, () => undefined);
} else {
  test("the user's own way, cdktf synth, diff test, deploy test and destroy test, runs to the end", async () => {
    const { tools } = found;
    const output = join(SCRATCH, "cli");
    const folder = join(output, "stacks", "test");
    const cdktf = (...args: readonly string[]) =>
      must(
        run(cli, [...args, "--output", output], ROOT, {
          TF_CLI_ARGS_init: `-plugin-dir=${tools.plugins}`,
          // cdktf locks providers for linux_amd64 after init, and Terraform asks the registry for that unless told otherwise.
          TF_CLI_ARGS_providers_lock: `-fs-mirror=${tools.plugins}`,
        }),
      );

    const { diff, deploy, life } = await withMoto(tools, async (url) => {
      rmSync(output, { recursive: true, force: true });
      await cdktf("synth");
      writeOverride(folder, url);
      const diff = await cdktf("diff", "test", "--skip-synth");
      const deploy = await cdktf("deploy", "test", "--auto-approve", "--skip-synth");
      const life = await afterwards(terraformIn(tools, folder), () => cdktf("destroy", "test", "--auto-approve", "--skip-synth"));
      return { diff, deploy, life };
    });

    expect(diff).toMatch(/Plan: \d+ to add, 0 to change, 0 to destroy/);
    expect(deploy).toMatch(/Apply complete! Resources: \d+ added, 0 changed, 0 destroyed/);
    expect(deploy).toContain("/ha-nat/test/topology");
    expectWhole(life);
  }, 900_000);
}
