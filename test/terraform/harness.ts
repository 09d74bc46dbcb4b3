/** Runs the real Terraform on the bytes that synth wrote; only provider version, backend and endpoint are overridden, by a file beside them. */
import { spawn } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { MOTO_EXCEPTIONS } from "./moto-exceptions";
import type { Arguments } from "./moto-exceptions";
import { PROVIDER_VERSION } from "./tools";

export const ROOT = resolve(__dirname, "../..");
/** Inside the work tree, out of git. */
export const SCRATCH = join(ROOT, "dist", "terraform");

export interface Result {
  readonly status: number;
  readonly output: string;
}

/** Runs a program to its end; never throws for a non-zero status. Output is both streams without colours. */
export function run(
  program: string,
  args: readonly string[],
  cwd: string,
  extra: Readonly<Record<string, string>> = {},
): Promise<Result> {
  const env: NodeJS.ProcessEnv = { ...process.env, ...QUIET, ...extra };
  // A machine's own Terraform configuration would choose other mirrors than ours.
  delete env.TF_CLI_CONFIG_FILE;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.on("error", reject);
    child.on("close", (status) => resolve({ status: status ?? -1, output: stripVTControlCharacters(output) }));
  });
}

const QUIET = {
  CHECKPOINT_DISABLE: "1",
  AWS_EC2_METADATA_DISABLED: "true",
  CI: "true",
  TF_IN_AUTOMATION: "1",
  CDKTF_HOME: join(SCRATCH, "cdktf-home"),
  // As the provider is short-lived, collecting garbage is a sixth of what it costs: 107 s of CPU for a life of prod, 89 s with these.
  GOGC: "400",
  GOMEMLIMIT: "1GiB",
};

/** Builds and synthesises into the scratch folder; answers the output folder. */
export async function synthesise(): Promise<string> {
  const out = join(SCRATCH, "out");
  rmSync(out, { recursive: true, force: true });
  mkdirSync(SCRATCH, { recursive: true });
  await must(run("npm", ["run", "--silent", "synth"], ROOT, { CDKTF_OUTDIR: out }));
  return out;
}

/** Copies a synthesised stack and writes the override beside it; answers the folder. Without a URL nothing is contacted but to fail. */
export function prepare(stack: string, name: string, url: string): string {
  const folder = join(SCRATCH, name);
  rmSync(folder, { recursive: true, force: true });
  cpSync(stack, folder, { recursive: true });
  writeOverride(folder, url);
  return folder;
}

/** Writes `harness_override.tf.json`, which Terraform merges over cdk.tf.json. */
export function writeOverride(folder: string, url: string): void {
  const stack = JSON.parse(readFileSync(join(folder, "cdk.tf.json"), "utf8")) as {
    readonly resource: Readonly<Record<string, Readonly<Record<string, Arguments>>>>;
  };
  // A type without a resource would be a block without a label.
  const resource = Object.fromEntries(
    MOTO_EXCEPTIONS.filter(({ type }) => type in stack.resource).map(({ type, override }) => [
      type,
      Object.fromEntries(Object.entries(stack.resource[type] ?? {}).map(([name, args]) => [name, override(args)])),
    ]),
  );
  const services = [
    "autoscaling",
    "cloudwatch",
    "ec2",
    "elbv2",
    "events",
    "iam",
    "lambda",
    "logs",
    "s3",
    "sns",
    "sqs",
    "ssm",
    "sts",
  ];
  const override = {
    terraform: {
      required_providers: { aws: { source: "hashicorp/aws", version: PROVIDER_VERSION } },
      backend: { local: { path: "terraform.tfstate" } },
    },
    provider: {
      aws: [
        {
          access_key: "test",
          secret_key: "test",
          skip_credentials_validation: true,
          skip_metadata_api_check: "true",
          s3_use_path_style: true,
          endpoints: [Object.fromEntries(services.map((service) => [service, url]))],
        },
      ],
    },
    resource,
  };
  writeFileSync(join(folder, "harness_override.tf.json"), JSON.stringify(override, null, 2));
}

/** The result of a run that has to succeed. */
export async function must(result: Promise<Result>): Promise<string> {
  const { status, output } = await result;
  if (status !== 0) throw new Error(`exit ${status}:\n${complaintsOf(output)}\nThe end of it all:\n${output.slice(-2000)}`);
  return output;
}

/** Terraform goes on with what it has begun after an error, so the error is rarely at the end. */
function complaintsOf(output: string): string {
  const lines = output.split("\n");
  const told = lines.flatMap((line, at) => (/\bError\b/.test(line) ? [lines.slice(at, at + 6).join("\n")] : []));
  return told.slice(0, 5).join("\n");
}
