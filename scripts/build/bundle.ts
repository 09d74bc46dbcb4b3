import { build } from "esbuild";
import { sdkSchemas } from "./sdk-schemas";

/** The SDK and X-Ray reach for CommonJS `require` inside an ES module; without this: `Dynamic require of "util" is not supported`. */
const REQUIRE_BANNER = "import{createRequire as __r}from'node:module';const require=__r(import.meta.url);";

/** One self-contained ES module for Node 22; the same bytes for the same sources, wherever the repository lies. */
export async function bundle(entryPoint: string, root: string): Promise<Uint8Array> {
  const result = await build({
    entryPoints: [entryPoint],
    absWorkingDir: root,
    bundle: true,
    write: false,
    minify: true,
    platform: "node",
    target: "node20",
    format: "esm",
    // Only the ES builds of the SDK can be tree-shaken.
    mainFields: ["module", "main"],
    banner: { js: REQUIRE_BANNER },
    plugins: [sdkSchemas],
    legalComments: "none",
    logLevel: "error",
  });
  const [file] = result.outputFiles;
  if (!file) throw new Error(`esbuild wrote nothing for ${entryPoint}`);
  return file.contents;
}
