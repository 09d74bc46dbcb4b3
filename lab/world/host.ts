import { accessSync, constants, lstatSync, mkdirSync, readlinkSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join, resolve } from "node:path";
import { run } from "./command";
import { INTERNET } from "./fabric";
import { layOutKept } from "./keep";

/** The holder's private `/run`. */
export const PRIVATE_RUN = "/run/lab";

const SYSTEM_FOLDERS = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/** PATH of everything in the lab: the node that runs us, then the system. */
export function toolPath(execPath: string): string {
  return [dirname(execPath), ...SYSTEM_FOLDERS].join(delimiter);
}

/** A program by name: the system's folders first, because a version manager's stand-ins cost a second a call. */
export function findProgram(name: string, path: string): string | undefined {
  return [...SYSTEM_FOLDERS, ...path.split(delimiter)].map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Makes the holder's mount namespace its own: a private `/run`, the lab's resolver, the folders that nodes keep. */
export async function prepareMounts(folder: string, needed: readonly string[]): Promise<void> {
  await run("mount", ["-t", "tmpfs", "-o", "mode=755", "lab", "/run"]);
  mkdirSync("/run/netns", { recursive: true });
  mkdirSync(PRIVATE_RUN, { recursive: true });
  await useResolver(folder);
  await layOutKept(join(PRIVATE_RUN, "keep"), needed);
}

/** Names asked from the lab's namespaces go to the lab's resolver; the host's file stays as it is. */
async function useResolver(folder: string): Promise<void> {
  const text = `nameserver ${INTERNET.resolver}\n`;
  const file = "/etc/resolv.conf";
  if (lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink()) {
    const target = resolve(dirname(file), readlinkSync(file));
    // systemd-resolved's file lies in /run, which is private by now.
    if (!target.startsWith("/run/")) return;
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, text);
    return;
  }
  const ours = join(folder, "resolv.conf");
  writeFileSync(ours, text);
  await run("mount", ["--bind", ours, file]);
}
