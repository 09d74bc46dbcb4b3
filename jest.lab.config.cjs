// The whole system in the lab: alone on the machine, one suite after the other, because it measures times and looks for traces
// (the kernel gives the number of a namespace that is gone to the next one, whosever it is).
const base = require("./jest.config.cjs");

/** @type {import("jest").Config} */
module.exports = {
  ...base,
  testMatch: ["<rootDir>/test/lab/end-to-end/**/*.test.ts"],
  // Drift takes as long as the schedules that find it, a variant a lab of its own; `npm run test:deep` runs them.
  testPathIgnorePatterns: [
    "/node_modules/",
    ...(process.env.HA_NAT_DEEP === "1"
      ? []
      : ["/end-to-end/(calls|chaos|drift|last-resort|elastic|steering-eip|targets)[.]test"]),
  ],
  maxWorkers: 1,
};
