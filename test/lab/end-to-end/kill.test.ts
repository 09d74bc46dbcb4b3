import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { buildSync } from "esbuild";
import { bundleLab } from "../../../lab/cli/bundle";
import { takeDown } from "../../../lab/cli/down";
import { launch } from "../../../lab/cli/launch";
import type { Launched } from "../../../lab/cli/launch";
import { isRunning, runningLabs } from "../../../lab/cli/runs";
import { describeInNamespaces, root } from "../support/in-namespaces";
import type { Traces } from "../support/traces";
import { remaining, tracesOf } from "../support/traces";

const env = `kill-${process.pid}`;
const folder = join(root, ".lab", env);
const programs = join(folder, "programs");
const NOTHING: Traces = { processes: [], namespaces: [] };

function bundle(source: string, name: string): string {
  const outfile = join(programs, name);
  buildSync({
    entryPoints: [join(__dirname, source)],
    ...{ outfile, bundle: true, platform: "node", packages: "external", logLevel: "warning" },
  });
  return outfile;
}

async function until(condition: () => boolean, what: string): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (!condition()) {
    if (Date.now() > deadline)
      throw new Error(`${what}: not within 30 s; ${readFileSync(join(folder, "logs/holder.log"), "utf8")}`);
    await wait(10);
  }
}

async function everythingGoes(traces: Traces): Promise<void> {
  const deadline = Date.now() + 5000;
  while (remaining(traces).processes.length + remaining(traces).namespaces.length > 0 && Date.now() < deadline) await wait(20);
  expect(remaining(traces)).toEqual(NOTHING);
}

const start = (): Promise<Launched> => launch({ root, env, folder, stackDirectory: folder, programs, settings: {} });

describeInNamespaces("the end of a lab", () => {
  let mounts = "";

  beforeAll(async () => {
    mkdirSync(programs, { recursive: true });
    mkdirSync(join(folder, "logs"));
    await bundleLab(root);
    bundle("stub-holder.ts", "holder.cjs");
    mounts = readFileSync("/proc/self/mounts", "utf8");
  }, 60_000);

  beforeEach(() => {
    for (const file of ["launched", "up"]) rmSync(join(folder, file), { force: true });
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  afterEach(() => {
    expect(readFileSync("/proc/self/mounts", "utf8")).toBe(mounts);
  });

  test.each([0, 30, 100, 300, 1000])(
    "kill -9 after %d ms of coming up leaves no process and no namespace",
    async (ms) => {
      const { record, release } = await start();
      release();
      await wait(ms);
      const traces = tracesOf(record.pid);
      process.kill(record.pid, "SIGKILL");
      await everythingGoes(traces);
    },
    60_000,
  );

  test("kill -9 of the holder while a node runs takes the node along", async () => {
    const { record, release } = await start();
    release();
    await until(() => existsSync(join(folder, "up")), "user data");
    const traces = tracesOf(record.pid);
    expect(traces.processes.length).toBeGreaterThan(5);
    const holder = Number(readFileSync(`/proc/${record.initPid}/task/${record.initPid}/children`, "utf8").trim().split(" ")[0]);
    process.kill(holder, "SIGKILL");
    await everythingGoes(traces);
  }, 60_000);

  test("down ends everything before it returns, and forgets the run", async () => {
    const { record, release } = await start();
    release();
    await until(() => existsSync(join(folder, "launched")), "the node's launch");
    const traces = tracesOf(record.pid);
    expect(runningLabs(root).map((run) => run.env)).toContain(env);
    await takeDown(root, record);
    expect(isRunning(record)).toBe(false);
    expect(runningLabs(root).map((run) => run.env)).not.toContain(env);
    expect(remaining(traces).processes).toEqual([]);
  }, 60_000);

  test("a launcher that dies while the lab comes up takes the lab along", async () => {
    const program = bundle("launching-program.ts", "launching-program.cjs");
    const launcher = spawn(process.execPath, [program, root, env, folder, programs], { stdio: ["ignore", "pipe", "inherit"] });
    const pid = await new Promise<number>((resolve) => launcher.stdout.once("data", (chunk: Buffer) => resolve(Number(chunk))));
    await until(() => existsSync(join(folder, "launched")), "the node's launch");
    const traces = tracesOf(pid);
    launcher.kill("SIGKILL");
    await everythingGoes(traces);
  }, 60_000);
});
