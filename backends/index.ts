import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { S3Backend } from "cdktf";
import type { TerraformStack } from "cdktf";
import { describeProblem } from "../modules/shared/problem";

/** Where a stack's state lives; the arguments of Terraform's S3 backend, as written in backends/backend-<env>.hcl. */
export interface BackendSettings {
  readonly bucket: string;
  readonly key: string;
  readonly region: string;
}

const REQUIRED = ["bucket", "key", "region"] as const;
/** Written by configureBackend for every environment; a file must not say otherwise. */
const OURS = ["encrypt", "use_lockfile", "dynamodb_table"];

/** Reads a backend file; throws an error that names file, field and fix. */
export async function loadBackend(path: string): Promise<BackendSettings> {
  const values = await readHcl(path);
  const problems = [
    ...REQUIRED.filter((name) => typeof values[name] !== "string" || values[name] === "").map((name) => ({
      field: name,
      value: values[name],
      limit: "a non-empty text",
      fix: `write ${name} = "…" in the file`,
    })),
    ...Object.keys(values)
      .filter((name) => !(REQUIRED as readonly string[]).includes(name))
      .map((name) => ({
        field: name,
        value: values[name],
        limit: `only ${REQUIRED.join(", ")}`,
        fix: OURS.includes(name) ? `remove it: encryption and locking are always on` : "remove it",
      })),
  ];
  if (problems.length > 0) throw new Error(problems.map((p) => `${path}: ${describeProblem(p)}`).join("\n"));
  return values as unknown as BackendSettings;
}

/**
 * Writes the whole S3 block: `cdktf deploy` runs plain `terraform init`, which could not complete a partial one.
 */
export function configureBackend(stack: TerraformStack, settings: BackendSettings): void {
  // Terraform: without kms_key_id `encrypt` asks for AES256, over the bucket's default; bootstrap_backend.sh sets the same.
  const backend = new S3Backend(stack, { ...settings, encrypt: true });
  // Terraform: locking by a file in the bucket (1.10 and later) is unknown to cdktf 0.21's types.
  backend.addOverride("use_lockfile", true);
}

/** By content, so it cannot be stale: the HCL parser is WebAssembly and costs a fifth of a synth to load. */
const CACHE = join(__dirname, "..", "dist", "backends");

async function readHcl(path: string): Promise<Readonly<Record<string, unknown>>> {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    throw new Error(`${path}: cannot be read (${(cause as Error).message}); write bucket, key and region into it`, { cause });
  }
  const parsed = join(CACHE, `${createHash("sha256").update(text).digest("hex")}.json`);
  if (existsSync(parsed)) return JSON.parse(readFileSync(parsed, "utf8")) as Readonly<Record<string, unknown>>;
  try {
    const { parse } = await import("@cdktf/hcl2json");
    const values = (await parse(path, text)) as Readonly<Record<string, unknown>>;
    mkdirSync(dirname(parsed), { recursive: true });
    writeFileSync(`${parsed}.${process.pid}`, JSON.stringify(values));
    renameSync(`${parsed}.${process.pid}`, parsed);
    return values;
  } catch (cause) {
    throw new Error(`${path}: not valid HCL (${(cause as Error).message}); lines look like bucket = "name"`, { cause });
  }
}
