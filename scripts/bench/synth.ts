/**
 * What synth and the functions' bundles cost to start, as ratios to a bare `node -e ''` of the same run: wall times of a shared
 * machine mean little, ratios of interleaved runs hold. Zips are built before; `--json` for programs, `-n N` for the sample size.
 */
import { spawnSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { build } from "esbuild";
import type { Plugin } from "esbuild";
import { FUNCTION_NAMES } from "../../contract/functions";

const ROOT = resolve(__dirname, "../..");
/** Inside the root, so that the bundle finds node_modules and its neighbours where main.ts does. */
const BUNDLED_MAIN = join(ROOT, "dist", "bench", "main.cjs");
const OUT = join(ROOT, "dist", "bench", "out");

interface Case {
  readonly name: string;
  readonly args: readonly string[];
  /** Most that the ratio may be. */
  readonly goal: number;
}

interface Row extends Case {
  readonly medianMs: number;
  readonly ratio: number;
  readonly ok: boolean;
}

const BARE: Case = { name: "node -e ''", args: ["-e", ""], goal: 1 };

function cases(): readonly Case[] {
  return [
    { name: "synth, tsx", args: ["--import", "tsx", "main.ts"], goal: 18 },
    { name: "synth, bundled", args: [BUNDLED_MAIN], goal: 10 },
    ...Object.values(FUNCTION_NAMES).map((name) => ({
      name: `load ${name}`,
      args: [
        "--input-type=module",
        "-e",
        `await import(${JSON.stringify(pathToFileURL(join(ROOT, "dist/lambdas", name, "index.mjs")).href)})`,
      ],
      goal: 4,
    })),
  ];
}

/** Bundles main.ts with all its packages. Modules read files beside themselves: each keeps the folder it had. */
async function bundleMain(): Promise<void> {
  const keepFolders: Plugin = {
    name: "keep-folders",
    setup: (build) => {
      build.onLoad({ filter: /\.(ts|js|cjs)$/ }, ({ path }) => ({
        contents: readFileSync(path, "utf8").replaceAll("__dirname", JSON.stringify(dirname(path))),
        loader: path.endsWith("ts") ? "ts" : "js",
      }));
    },
  };
  await build({
    entryPoints: [join(ROOT, "main.ts")],
    outfile: BUNDLED_MAIN,
    bundle: true,
    platform: "node",
    target: "node20",
    // A name that hcl2json asks for only on a Node without `globalThis.performance`.
    external: ["performance"],
    plugins: [keepFolders],
    logLevel: "error",
  });
}

function timeOf({ name, args }: Case): number {
  const env = {
    ...process.env,
    CDKTF_OUTDIR: OUT,
    HA_NAT_ENV: "bench",
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
  };
  const start = process.hrtime.bigint();
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: ROOT, env, encoding: "utf8" });
  if (status !== 0) throw new Error(`${name} ended with ${status}: ${stderr.slice(-2000)}`);
  return Number(process.hrtime.bigint() - start) / 1e6;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}

function measure(samples: number): { readonly bareMs: number; readonly rows: readonly Row[] } {
  const all = cases();
  const times = new Map<string, number[]>([BARE, ...all].map(({ name }) => [name, []]));
  for (let round = 0; round < samples; round++) for (const each of [BARE, ...all]) times.get(each.name)?.push(timeOf(each));
  const bareMs = median(times.get(BARE.name) ?? []);
  const rows = all.map((each) => {
    const medianMs = median(times.get(each.name) ?? []);
    const ratio = medianMs / bareMs;
    return { ...each, medianMs, ratio, ok: ratio <= each.goal };
  });
  return { bareMs, rows };
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { json: { type: "boolean", default: false }, n: { type: "string", short: "n", default: "7" } },
  });
  const samples = Number(values.n);
  if (!Number.isInteger(samples) || samples < 1)
    throw new Error(`-n: got ${values.n}; allowed: a whole number from 1; fix: -n 7`);
  const built = spawnSync("npm", ["run", "--silent", "build"], { cwd: ROOT, stdio: "inherit" });
  if (built.status !== 0) throw new Error("the build failed; see above");
  await bundleMain();
  const { bareMs, rows } = measure(samples);
  rmSync(OUT, { recursive: true, force: true });
  if (values.json)
    console.log(
      JSON.stringify(
        { samples, bareMs, rows: rows.map(({ name, medianMs, ratio, goal, ok }) => ({ name, medianMs, ratio, goal, ok })) },
        null,
        2,
      ),
    );
  else {
    console.log(`bare node ${bareMs.toFixed(0)} ms; medians of ${samples} interleaved runs`);
    for (const row of rows) {
      console.log(
        `${row.ok ? "ok  " : "OVER"} ${row.name.padEnd(28)} ${row.medianMs.toFixed(0).padStart(6)} ms ${row.ratio.toFixed(1).padStart(6)}×  goal ${row.goal}×`,
      );
    }
  }
  if (rows.some((row) => !row.ok)) process.exitCode = 1;
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
});
