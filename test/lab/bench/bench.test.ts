import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compileLoad } from "../../../lab/bench/compile";
import { inSandbox } from "../../../lab/bench/launch";
import { findProgram } from "../../../lab/world/host";
import { UNSHARE } from "../../instance/support/world";
import { describeInNamespaces, root } from "../support/in-namespaces";

function bench(...args: readonly string[]) {
  const argv = ["--import", "tsx", "lab/cli/main.ts", "bench", ...args];
  return spawnSync(process.execPath, argv, { cwd: root, encoding: "utf8", timeout: 60_000 });
}

describe("lab bench", () => {
  test.each([
    [["sneeze"], /part sneeze is not known; allowed: data-plane/],
    [["--workload", "nothing"], /workload nothing is not known; allowed: bulk TCP/],
    [["--ruleset", "pf"], /rule set pf is not known; allowed: forward/],
    [["--rounds", "0"], /must be a number from 1 to 50/],
  ])("%j is refused with exit code 2", (args, words) => {
    const { status, stderr, stdout } = bench(...args);

    expect(status).toBe(2);
    expect(stderr).toMatch(words);
    expect(stdout).toBe("");
  });

  test("without a compiler it says what to install", async () => {
    const empty = mkdtempSync(join(tmpdir(), "bench-"));
    try {
      const found = jest.fn(() => undefined);
      await expect(compileLoad(root, { cache: empty, find: found })).rejects.toMatchObject({
        exitCode: 2,
        message: expect.stringContaining("apt-get install -y gcc libc6-dev"),
      });
      expect(found).toHaveBeenCalledWith("cc");
    } finally {
      rmSync(empty, { recursive: true });
    }
  });
});

const hasCompiler = findProgram("cc", process.env["PATH"] ?? "") !== undefined;
const withCompiler = hasCompiler
  ? describeInNamespaces
  : (title: string, body: () => void) => describe.skip(`${title} (no cc)`, body);

withCompiler("a short run of the bench", () => {
  test("every workload crosses a router and a NAT, and is compared", async () => {
    const folder = mkdtempSync(join(tmpdir(), "bench-"));
    try {
      const load = await compileLoad(root);
      const result = await inSandbox({
        ...{ root, folder, load, part: "data-plane", rounds: 1, seconds: 0.05 },
        workloads: ["bulk TCP", "packets, 1000 flows", "new TCP connections", "new UDP flows"],
        rulesets: ["forward", "ours"],
      });

      expect(result.skipped).toEqual([]);
      expect(result.measured.map(({ workload, subject }) => `${workload}: ${subject}`).sort()).toEqual(
        ["bulk TCP", "new TCP connections", "new UDP flows", "packets, 1000 flows"].flatMap((workload) => [
          `${workload}: forward`,
          `${workload}: ours`,
        ]),
      );
      for (const { values } of result.measured) expect(values).toEqual([expect.any(Number)]);
      for (const { values } of result.measured) expect(Math.min(...values)).toBeGreaterThan(0);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }, 120_000);
});

describeInNamespaces("the port watch of the bench", () => {
  test("is the agent's, with all that the agent gives it: its first look is done before it is ready", async () => {
    const program = ["--import", "tsx", "lab/bench/programs/port-watch.ts", root, "198.51.100.50"];
    const child = spawn("unshare", [...UNSHARE, process.execPath, ...program], { cwd: root });
    const ended = once(child, "close");
    let errors = "";
    child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
    try {
      const said = await Promise.race([
        once(child.stdout, "data").then(String),
        ended.then(([code]) => `ended with ${code}: ${errors}`),
      ]);

      expect(said).toBe("ready\n");
      expect(errors).toBe("");
    } finally {
      child.kill("SIGKILL");
      await ended;
    }
  }, 30_000);
});
