import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import { whyNoNamespaces } from "../lab/support/in-namespaces";
import { eventually } from "../support/eventually";
import { temporaryFolder } from "../support/temporary-folder";

// Programs are started; a busy machine takes its time.
jest.setTimeout(60_000);

const ROOT = resolve(__dirname, "../..");

const assertion = (status: string, fullName: string) => ({ status, fullName });
const suite = (name: string, ...assertionResults: readonly unknown[]) => ({
  name: `/tree/test/${name}`,
  status: "passed",
  assertionResults,
});

/** jest's report of two tests that pass and one that is skipped. */
const GREEN = {
  success: true,
  numPassedTests: 2,
  numFailedTests: 0,
  numPendingTests: 1,
  numTodoTests: 0,
  numRuntimeErrorTestSuites: 0,
  testResults: [
    suite("a.test.ts", assertion("passed", "a"), assertion("passed", "b"), assertion("pending", "c (skipped: no terraform)")),
  ],
};

/** scripts/test in a scratch tree, with npm and npx replaced. Each run of jest gives the same report. */
function prepare(report: unknown, env: Readonly<Record<string, string>> = {}) {
  const root = temporaryFolder("test");
  for (const folder of ["scripts", "fake"]) mkdirSync(join(root, folder), { recursive: true });
  for (const path of ["scripts/test", "scripts/lib", "package-lock.json"])
    cpSync(join(ROOT, path), join(root, path), { recursive: true });
  symlinkSync(join(ROOT, "node_modules"), join(root, "node_modules"));
  writeFileSync(join(root, "fake/calls"), "");
  if (report !== undefined) writeFileSync(join(root, "fake/jest.json"), JSON.stringify(report));
  const path = [join(ROOT, "test/fixtures/fake-test-run"), process.env["PATH"]].join(delimiter);
  return { root, options: { encoding: "utf8", env: { ...process.env, PATH: path, FAKE: join(root, "fake"), ...env } } as const };
}

function run(report: unknown, env: Readonly<Record<string, string>> = {}, ...args: readonly string[]) {
  const { root, options } = prepare(report, env);
  const { status, stdout, stderr } = spawnSync(join(root, "scripts/test"), args, options);
  return {
    status,
    lines: stdout.trim().split("\n"),
    stderr,
    calls: readFileSync(join(root, "fake/calls"), "utf8").trim().split("\n"),
  };
}

describe("scripts/test", () => {
  test("counts each check once beside jest's own numbers, and names what was skipped", () => {
    const { status, lines } = run(GREEN);

    expect(status).toBe(0);
    const skipped = "skipped: test/a.test.ts: c (skipped: no terraform)";
    expect(lines).toEqual([skipped, skipped, skipped, skipped, "15 passed, 0 failed, 4 skipped"]);
  });

  test("a check that fails hides no other", () => {
    const { status, lines, stderr, calls } = run(GREEN, { FAKE_FAIL: "check:lint" });

    expect(status).toBe(1);
    expect(lines.at(-1)).toBe("14 passed, 1 failed, 4 skipped");
    expect(stderr).toMatch(/FAILED\S* lint/);
    expect(calls.filter((call) => call.includes("check:"))).toHaveLength(6);
    const ofJest = calls.filter((call) => call.startsWith("jest "));
    expect(ofJest).toHaveLength(4);
    // What runs beside the rest is not run by the rest.
    expect(ofJest).toContainEqual(expect.stringMatching(/ --testPathPatterns .*lambdas/));
    expect(ofJest).toContainEqual(expect.stringMatching(/ --testPathPatterns .*terraform/));
    expect(ofJest).toContainEqual(expect.stringMatching(/ --testPathIgnorePatterns (?=.*lambdas).*terraform/));
    expect(ofJest).toContainEqual(expect.stringMatching(/ --config jest.lab.config.cjs$/));
  });

  test("arguments name other tests, and only those run", () => {
    const { lines, calls } = run(GREEN, {}, "test/a.test.ts");

    expect(lines.at(-1)).toBe("9 passed, 0 failed, 1 skipped");
    expect(calls.filter((call) => call.startsWith("jest "))).toEqual([expect.stringMatching(/ test\/a\.test\.ts$/)]);
  });

  test("whoever ends it ends what runs in the background", async () => {
    const { root, options } = prepare(GREEN, { FAKE_HANGS: "check:lint" });
    const command = spawn(join(root, "scripts/test"), { ...options, stdio: "ignore" });
    const ended = once(command, "exit");
    const said = join(root, "fake/hanging");
    const hanging = await eventually(() => (existsSync(said) ? readFileSync(said, "utf8").trim() : ""), Boolean);
    command.kill("SIGTERM");
    await ended;

    await eventually(
      () => existsSync(`/proc/${hanging}`),
      (isThere) => !isThere,
    );
  });

  test("tests that fail, and files that cannot be run, are failures with their names", () => {
    const failed = { ...suite("b.test.ts", assertion("failed", "d")), status: "failed" };
    const broken = { ...suite("c.test.ts"), status: "failed" };
    const report = {
      ...GREEN,
      success: false,
      numFailedTests: 1,
      numRuntimeErrorTestSuites: 1,
      testResults: [...GREEN.testResults, failed, broken],
    };
    const { status, lines } = run(report);

    expect(status).toBe(1);
    expect(lines).toEqual(
      expect.arrayContaining(["failed: test/b.test.ts: d", "failed: test/c.test.ts: the file could not be run"]),
    );
    expect(lines.at(-1)).toBe("15 passed, 8 failed, 4 skipped");
  });

  test("jest without a report is a failure", () => {
    const { status, lines } = run(undefined);

    expect(status).toBe(1);
    expect(lines.at(-1)).toBe("7 passed, 4 failed, 0 skipped");
  });

  const missing = existsSync("/proc/self/autogroup") ? whyNoNamespaces() : "no sched_autogroup";
  const reason = missing === undefined ? "" : ` (skipped: ${missing})`;
  (missing === undefined ? test : test.skip)(`what runs beside yields, though many begin at once${reason}`, () => {
    // In a user namespace nobody has root's leave to change many weights at a time.
    const begin = `for i in 1 2 3 4; do setsid ${join(ROOT, "scripts/lib/yielding")} cat /proc/self/autogroup & done; wait`;
    const { stdout } = spawnSync("unshare", ["--user", "bash", "-c", begin], { encoding: "utf8" });

    expect(stdout.match(/nice 19/g)).toHaveLength(4);
  });

  test("knows which package brings a missing program", () => {
    // A PATH with everything but shfmt.
    const bin = temporaryFolder("bin");
    const programs = [
      "bash",
      "dirname",
      "jq",
      "nft",
      "conntrack",
      "ip",
      "curl",
      "aws",
      "unshare",
      "openssl",
      "python3",
      "shellcheck",
      "git",
      "ping",
      "mkdir",
    ];
    for (const name of programs) writeFileSync(join(bin, name), "#!/bin/sh\nexit 0\n", { mode: 0o755 });
    const script = `source "${join(ROOT, "scripts/lib/common.sh")}"; source "${join(ROOT, "scripts/lib/prerequisites.sh")}"; PATH="${bin}"; missing_packages "$LAB_PACKAGES $CHECK_PACKAGES"`;
    const { stdout } = spawnSync("bash", ["-c", script], { encoding: "utf8" });

    expect(stdout).toBe("shfmt");
  });
});
