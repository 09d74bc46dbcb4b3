// The whole system in the lab: one suite after the other and nothing beside it but what yields (scripts/test), because it measures times
// and looks for traces (the kernel gives the number of a namespace that is gone to the next one, whosever it is).
const base = require("./jest.config.cjs");

/** @type {import("jest").Config} */
module.exports = {
  ...base,
  testMatch: ["<rootDir>/test/lab/end-to-end/**/*.test.ts"],
  // They take many minutes each, or a lab of their own; `npm run test:deep` runs them.
  testPathIgnorePatterns: ["/node_modules/", ...(process.env.HA_NAT_DEEP === "1" ? [] : ["/end-to-end/deep/"])],
  maxWorkers: 1,
};
