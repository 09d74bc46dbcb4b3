/** @type {import("jest").Config} */
module.exports = {
  testEnvironment: "node",
  testMatch: ["<rootDir>/test/**/*.test.ts"],
  transform: { "\\.[cm]?tsx?$": "<rootDir>/test/support/esbuild-transform.cjs" },
  modulePathIgnorePatterns: ["<rootDir>/cdktf.out", "<rootDir>/dist", "<rootDir>/.lab"],
  setupFiles: ["<rootDir>/test/support/environment.cjs"],
  maxWorkers: 2,
};
