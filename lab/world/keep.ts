import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "./command";

/** Folders that nodes have for themselves. */
const HIDDEN = ["/opt", "/tmp"];

/** What of the host must stay visible in nodes although it lies in a hidden folder: the work tree, the tools. */
export function keptPaths(needed: readonly string[]): readonly string[] {
  const below = needed.filter((path) => HIDDEN.some((folder) => path.startsWith(`${folder}/`)));
  return [...new Set(below)].filter((path) => !below.some((other) => other !== path && path.startsWith(`${other}/`)));
}

/** Lays the kept folders out for `init.sh`: `<folder>/<n>/{path,tree}`. The mounts are the holder's, so they end with it. */
export async function layOutKept(folder: string, needed: readonly string[]): Promise<void> {
  mkdirSync(folder, { recursive: true });
  for (const [index, path] of keptPaths(needed).entries()) {
    const tree = join(folder, String(index), "tree");
    mkdirSync(tree, { recursive: true });
    writeFileSync(join(folder, String(index), "path"), path);
    await run("mount", ["--rbind", path, tree]);
  }
}
