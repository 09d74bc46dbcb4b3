import { execFile } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import { temporaryFolder } from "../../support/temporary-folder";

// Programs are started; a busy machine takes its time.
jest.setTimeout(60_000);

const ROOT = resolve(__dirname, "../../..");

interface Tree {
  readonly root: string;
  readonly fake: string;
  readonly plans: string;
}

/** A scratch copy of the scripts beside a synthesised stack of two environments, with fakes first on PATH. */
function scratchTree(): Tree {
  const root = temporaryFolder("ci");
  const fake = join(root, "fake");
  for (const folder of ["scripts/ci", "scripts/lib"]) cpSync(join(ROOT, folder), join(root, folder), { recursive: true });
  for (const file of ["package.json", "tsconfig.json"]) cpSync(join(ROOT, file), join(root, file));
  symlinkSync(join(ROOT, "node_modules"), join(root, "node_modules"));
  for (const folder of ["fake", "backends", "cdktf.out/stacks/test", "cdktf.out/stacks/prod"])
    mkdirSync(join(root, folder), { recursive: true });
  for (const env of ["test", "prod"]) {
    writeFileSync(join(root, `backends/backend-${env}.hcl`), "");
    writeFileSync(join(root, `cdktf.out/stacks/${env}/cdk.tf.json`), "{}");
  }
  writeFileSync(join(fake, "calls"), "");
  const change = { actions: ["update"], before: { value: "a" }, after: { value: "hunter2" } };
  writeFileSync(join(fake, "plan.json"), JSON.stringify({ resource_changes: [{ address: "aws_x.Y", type: "aws_x", change }] }));
  writeFileSync(join(fake, "comments.json"), "[]");
  return { root, fake, plans: join(root, "plans") };
}

async function run(tree: Tree, script: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const path = [join(ROOT, "test/fixtures/fake-pipeline"), process.env["PATH"]].join(delimiter);
  return new Promise<{ status: number; stdout: string; stderr: string; calls: readonly string[] }>((done) => {
    const options = { env: { ...process.env, PATH: path, FAKE: tree.fake, GITHUB_SHA: "abc1234", ...env } };
    execFile(join(tree.root, "scripts/ci", script), [...args], options, (error, stdout, stderr) => {
      const calls = readFileSync(join(tree.fake, "calls"), "utf8").trim().split("\n");
      done({ status: typeof error?.code === "number" ? error.code : 0, stdout, stderr, calls });
    });
  });
}

