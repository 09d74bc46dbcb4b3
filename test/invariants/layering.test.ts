import { createRequire } from "node:module";
import { join } from "node:path";
import { outputOf, ROOT, scratchTree } from "./support/tree";

/** For each rule of .dependency-cruiser.cjs an import that it must refuse: file → what it imports. */
const FORBIDDEN: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "no-circular": { "stacks/a.ts": "./b", "stacks/b.ts": "./a" },
  "contract-imports-nothing": { "contract/x.ts": "../stacks/target" },
  "only-modules-know-cdktf": { "lab/knows-cdktf.ts": "cdktf" },
  "modules-never-import-the-sdk": { "modules/network/sdk.ts": "@aws-sdk/client-ec2" },
  "modules-know-contract-only": { "modules/network/up.ts": "../../stacks/target" },
  "modules-meet-at-their-face": { "modules/network/inside.ts": "../nat-fleet/private" },
  "lambdas-never-import-synth-time": { "lambdas/lib/runtime/synth.ts": "../../../modules/shared/target" },
  "domain-is-pure": { "lambdas/functions/f/decide.ts": "../../lib/runtime/target" },
  "only-adapters-know-the-sdk": { "lambdas/functions/f/act.ts": "@aws-sdk/client-ec2" },
  "adapters-implement-the-domain": { "lambdas/lib/aws/runtime.ts": "../runtime/target" },
  "functions-are-strangers": { "lambdas/functions/f/handler.ts": "../g/act" },
  "agent-knows-contract-only": { "instance/agent/domain.ts": "../../lambdas/lib/runtime/target" },
  "nothing-imports-lab": { "scripts/uses-lab.ts": "../lab/target" },
  "lab-runs-by-path-or-bundle": { "lab/imports-what-it-proves.ts": "../instance/agent/target" },
  "nothing-imports-test": { "scripts/uses-test.ts": "../test/target" },
};

const TARGETS = [
  "stacks/target.ts",
  "modules/nat-fleet/private.ts",
  "modules/shared/target.ts",
  "lambdas/lib/runtime/target.ts",
  "lambdas/functions/g/act.ts",
  "lab/target.ts",
  "instance/agent/target.ts",
  "test/target.ts",
];

interface Report {
  readonly summary: {
    readonly violations: readonly {
      readonly from: string;
      readonly rule: { readonly name: string; readonly severity: string };
    }[];
  };
}

const { forbidden: rules } = createRequire(__filename)(join(ROOT, ".dependency-cruiser.cjs")) as {
  readonly forbidden: readonly { readonly name: string }[];
};

describe("layering", () => {
  const cases = Object.entries(FORBIDDEN);
  const files = Object.fromEntries([
    ...TARGETS.map((path) => [path, "export const target = 1;\n"]),
    ...cases.flatMap(([, imports]) =>
      Object.entries(imports).map(([path, from]) => [path, `import * as it from "${from}";\nexport const used = it;\n`]),
    ),
  ]) as Record<string, string>;
  const folders = [...new Set(Object.keys(files).map((path) => path.split("/")[0] ?? ""))];
  const report = JSON.parse(
    outputOf(scratchTree(files), "depcruise", ["--config", ".dependency-cruiser.cjs", "--output-type", "json", ...folders]),
  ) as Report;

  test.each(cases)("%s refuses a forbidden import", (rule, imports) => {
    const refused = report.summary.violations.filter(({ rule: { name, severity } }) => name === rule && severity === "error");

    expect(refused.map(({ from }) => from)).toContain(Object.keys(imports)[0]);
  });

  test("every rule has a case here", () => {
    expect(rules.map(({ name }) => name).sort()).toEqual(Object.keys(FORBIDDEN).sort());
  });
});
