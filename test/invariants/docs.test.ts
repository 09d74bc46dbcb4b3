import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { projectFiles, read, ROOT } from "./support/tree";

// Programs are started; a busy machine takes its time.
jest.setTimeout(60_000);

const documents = projectFiles().filter((path) => path.endsWith(".md"));
const { scripts } = JSON.parse(read("package.json")) as { readonly scripts: Readonly<Record<string, string>> };

/** Text without fenced blocks in which a picture is drawn. */
const prose = (path: string): string => read(path).replaceAll(/```mermaid[\s\S]*?```/g, "");

/** GitHub's anchor of a heading. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-");

const anchors = (path: string): readonly string[] =>
  [...read(path).matchAll(/^#+ (.+)$/gm)].map(([, heading]) => anchorOf(heading ?? ""));

function brokenLinks(path: string): readonly string[] {
  return [...prose(path).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target]) => target ?? "")
    .filter((target) => !/^(https?:|mailto:)/.test(target))
    .filter((target) => {
      const [file = "", anchor] = target.split("#");
      const found = file === "" ? path : normalize(join(dirname(path), file));
      return !existsSync(join(ROOT, found)) || (anchor !== undefined && !anchors(found).includes(anchor));
    });
}

describe("documents", () => {
  test.each(documents)("%s has no broken link", (path) => {
    expect(brokenLinks(path)).toEqual([]);
  });

  test.each(documents)("%s names only commands that exist", (path) => {
    const npm = [...prose(path).matchAll(/\bnpm run (?:--silent )?([a-z][\w:-]*)/g)].map(([, name]) => name ?? "");
    const files = [...prose(path).matchAll(/(?:^|[\s`(])(?:\.\/)?(scripts\/[\w./-]*\w|\.ci\/run)\b/g)].map(
      ([, name]) => name ?? "",
    );

    expect(npm.filter((name) => !(name in scripts))).toEqual([]);
    expect(files.filter((name) => !existsSync(join(ROOT, name)))).toEqual([]);
  });

  test.each(documents)("%s names only files of the tree", (path) => {
    const named = [
      ...prose(path).matchAll(/`((?:stacks|modules|contract|lambdas|instance|lab|backends|test|docs)\/[\w./-]*\w)`/g),
    ].map(([, name]) => name ?? "");

    expect(named.filter((name) => !existsSync(join(ROOT, name)))).toEqual([]);
  });

  test("every decision is in the index, with its five sections", () => {
    const decisions = documents.filter((path) => path.startsWith("docs/decisions/"));

    expect(decisions.length).toBeGreaterThan(0);
    for (const path of decisions) {
      expect(read("docs/README.md")).toContain(path.replace("docs/", ""));
      expect([...read(path).matchAll(/^## (.+)$/gm)].map(([, title]) => title)).toEqual([
        "Status",
        "Context",
        "Positions",
        "Decision",
        "Consequences",
      ]);
    }
  });

  test("commands are executable", () => {
    const commands = ["scripts/demo", "scripts/test", "scripts/verify_nat.sh", "scripts/dev/check-shell", ".ci/run"];

    expect(commands.filter((path) => (statSync(join(ROOT, path)).mode & 0o111) === 0)).toEqual([]);
  });

  test("what takes too long for the normal run, and passes or fails, is in the deep one", () => {
    const alone = ["bench:decide", "test:mutation"].filter(
      (name) => !scripts["test:deep"]?.includes(`npm run --silent ${name} `),
    );

    expect(alone).toEqual([]);
  });

  test("the generated reference is what the code says", () => {
    const { status, stderr } = spawnSync("npm", ["run", "--silent", "check:docs"], { cwd: ROOT, encoding: "utf8" });

    expect({ status, stderr: stderr.replaceAll(/^npm warn.*\n/gm, "") }).toEqual({ status: 0, stderr: "" });
  });
});