describe("plan.sh and apply.sh", () => {
  test("plan without a lock, leave the plan, what it belongs to, and a comment without values", async () => {
    const tree = scratchTree();

    const { status, calls } = await run(tree, "plan.sh", ["test", tree.plans], { HA_NAT_PLAN_ROLE: "r", FAKE_PLAN_STATUS: "2" });

    expect(status).toBe(0);
    expect(calls.find((call) => call.includes(" plan "))).toMatch(/-lock=false .*-out=.*test\.tfplan/);
    const comment = readFileSync(join(tree.plans, "test.md"), "utf8");
    expect(comment).toContain("~ aws_x.Y (value)");
    expect(comment).not.toContain("hunter2");
  });

  test("a plan that fails leaves no comment and no digest", async () => {
    const tree = scratchTree();

    const { status, stderr } = await run(tree, "plan.sh", ["test", tree.plans], { HA_NAT_PLAN_ROLE: "r", FAKE_PLAN_STATUS: "1" });

    expect(status).toBe(2);
    expect(stderr).toContain("terraform plan of test failed");
    expect(existsSync(join(tree.plans, "test.md")) || existsSync(join(tree.plans, "test.digest"))).toBe(false);
  });

  test("with no role there is no plan, and the comment says so", async () => {
    const tree = scratchTree();

    const { status, calls } = await run(tree, "plan.sh", ["prod", tree.plans], { HA_NAT_PLAN_ROLE: "" });

    expect({ status, calls }).toEqual({ status: 0, calls: [""] });
    expect(readFileSync(join(tree.plans, "prod.md"), "utf8")).toMatch(
      /^<!-- ha-nat plan prod -->\n.*not planned\n\n.*HA_NAT_PLAN_ROLE_PROD/,
    );
  });

  test("apply takes the approved plan file, nothing else", async () => {
    const tree = scratchTree();
    await run(tree, "plan.sh", ["prod", tree.plans], { HA_NAT_PLAN_ROLE: "r" });

    const { status, calls } = await run(tree, "apply.sh", ["prod", tree.plans]);

    expect(status).toBe(0);
    expect(calls.at(-1)).toMatch(/ apply -lock-timeout=5m .*prod\.tfplan$/);
  });

  test.each([
    ["the stack", "cdktf.out/stacks/prod/cdk.tf.json"],
    ["a bundle", "dist/manifest.json"],
  ])("apply refuses a plan when %s has changed since", async (_what, file) => {
    const tree = scratchTree();
    await run(tree, "plan.sh", ["prod", tree.plans], { HA_NAT_PLAN_ROLE: "r" });
    mkdirSync(join(tree.root, "dist"), { recursive: true });
    writeFileSync(join(tree.root, file), "changed");

    const { status, stderr, calls } = await run(tree, "apply.sh", ["prod", tree.plans]);

    expect(status).toBe(2);
    expect(stderr).toContain("the plan belongs to other bytes");
    expect(calls.some((call) => call.includes(" apply "))).toBe(false);
  });

  test.each(["plan.sh", "apply.sh"])("%s refuses an unknown environment and calls nothing", async (script) => {
    const tree = scratchTree();

    const { status, stderr, calls } = await run(tree, script, ["staging", tree.plans]);

    expect({ status, calls }).toEqual({ status: 2, calls: [""] });
    expect(stderr).toContain("unknown environment 'staging'; allowed: prod, test");
  });
});

describe("validate.sh", () => {
  test.each([
    ["valid without a warning", { valid: true, diagnostics: [] }, 0],
    ["valid with a warning", { valid: true, diagnostics: [{ severity: "warning", summary: "Deprecated", detail: "x" }] }, 1],
    ["invalid", { valid: false, diagnostics: [{ severity: "error", summary: "Bad", detail: "x" }] }, 1],
  ])("%s", async (_title, answer, expected) => {
    const { status, calls } = await run(scratchTree(), "validate.sh", [], { FAKE_VALIDATE: JSON.stringify(answer) });

    expect(status).toBe(expected);
    expect(calls.filter((call) => call.includes(" validate "))).toHaveLength(2);
  });

  test("no answer is not valid", async () => {
    const { status } = await run(scratchTree(), "validate.sh", [], { FAKE_VALIDATE: "" });

    expect(status).toBe(1);
  });
});

describe("comment.sh", () => {
  const marker = "<!-- ha-nat plan test -->";

  async function comment(comments: readonly unknown[], first = marker) {
    const tree = scratchTree();
    const file = join(tree.root, "test.md");
    writeFileSync(file, `${first}\nbody\n`);
    writeFileSync(join(tree.fake, "comments.json"), JSON.stringify(comments));
    return run(tree, "comment.sh", ["owner/name", "7", file]);
  }

  test("updates its own comment in place", async () => {
    const { status, calls } = await comment([
      { id: 1, user: { type: "User" }, body: `${marker}\nsomeone quoting it` },
      { id: 2, user: { type: "Bot" }, body: `${marker}\nold` },
    ]);

    expect(status).toBe(0);
    expect(calls.at(-1)).toMatch(/--method PATCH repos\/owner\/name\/issues\/comments\/2 /);
  });

  test("comments anew when there is none of its own", async () => {
    const { calls } = await comment([{ id: 2, user: { type: "Bot" }, body: "<!-- ha-nat plan prod -->\nother" }]);

    expect(calls.at(-1)).toMatch(/--method POST repos\/owner\/name\/issues\/7\/comments /);
  });

  test("refuses a file that is no plan comment", async () => {
    const { status, calls } = await comment([], "hello");

    expect({ status, calls }).toEqual({ status: 2, calls: [""] });
  });
});
