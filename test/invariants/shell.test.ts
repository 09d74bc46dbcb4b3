import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { projectFiles, read, ROOT } from "./support/tree";
import { temporaryFolder } from "../support/temporary-folder";

// Programs are started; a busy machine takes its time.
jest.setTimeout(60_000);

const check = (...args: readonly string[]) =>
  spawnSync(join(ROOT, "scripts/dev/check-shell"), [...args], { encoding: "utf8", cwd: ROOT });

function fileWith(text: string): string {
  const path = join(temporaryFolder("shell"), "file.sh");
  writeFileSync(path, text);
  return path;
}

describe("shell files", () => {
  test("are all found, by extension or by their first line", () => {
    const listed = check("--list").stdout.trim().split("\n");
    const shells = projectFiles().filter(
      (path) => path.endsWith(".sh") || (!/\.[^/]*$/.test(path) && /^#!.*\b(ba)?sh\b/.test(read(path))),
    );

    expect([...listed].sort()).toEqual([...shells].sort());
    expect(listed).toEqual(expect.arrayContaining([".ci/run", "scripts/test", "scripts/lib/common.sh"]));
  });

  test.each([
    ["what shellcheck finds", "#!/usr/bin/env bash\necho $1\n", /SC2086/],
    ["what shfmt would change", "#!/usr/bin/env bash\nif true; then\n    echo a\nfi\n", /^-\s+echo a/m],
  ])("are refused for %s", (_title, text, found) => {
    const { status, stdout } = check(fileWith(text));

    expect(status).toBe(1);
    expect(stdout).toMatch(found);
  });

  test("every program fails on the first error and on an unset variable, by itself or by the common.sh that it sources", () => {
    const loose = check("--list")
      .stdout.trim()
      .split("\n")
      .filter((path) => read(path).startsWith("#!") && !/^set -Eeuo pipefail$|\/common\.sh"$/m.test(read(path)));

    expect(loose).toEqual([]);
  });
});
