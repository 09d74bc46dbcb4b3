// The tests of the decisions, without those that draw at random or walk through every call: a mutant must be killed by a test that
// says what is wrong, and the same one every time.
const base = require("./jest.config.cjs");

/** @type {import("jest").Config} */
module.exports = {
  ...base,
  testEnvironment: "@stryker-mutator/jest-runner/jest-env/node",
  testMatch: ["<rootDir>/test/lambdas/lib/domain/**/*.test.ts", "<rootDir>/test/lambdas/functions/**/*.test.ts"],
  testPathIgnorePatterns: ["/node_modules/", "\\.properties\\.test\\.ts$", "/chaos\\.test\\.ts$", "/egress-prober/"],
  modulePathIgnorePatterns: [],
  maxWorkers: 1,
};
