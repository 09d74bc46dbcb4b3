/**
 * Builds what synth and the lab ship: a zip per function, the payload of the instances, and dist/manifest.json. Deterministic;
 * does nothing when the inputs are those of the last build.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { FUNCTION_NAMES } from "../../contract/functions";
import { tarball, zip } from "./archive";
import { bundle } from "./bundle";
import { AGENT_PROGRAMS, handlerOf, inputDigest, missingInputs, payloadFiles } from "./inputs";

const ROOT = resolve(__dirname, "../..");
const MANIFEST = join(ROOT, "dist", "manifest.json");

interface Manifest {
  /** Digest of everything that went in. */
  readonly inputs: string;
  readonly lambdas: Readonly<Record<string, { readonly zip: string; readonly sha256: string }>>;
  readonly payload: { readonly path: string; readonly sha256: string };
}

/** Writes whole files only: a reader beside us never sees half of one. */
function write(path: string, bytes: Uint8Array | string): void {
  const full = join(ROOT, path);
  mkdirSync(dirname(full), { recursive: true });
  writeFileSync(`${full}.${process.pid}`, bytes);
  renameSync(`${full}.${process.pid}`, full);
}

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

async function buildLambda(name: string): Promise<readonly [string, { readonly zip: string; readonly sha256: string }]> {
  const code = await bundle(handlerOf(name), ROOT);
  const archive = zip([{ name: "index.mjs", bytes: code, executable: false }]);
  write(`dist/lambdas/${name}/index.mjs`, code);
  write(`dist/lambdas/${name}.zip`, archive);
  return [name, { zip: `dist/lambdas/${name}.zip`, sha256: sha256(archive) }];
}

async function buildPayload(): Promise<Manifest["payload"]> {
  const programs = await Promise.all(
    Object.entries(AGENT_PROGRAMS).map(async ([name, source]) => ({
      name,
      bytes: await bundle(source, ROOT),
      executable: false,
    })),
  );
  const path = "dist/payload/ha-nat-payload.tar.gz";
  const bytes = await tarball([...payloadFiles(ROOT), ...programs]);
  write(path, bytes);
  return { path, sha256: sha256(bytes) };
}

/** Whether the last build had these inputs and all it wrote is still there. */
function isCurrent(inputs: string): boolean {
  if (!existsSync(MANIFEST)) return false;
  const last = JSON.parse(readFileSync(MANIFEST, "utf8")) as Manifest;
  const files = [last.payload.path, ...Object.values(last.lambdas).map((lambda) => lambda.zip)];
  return last.inputs === inputs && files.every((file) => existsSync(join(ROOT, file)));
}

async function main(): Promise<void> {
  const missing = missingInputs(ROOT);
  if (missing.length > 0) throw new Error(`cannot build, missing: ${missing.join(", ")}`);
  const inputs = inputDigest(ROOT);
  if (isCurrent(inputs)) return;
  const lambdas = Object.fromEntries(await Promise.all(Object.values(FUNCTION_NAMES).map(buildLambda)));
  const manifest: Manifest = { inputs, lambdas, payload: await buildPayload() };
  write("dist/manifest.json", `${JSON.stringify(manifest, null, 2)}\n`);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
