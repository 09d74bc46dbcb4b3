import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";

export const ROOT = resolve(__dirname, "../../..");

/** Text of a file of the work tree. */
export const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");

/** Paths of the work tree that belong to the project: tracked, or new and not ignored. */
export function projectFiles(): readonly string[] {
  const listed = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: ROOT,
    encoding: "utf8",
  });
  return listed.split("\0").filter((path) => path !== "" && existsSync(join(ROOT, path)) && statSync(join(ROOT, path)).isFile());
}

/** A scratch tree with our configuration of the linters, the given files (path → text), and our node_modules. */
export function scratchTree(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), "ha-nat-invariant-"));
  for (const name of [".dependency-cruiser.cjs", "eslint.config.mjs", "tsconfig.json", "package.json"])
    cpSync(join(ROOT, name), join(root, name));
  symlinkSync(join(ROOT, "node_modules"), join(root, "node_modules"));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(root, dirname(path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

/** stdout of a program of node_modules/.bin, whatever its exit code. */
export function outputOf(root: string, program: string, args: readonly string[]): string {
  try {
    return execFileSync(join(ROOT, "node_modules/.bin", program), [...args], { cwd: root, encoding: "utf8", maxBuffer: 1 << 28 });
  } catch (error) {
    const { stdout, stderr } = error as { readonly stdout?: string; readonly stderr?: string };
    if (stdout === undefined || stdout === "")
      throw new Error(`${program} said nothing on stdout: ${stderr ?? ""}`, { cause: error });
    return stdout;
  }
}
