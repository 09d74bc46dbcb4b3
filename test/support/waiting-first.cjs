const { default: Sequencer } = require("@jest/test-sequencer");

const waits = ({ path }) => path.includes("/test/terraform/");

/** Terraform against moto mostly waits, for minutes: it starts first, and everything else runs meanwhile. */
module.exports = class extends Sequencer {
  sort(tests) {
    return super.sort(tests).toSorted((a, b) => Number(waits(b)) - Number(waits(a)));
  }
};
