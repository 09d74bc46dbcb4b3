/** @type {import("jest").Config} */
module.exports = {
  testEnvironment: "<rootDir>/test/support/jest-environment.cjs",
  testMatch: ["<rootDir>/test/**/*.test.ts"],
  // Measures times, so it has a run of its own: jest.lab.config.cjs.
  testPathIgnorePatterns: ["/node_modules/", "<rootDir>/test/lab/end-to-end/"],
  transform: { "\\.[cm]?tsx?$": "<rootDir>/test/support/esbuild-transform.cjs" },
  modulePathIgnorePatterns: ["<rootDir>/cdktf.out", "<rootDir>/dist", "<rootDir>/.lab", "<rootDir>/.stryker-tmp"],
  setupFiles: ["<rootDir>/test/support/environment.cjs"],
  // For two cores: some wait for programs that they start.
  maxWorkers: 3,
  // Generous: a busy machine takes its time, and no test measures it this way.
  testTimeout: 30_000,
};
