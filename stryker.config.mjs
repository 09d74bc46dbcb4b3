/**
 * `npm run test:mutation`: does some test notice when a decision changes? It takes minutes: `npm run test:deep` runs it, the normal run does not.
 * One file: npm run test:mutation -- --mutate lambdas/lib/domain/leaving.ts
 *
 * @type {import("@stryker-mutator/api/core").PartialStrykerOptions}
 */
export default {
  mutate: ["lambdas/lib/domain/**/*.ts", "lambdas/functions/*/decide.ts", "lambdas/functions/nat-health-probe/sweep.ts"],
  // The tests are jest's; test/support/mocha-of-jest.cjs says why mocha runs them here.
  testRunner: "mocha",
  mochaOptions: {
    require: ["./test/support/mocha-of-jest.cjs"],
    // The tables of decisions: without those that draw at random or walk through every call, which kill a mutant today and not tomorrow,
    // and without those of handlers and settings, which ask for other things.
    spec: [
      "test/lambdas/lib/domain/**/*.test.ts",
      "test/lambdas/functions/*/{decide,drift,last-resort,leftovers,requests,spread,sweep}*.test.ts",
    ],
    ignore: ["**/*.properties.test.ts"],
  },
  plugins: ["@stryker-mutator/mocha-runner"],
  coverageAnalysis: "perTest",
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
