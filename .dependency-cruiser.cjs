/** The direction of dependency (docs/architecture.md). `test/invariants/layering.test.ts` proves that each rule bites. */
const deny = (name, comment, from, to) => ({ name, comment, severity: "error", from, to });

/** @type {import("dependency-cruiser").IConfiguration} */
module.exports = {
  forbidden: [
    deny("no-circular", "a cycle hides which of two files knows the other", {}, { circular: true }),
    deny("contract-imports-nothing", "synth time and run time meet here", { path: "^contract/" }, { pathNot: "^contract/" }),
    deny(
      "only-modules-know-cdktf",
      "the only importers of cdktf",
      { pathNot: "^(modules|stacks|backends|main\\.ts|test|node_modules)" },
      { path: "node_modules/(cdktf|@cdktf/provider-aws|constructs)/" },
    ),
    deny(
      "modules-never-import-the-sdk",
      "synth needs no AWS",
      { path: "^(modules|stacks|backends|main\\.ts)" },
      { path: "node_modules/@aws-sdk/" },
    ),
    deny(
      "modules-know-contract-only",
      "direction: main → stacks → modules → contract",
      { path: "^modules/" },
      { path: "^(stacks|lambdas|instance|lab|scripts|main\\.ts)" },
    ),
    deny(
      "modules-meet-at-their-face",
      "a module is imported through its index.ts",
      { path: "^modules/([^/]+)/" },
      { path: "^modules/([^/]+)/(?!index\\.ts)", pathNot: "^modules/($1|shared)/" },
    ),
    deny(
      "lambdas-never-import-synth-time",
      "bundles must not carry cdktf",
      { path: "^lambdas/" },
      { path: "^(modules|stacks|backends|main\\.ts|instance|lab|scripts)" },
    ),
    deny(
      "domain-is-pure",
      "vocabulary and rules",
      { path: "^lambdas/(lib/domain/|functions/[^/]+/decide\\.ts)" },
      { pathNot: "^(lambdas/lib/domain/|contract/)" },
    ),
    deny(
      "only-adapters-know-the-sdk",
      "one place names SDK commands",
      { path: "^lambdas/", pathNot: "^lambdas/lib/aws/" },
      { path: "node_modules/(@aws-sdk|@smithy)/" },
    ),
    deny(
      "adapters-implement-the-domain",
      "lib/aws → lib/domain → contract",
      { path: "^lambdas/lib/aws/" },
      { path: "^lambdas/(functions|lib/runtime)/" },
    ),
    deny(
      "functions-are-strangers",
      "a function never imports another",
      { path: "^lambdas/functions/([^/]+)/" },
      { path: "^lambdas/functions/([^/]+)/", pathNot: "^lambdas/functions/$1/" },
    ),
    deny(
      "agent-knows-contract-only",
      "what runs on a NAT",
      { path: "^instance/" },
      { path: "^(modules|stacks|lambdas|lab|scripts|backends|main\\.ts)" },
    ),
    deny("nothing-imports-lab", "the lab runs the rest, by path or bundle", { pathNot: "^(lab|test)/" }, { path: "^lab/" }),
    deny(
      "lab-runs-by-path-or-bundle",
      "the lab must not import what it proves",
      { path: "^lab/" },
      { path: "^(modules|stacks|lambdas|instance|backends|main\\.ts)" },
    ),
    deny("nothing-imports-test", "tests are at the end of the line", { pathNot: "^test/" }, { path: "^test/" }),
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsConfig: { fileName: "tsconfig.json" },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "require", "node", "default", "types"] },
  },
};
