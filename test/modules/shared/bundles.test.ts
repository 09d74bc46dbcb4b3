import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadBundles } from "../../../modules/shared/bundles";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "ha-nat-bundles-"));
  mkdirSync(join(root, "dist"));
});
afterEach(() => rmSync(root, { recursive: true }));

const manifest = {
  lambdas: { one: { zip: "dist/one.zip", sha256: "aa" } },
  payload: { path: "dist/payload.tar.gz", sha256: "bb" },
};

test("nothing built yet says how to build", () => {
  expect(() => loadBundles(root)).toThrow(/manifest\.json is missing.*run npm run build/);
});

test("a file that the manifest names and nobody finds is named", () => {
  writeFileSync(join(root, "dist/manifest.json"), JSON.stringify(manifest));

  expect(() => loadBundles(root)).toThrow(/payload\.tar\.gz \(payload\) is missing/);
});

test("a function that was not built is named, with those that were", () => {
  writeFileSync(join(root, "dist/manifest.json"), JSON.stringify(manifest));
  for (const file of ["one.zip", "payload.tar.gz"]) writeFileSync(join(root, "dist", file), "x");
  const bundles = loadBundles(root);

  expect(bundles.lambda("one")).toEqual({ path: join(root, "dist/one.zip"), sha256: "aa" });
  expect(() => bundles.lambda("two")).toThrow(/no function two; it has one/);
});
