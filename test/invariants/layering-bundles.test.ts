import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { FUNCTION_NAMES } from "../../contract/functions";
import { ROOT } from "./support/tree";

// Programs are started; a busy machine takes its time.
jest.setTimeout(60_000);

const functions = readdirSync(join(ROOT, "lambdas/functions"))
  .map((name) => `lambdas/functions/${name}/handler.ts`)
  .filter((path) => existsSync(join(ROOT, path)));
const programs = ["instance/agent/main.ts", "instance/agent/self-probe.ts"].filter((path) => existsSync(join(ROOT, path)));

const SYNTH_TIME = /(^|\/)node_modules\/(cdktf|@cdktf|constructs)\/|^(modules|stacks|backends|lab)\/|^main\.ts$/;

describe("bundles", () => {
  test("there is one per function", () => {
    expect(functions.map((path) => path.split("/")[2])).toEqual(expect.arrayContaining(Object.values(FUNCTION_NAMES)));
  });

  test.each([...functions, ...programs])("%s carries nothing of synth time", async (entry) => {
    const { metafile } = await build({
      entryPoints: [join(ROOT, entry)],
      absWorkingDir: ROOT,
      bundle: true,
      write: false,
      metafile: true,
      platform: "node",
      format: "esm",
      mainFields: ["module", "main"],
      logLevel: "silent",
    });

    expect(Object.keys(metafile.inputs).filter((path) => SYNTH_TIME.test(path))).toEqual([]);
  });
});
