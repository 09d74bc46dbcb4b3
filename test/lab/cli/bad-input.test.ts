import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { root } from "../support/in-namespaces";

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function lab(...args: readonly string[]): Ended {
  const done = spawnSync(process.execPath, ["--import", "tsx", "lab/cli/main.ts", ...args], { cwd: root, encoding: "utf8" });
  return { code: done.status, stdout: done.stdout, stderr: done.stderr };
}

describe("the lab's command line", () => {
  test.each([
    [["up", "staging"], /environment staging is unknown; allowed: .*test.*; choose one of them/],
    [["status", "--env", "staging"], /environment staging is unknown/],
    [["fault", "sneeze"], /fault sneeze is unknown; allowed: kill-nat/],
    [["fault", "kill-nat", "--watch", "soon"], /must be a number from 1 to 3600/],
    [["gameday", "--write", "--voids", "2"], /--voids 2 with --write: the page says 5; leave --voids out/],
    [["up", "--boot-ms", "-1"], /must be a number from 0 to 600000/],
    [["exec", "nat-use1-az1-a"], /missing required argument 'cmd'/],
    [["dance"], /unknown command 'dance'/],
  ])(
    "%j is refused with exit code 2 and changes nothing",
    (args, words) => {
      const { code, stdout, stderr } = lab(...args);

      expect(code).toBe(2);
      expect(stderr).toMatch(words);
      expect(stdout).toBe("");
      expect(existsSync(join(root, ".lab/staging"))).toBe(false);
    },
    60_000,
  );

  test("help is no error and lists the faults", () => {
    const { code, stdout } = lab("fault", "--help");

    expect(code).toBe(0);
    expect(stdout).toContain("lose-zone");
  }, 60_000);
});
