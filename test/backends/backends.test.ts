import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App, TerraformStack } from "cdktf";
import { configureBackend, loadBackend } from "../../backends";

const folder = mkdtempSync(join(tmpdir(), "ha-nat-backends-"));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

test.each(["test", "prod"])(
  "backend-%s.hcl makes a whole S3 block: encrypted, locked by a file in the bucket, no DynamoDB",
  async (env) => {
    const settings = await loadBackend(join(__dirname, `../../backends/backend-${env}.hcl`));
    const stack = new TerraformStack(new App({ outdir: folder }), `stack-${env}`);

    configureBackend(stack, settings);

    expect((stack.toTerraform() as { terraform: object }).terraform).toEqual({
      backend: { s3: { ...settings, encrypt: true, use_lockfile: true } },
    });
    expect(settings.key).toContain(env);
  },
);

test("a file that changes is read anew", async () => {
  const path = file("changing.hcl", 'bucket = "one"\nkey = "k"\nregion = "us-east-1"\n');
  expect(await loadBackend(path)).toMatchObject({ bucket: "one" });
  expect(await loadBackend(path)).toMatchObject({ bucket: "one" });

  file("changing.hcl", 'bucket = "two"\nkey = "k"\nregion = "us-east-1"\n');

  expect(await loadBackend(path)).toMatchObject({ bucket: "two" });
});

test.each([
  ["missing", () => join(folder, "none.hcl"), /none\.hcl: cannot be read .*ENOENT.*write bucket, key and region/],
  [
    "unreadable",
    () => (mkdirSync(join(folder, "folder.hcl"), { recursive: true }), join(folder, "folder.hcl")),
    /folder\.hcl: cannot be read .*EISDIR/,
  ],
  ["not HCL", () => file("bad.hcl", "bucket = {"), /bad\.hcl: not valid HCL/],
  [
    "without bucket",
    () => file("nobucket.hcl", 'key = "k"\nregion = "us-east-1"'),
    /nobucket\.hcl: bucket: got nothing; allowed: a non-empty text; fix: write bucket/,
  ],
  ["without key", () => file("nokey.hcl", 'bucket = "b"\nregion = "us-east-1"'), /nokey\.hcl: key: got nothing/],
  ["with an empty key", () => file("empty.hcl", 'bucket = "b"\nkey = ""\nregion = "us-east-1"'), /empty\.hcl: key: got ""/],
  [
    "that sets locking itself",
    () => file("lock.hcl", 'bucket = "b"\nkey = "k"\nregion = "r"\ndynamodb_table = "t"'),
    /dynamodb_table: got "t".*always on/,
  ],
])("a backend file %s is refused, naming file, field and fix", async (_, path, message) => {
  await expect(loadBackend(path())).rejects.toThrow(message);
});
