// Strips types for jest. Types are checked by `npm run check:types`; esbuild does not hoist jest.mock(), so tests inject instead.
const { createHash } = require("node:crypto");
const { transformSync, version } = require("esbuild");

module.exports = {
  getCacheKey: (source, path) => createHash("sha256").update(version).update(path).update(source).digest("hex"),
  process: (source, path) => {
    const { code } = transformSync(source, {
      loader: "ts",
      format: "cjs",
      target: "node20",
      sourcemap: "inline",
      sourcefile: path,
    });
    return { code };
  },
};
