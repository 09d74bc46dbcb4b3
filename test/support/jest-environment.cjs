const { AsyncLocalStorage } = require("node:async_hooks");
const { TestEnvironment } = require("jest-environment-node");

const enabled = new Set();
const { run } = AsyncLocalStorage.prototype;
AsyncLocalStorage.prototype.run = function (...args) {
  enabled.add(this);
  return run.apply(this, args);
};

/**
 * Node's own environment, without what each file leaves behind: jest-circus enables a store per file and never disables it, and up to
 * Node 23 every store that is enabled makes every promise of the process dearer. After a hundred files they cost five times as much.
 */
module.exports = class extends TestEnvironment {
  async teardown() {
    for (const store of enabled) store.disable();
    enabled.clear();
    await super.teardown();
  }
};
