import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App } from "cdktf";
import type { Bundles } from "../../modules/shared/bundles";
import { parseConfig } from "../../stacks/config";
import type { EnvironmentInput } from "../../stacks/config";
import { environments } from "../../stacks/environments";
import { NatStack } from "../../stacks/nat-stack";

export type Arguments = Readonly<Record<string, unknown>>;

/** The Terraform JSON of a stack, with the questions that tests ask of it. */
export interface Synthesised {
  readonly text: string;
  /** Resources of a type: name → arguments. */
  readonly all: (type: string) => Readonly<Record<string, Arguments>>;
  readonly resources: readonly { readonly type: string; readonly name: string; readonly args: Arguments }[];
  readonly output: Readonly<Record<string, { readonly value: unknown }>>;
}

/** Synthesises the NatStack of an environment with stand-in bundles: what a stack says does not depend on what is in a zip. */
export function synthesise(env: string, change: Partial<EnvironmentInput> = {}): Synthesised {
  const folder = mkdtempSync(join(tmpdir(), "ha-nat-synth-"));
  try {
    return read(JSON.stringify(stackIn(folder, env, change).stack.toTerraform(), null, 2));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The same as files, as `cdktf synth` writes them below `folder`; with real bundles it can run. @returns the stack's folder. */
export function writeStack(env: string, change: Partial<EnvironmentInput>, folder: string, bundles?: Bundles): string {
  mkdirSync(folder, { recursive: true });
  const { app, outdir } = stackIn(folder, env, change, bundles);
  app.synth();
  return join(outdir, "stacks", env);
}

function standIns(folder: string): Bundles {
  const file = join(folder, "stand-in");
  writeFileSync(file, "stand-in");
  const stand = { path: file, sha256: "ab".repeat(32) };
  return { lambda: () => stand, payload: stand };
}

function stackIn(folder: string, env: string, change: Partial<EnvironmentInput>, bundles = standIns(folder)) {
  const input = environments({}).find((candidate) => candidate.env === env);
  if (!input) throw new Error(`no environment ${env}`);
  const outdir = join(folder, "out");
  const app = new App({ outdir });
  return { app, outdir, stack: new NatStack(app, parseConfig({ ...input, ...change }), bundles) };
}

function read(text: string): Synthesised {
  const json = JSON.parse(text) as {
    readonly resource: Readonly<Record<string, Readonly<Record<string, Arguments>>>>;
    readonly output: Synthesised["output"];
  };
  return {
    text,
    all: (type) => json.resource[type] ?? {},
    resources: Object.entries(json.resource).flatMap(([type, named]) =>
      Object.entries(named).map(([name, args]) => ({ type, name, args })),
    ),
    output: json.output,
  };
}

export interface PolicyStatement {
  readonly Sid: string;
  readonly Effect: string;
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** Statements of every role's policy, with the policy's name. */
export function roleStatements(stack: Synthesised): readonly (PolicyStatement & { readonly policy: string })[] {
  return Object.values(stack.all("aws_iam_role_policy")).flatMap((policy) =>
    (JSON.parse(policy.policy as string) as { readonly Statement: readonly PolicyStatement[] }).Statement.map((statement) => ({
      ...statement,
      policy: policy.name as string,
    })),
  );
}
