import { spawn } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { temporaryFolder } from "../support/temporary-folder";

// Programs are started; a busy machine takes its time.
jest.setTimeout(60_000);

const ROOT = resolve(__dirname, "../..");

const lane = { lane: "use1-az1-l1", attempts: 300, failed: 40, outageMs: 1200, reasons: [] as string[] };
const addresses = { publicAddressBefore: "198.51.100.1", publicAddressAfter: "198.51.100.1" };
const fault = (change: object = {}) => ({
  fault: "kill-nat",
  node: "nat-use1-az1-a",
  ok: true,
  lanes: [{ ...lane, ...addresses, ...change }],
});

interface Options {
  readonly args?: readonly string[];
  readonly report?: unknown;
  readonly env?: Readonly<Record<string, string>>;
  readonly verifyStatus?: number;
  readonly interruptAt?: string;
}

/** scripts/demo in a scratch tree, with npm (and so the lab) and verify_nat.sh replaced. */
async function demo({ args = [], report = fault(), env = {}, verifyStatus = 0, interruptAt }: Options = {}) {
  const root = temporaryFolder("demo");
  for (const folder of ["scripts/lib", "backends", "fake"]) mkdirSync(join(root, folder), { recursive: true });
  for (const path of ["scripts/demo", "scripts/lib", "package-lock.json"])
    cpSync(join(ROOT, path), join(root, path), { recursive: true });
  for (const name of ["test", "prod"]) writeFileSync(join(root, `backends/backend-${name}.hcl`), "");
  symlinkSync(join(ROOT, "node_modules"), join(root, "node_modules"));
  writeFileSync(
    join(root, "scripts/verify_nat.sh"),
    `#!/usr/bin/env bash\necho "verify $* $HA_NAT_LAB_ENV" >>"$FAKE/calls"\nexit ${verifyStatus}\n`,
  );
  chmodSync(join(root, "scripts/verify_nat.sh"), 0o755);
  writeFileSync(join(root, "fake/fault.json"), JSON.stringify(report));
  writeFileSync(join(root, "fake/calls"), "");
  const calls = () => readFileSync(join(root, "fake/calls"), "utf8").trim().split("\n");
  const path = [join(ROOT, "test/fixtures/fake-demo"), process.env["PATH"]].join(delimiter);
  const child = spawn(join(root, "scripts/demo"), args, {
    env: { ...process.env, PATH: path, FAKE: join(root, "fake"), ...env },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const ended = new Promise<number | null>((done) => child.on("close", done));
  if (interruptAt !== undefined) {
    const deadline = Date.now() + 10_000;
    while (!calls().some((call) => call.includes(interruptAt)) && Date.now() < deadline) await wait(20);
    // As a terminal does: the whole foreground group gets it.
    process.kill(-(child.pid ?? 0), "SIGINT");
  }
  return { status: await ended, stdout, stderr, calls: calls(), root };
}

describe("scripts/demo", () => {
  test("brings prod up, verifies, kills, shows the times, verifies again, takes it down", async () => {
    const { status, stdout, calls } = await demo();

    expect(status).toBe(0);
    expect(calls).toEqual([
      "run --silent synth",
      "run --silent lab -- endpoint --env prod --json",
      "run --silent lab -- up prod",
      "verify lab prod",
      "run --silent lab -- fault kill-nat --env prod --watch 10 --json",
      "verify lab prod",
      "run --silent lab -- down --env prod",
    ]);
    expect(stdout).toContain(
      "use1-az1-l1: new connections failed for 1200 ms (40 of 300 tries); public address 198.51.100.1, unchanged",
    );
  });

  test.each<[string, Options, number]>([
    ["an outage above 3 s is a failure in prod", { report: fault({ outageMs: 3001 }) }, 1],
    [
      "it is none in test, where another zone has to take over",
      { report: fault({ outageMs: 3001 }), args: ["--env", "test"] },
      0,
    ],
    ["above 5 s it is one there too", { report: fault({ outageMs: 5001 }), args: ["--env=test"] }, 1],
    ["a lane that never came back is a failure", { report: fault({ outageMs: null }) }, 1],
    ["a watch without a lane is a failure", { report: { ...fault(), lanes: [] } }, 1],
    [
      "what the lab calls not right is a failure",
      { report: { ...fault({ reasons: ["public address 1.2.3.4"] }), ok: false } },
      1,
    ],
    ["a verification that finds a fault is a failure", { verifyStatus: 1 }, 1],
    ["a lab that does not come up is a failure", { env: { FAKE_FAIL: "up" } }, 1],
    ["a fault that cannot be injected is no result", { env: { FAKE_FAIL: "fault" } }, 2],
  ])("%s, and the lab is taken down", async (_title, options, expected) => {
    const { status, calls } = await demo(options);

    expect(status).toBe(expected);
    expect(calls.at(-1)).toMatch(/^run --silent lab -- down --env (prod|test)$/);
  });

  test("refuses to break a lab that somebody else has up, and leaves it up", async () => {
    const { status, stderr, calls } = await demo({ env: { FAKE_UP: "yes" } });

    expect(status).toBe(2);
    expect(stderr).toContain("a lab of prod is up already");
    expect(calls.at(-1)).toContain("endpoint");
  });

  test("Ctrl-C takes the lab down and ends with 130", async () => {
    const { status, calls } = await demo({ env: { FAKE_HANG: "yes" }, interruptAt: "up prod" });

    expect(status).toBe(130);
    expect(calls.at(-1)).toMatch(/^run --silent lab -- down --env (prod|test)$/);
  });

  test.each([[["--env", "staging"]], [["--env"]], [["--fast"]]])("refuses %j before anything is done", async (args) => {
    const { status, calls, stderr } = await demo({ args });

    expect({ status, calls }).toEqual({ status: 2, calls: [""] });
    expect(stderr).toMatch(/allowed: prod, test|prod or test|usage/);
  });

  test("writes nothing outside the work tree: caches and temporary files are under .lab/cache", async () => {
    const { root } = await demo();

    expect(existsSync(join(root, ".lab/cache/tmp"))).toBe(true);
  });
});
