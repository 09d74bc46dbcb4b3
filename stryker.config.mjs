/**
 * `npm run test:mutation`: does some test notice when a decision changes? Not in the normal run: it takes the better part of an hour.
 * One file: npm run test:mutation -- --mutate lambdas/lib/domain/leaving.ts
 *
 * @type {import("@stryker-mutator/api/core").PartialStrykerOptions}
 */
export default {
  mutate: ["lambdas/lib/domain/**/*.ts", "lambdas/functions/*/decide.ts"],
  testRunner: "jest",
  jest: { projectType: "custom", configFile: "jest.mutation.config.cjs" },
  plugins: ["@stryker-mutator/jest-runner"],
  coverageAnalysis: "perTest",
  // Two workers of jest on two cores measure nothing sooner than one.
  concurrency: 1,
  // A mutant that only met a busy machine is not killed.
  timeoutMS: 60_000,
  // The sandbox needs sources and tests only.
  ignorePatterns: [".lab", "cdktf.out", "dist", "docs", "reports", "coverage"],
  tempDirName: ".stryker-tmp",
  reporters: ["clear-text", "progress", "json"],
  jsonReporter: { fileName: "reports/mutation/mutation.json" },
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  thresholds: { high: 90, low: 85, break: 85 },
  allowConsoleColors: false,
};
