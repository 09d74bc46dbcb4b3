// Strips types for jest. Types are checked by `npm run check:types`; esbuild does not hoist jest.mock(), so tests inject instead.
const { createHash } = require("node:crypto");
const { transformSync, version } = require("esbuild");

// jest runs no `import()` of CommonJS: it becomes a require.
const options = { loader: "ts", format: "cjs", target: "node20", sourcemap: "inline", supported: { "dynamic-import": false } };
const OPTIONS = JSON.stringify(options);

module.exports = {
  getCacheKey: (source, path) => createHash("sha256").update(version).update(OPTIONS).update(path).update(source).digest("hex"),
  process: (source, path) => {
    const { code } = transformSync(source, { ...options, sourcefile: path });
    return { code };
  },
};
