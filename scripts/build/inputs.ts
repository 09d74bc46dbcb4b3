import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { FUNCTION_NAMES } from "../../contract/functions";
import type { Entry } from "./archive";

/** Folders of `instance/` that go to the machine as they are. */
const PAYLOAD_FOLDERS = ["bin", "lib", "nftables", "sysctl.d", "systemd"] as const;
/** Programs of the instances: bundle in the payload → source. */
export const AGENT_PROGRAMS: Readonly<Record<string, string>> = {
  "agent/nat-agent.mjs": "instance/agent/main.ts",
  "agent/replication.mjs": "instance/agent/replication/worker.ts",
  "agent/replication-reader.mjs": "instance/agent/replication/event-reader.ts",
  "agent/self-probe.mjs": "instance/agent/self-probe.ts",
};
/** All that a bundle can be made of, and what makes it. */
const SOURCES = ["contract", "lambdas", "instance", "scripts/build", "package-lock.json"];

/** Every file below a folder, sorted, relative to it. */
export function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();
}

/** Source of a function's bundle. */
export function handlerOf(name: string): string {
  return `lambdas/functions/${name}/handler.ts`;
}

/** What the build needs and does not find. */
export function missingInputs(root: string): readonly string[] {
  const needed = [
    ...Object.values(FUNCTION_NAMES).map(handlerOf),
    ...Object.values(AGENT_PROGRAMS),
    ...PAYLOAD_FOLDERS.map((f) => `instance/${f}`),
  ];
  return needed.filter((path) => !existsSync(join(root, path)));
}

/** Files of the payload that are shipped as they are. A script is executable wherever it was checked out. */
export function payloadFiles(root: string): readonly Entry[] {
  return PAYLOAD_FOLDERS.flatMap((folder) =>
    filesBelow(join(root, "instance", folder)).map((file) => ({
      name: `${folder}/${file}`,
      bytes: readFileSync(join(root, "instance", folder, file)),
      executable: folder === "bin",
    })),
  );
}

/** Digest of everything the build reads (hex): the same digest, the same output. */
export function inputDigest(root: string): string {
  const digest = createHash("sha256");
  for (const source of SOURCES) {
    const path = join(root, source);
    const files = statSync(path).isDirectory() ? filesBelow(path).map((file) => join(source, file)) : [source];
    for (const file of files)
      digest
        .update(`${file}\0`)
        .update(readFileSync(join(root, file)))
        .update("\0");
  }
  return digest.digest("hex");
}
