import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { strToU8, zipSync } from "fflate";
import { bundleLab } from "../../../lab/cli/bundle";
import { BundleRunner } from "../../../lab/runtime/runner";
import type { FunctionModel } from "../../../lab/stack/model";
import { root } from "../support/in-namespaces";

/** A function that does what the event asks. */
const SOURCE = `
import { readFileSync } from "node:fs";
let calls = 0;
export const handler = async (event, context) => {
  calls += 1;
  if (event.sleepMs) await new Promise((done) => setTimeout(done, event.sleepMs));
  if (event.fail) throw new RangeError(event.fail);
  if (event.exit) process.exit(event.exit);
  console.log("seen", context.awsRequestId);
  return { calls, left: context.getRemainingTimeInMillis(), name: context.functionName, env: process.env, pid: process.pid,
    session: Number(readFileSync("/proc/self/stat", "utf8").replace(/.*\\) /, "").split(" ")[3]) };
};
`;

/** It takes longer to load than it may take to run. */
const SLOW_TO_LOAD = `
await new Promise((done) => setTimeout(done, 1500));
export const handler = async () => "loaded";
`;

interface Answer {
  readonly calls: number;
  readonly left: number;
  readonly name: string;
  readonly env: Readonly<Record<string, string>>;
  readonly pid: number;
  /** proc_pid_stat(5). */
  readonly session: number;
}

describe("the function runner", () => {
  let folder = "";
  let runner: BundleRunner;

  const model = (name: string, timeoutSeconds: number, zip = "function.zip"): FunctionModel => ({
    ...{ name, timeoutSeconds, roleName: `${name}-role`, subnetIds: [], deadLetterArn: undefined },
    arn: `arn:aws:lambda:us-east-1:123456789012:function:${name}`,
    zipPath: join(folder, zip),
    handler: "index.handler",
    environment: { HA_NAT_ENV: "test" },
  });

  beforeAll(async () => {
    mkdirSync(join(root, ".lab"), { recursive: true });
    folder = mkdtempSync(join(root, ".lab", "test-"));
    const programs = await bundleLab(root);
    writeFileSync(join(folder, "function.zip"), zipSync({ "index.mjs": strToU8(SOURCE) }));
    writeFileSync(join(folder, "slow.zip"), zipSync({ "index.mjs": strToU8(SLOW_TO_LOAD) }));
    runner = new BundleRunner({
      functions: [model("patient", 30), model("hasty", 1), model("slow", 1, "slow.zip")],
      region: "us-east-1",
      credentials: (role, session) => ({ accessKeyId: role, secretAccessKey: session, sessionToken: "token" }),
      enter: (_name, argv) => argv,
      bootstrap: join(programs, "bootstrap.cjs"),
      folder: join(folder, "functions"),
      logs: folder,
      awsEndpoint: "http://203.0.113.10:4566",
      authority: join(folder, "ca.pem"),
      path: process.env["PATH"] ?? "",
    });
  }, 60_000);

  afterAll(() => {
    runner.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const invoke = async (name: string, event: object): Promise<Answer> => {
    const result = await runner.invoke(name, JSON.stringify(event));
    expect(result.error).toBeUndefined();
    return JSON.parse(result.payload) as Answer;
  };

  test("a function sees its context, its role's keys and nothing of the host", async () => {
    const { name, left, env } = await invoke("patient", {});

    expect(name).toBe("patient");
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThanOrEqual(30_000);
    expect(env).toMatchObject({ AWS_ACCESS_KEY_ID: "patient-role", AWS_SECRET_ACCESS_KEY: "patient", HA_NAT_ENV: "test" });
    expect(env["HOME"]).toBeUndefined();
    expect(readFileSync(join(folder, "patient.log"), "utf8")).toContain("seen");
  }, 60_000);

  test("a process stays warm and takes one invocation at a time", async () => {
    const first = await invoke("patient", {});
    const second = await invoke("patient", {});
    const [one, other] = await Promise.all([invoke("patient", { sleepMs: 300 }), invoke("patient", { sleepMs: 300 })]);

    expect(second.pid).toBe(first.pid);
    expect(second.calls).toBe(first.calls + 1);
    expect(one.pid).not.toBe(other.pid);
  }, 60_000);

  test("an error of the handler comes back as Lambda's document", async () => {
    const result = await runner.invoke("patient", JSON.stringify({ fail: "out of range" }));

    expect(result.error).toBe("Unhandled");
    expect(JSON.parse(result.payload)).toMatchObject({ errorType: "RangeError", errorMessage: "out of range" });
  }, 60_000);

  test("a function is killed at its timeout and starts anew", async () => {
    const before = await invoke("hasty", {});
    const result = await runner.invoke("hasty", JSON.stringify({ sleepMs: 20_000 }));
    const after = await invoke("hasty", {});

    expect(JSON.parse(result.payload)).toMatchObject({
      errorMessage: expect.stringContaining("Task timed out after 1.00 seconds"),
    });
    expect(after.pid).not.toBe(before.pid);
    expect(existsSync(`/proc/${before.pid}`)).toBe(false);
  }, 60_000);

  test("loading is not part of the time-out", async () => {
    expect(await runner.invoke("slow", "{}")).toMatchObject({ payload: '"loaded"', error: undefined });
  }, 60_000);

  test("what works on something is killed, what waits for work is not", async () => {
    const [busy, idle] = await Promise.all([invoke("patient", { sleepMs: 300 }), invoke("patient", { sleepMs: 300 })]);
    const result = runner.invoke("patient", JSON.stringify({ sleepMs: 20_000 }));
    await new Promise((done) => setTimeout(done, 200));

    expect(runner.kill("patient")).toBe(1);

    expect(JSON.parse((await result).payload)).toMatchObject({
      errorType: "Runtime.ExitError",
      errorMessage: expect.stringContaining("SIGKILL"),
    });
    expect([busy.pid, idle.pid]).toContain((await invoke("patient", {})).pid);
    expect(runner.kill("patient")).toBe(0);
  }, 60_000);

  test("a function that exits is an error, and starts anew", async () => {
    const result = await runner.invoke("patient", JSON.stringify({ exit: 3 }));

    expect(JSON.parse(result.payload)).toMatchObject({
      errorType: "Runtime.ExitError",
      errorMessage: expect.stringContaining("exit status 3"),
    });
    expect((await invoke("patient", {})).calls).toBeGreaterThan(0);
  }, 60_000);

  test("a function that the stack does not have is named", async () => {
    await expect(runner.invoke("nobody", "{}")).rejects.toThrow(
      "function nobody is not in the stack; it has patient, hasty, slow",
    );
  });

  test("a function has a session of its own, hence a machine's share of the cores", async () => {
    const { session, pid } = await invoke("patient", {});

    expect(session).toBe(pid);
  });
});
