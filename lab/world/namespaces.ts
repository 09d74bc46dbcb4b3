import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import type { Readable } from "node:stream";
import { MACHINE } from "../runtime/machine";
import { ipBatch } from "./command";

/** A namespace that is no instance: it has a name and lives as long as the lab. */
export interface NamedNode {
  readonly name: string;
  readonly namespace: string;
}

/** Program and arguments that run something in a namespace, given by name. */
export function inNamespace(namespace: string, argv: readonly string[]): readonly string[] {
  return ["nsenter", `--net=/run/netns/${namespace}`, "--", ...argv];
}

export async function addNamespaces(names: readonly string[]): Promise<void> {
  await ipBatch(names.map((name) => `netns add ${name}`));
  await Promise.all(names.map((name) => ipBatch(["link set lo up"], name)));
}

/**
 * What a machine gets by DHCP, but one thing: neighbours are reached by the router too. A VPC answers ARP for every address of the
 * subnet; Linux does so with up to 0.8 s of delay, which an ordinary user may not change.
 */
export function configureEni(namespace: string, address: string, prefixLength: string, gateway: string): Promise<string> {
  return ipBatch(
    [
      `addr add ${address}/${prefixLength} dev ens5 noprefixroute`,
      "link set ens5 up",
      `route add ${gateway} dev ens5 scope link src ${address}`,
      `route add default via ${gateway} dev ens5 src ${address}`,
    ],
    namespace,
  );
}

/** Starts a program in a namespace with this environment and nothing else; nobody waits for it. */
export function startAgent(
  namespace: string,
  argv: readonly string[],
  environment: Readonly<Record<string, string>>,
  logPath: string,
): void {
  const [program = "", ...args] = inNamespace(namespace, argv);
  const log = openSync(logPath, "a");
  const child = spawn(program, args, { stdio: ["ignore", log, log], env: environment, ...MACHINE });
  closeSync(log);
  child.once("error", (error) => console.error(`${argv.join(" ")} in ${namespace}:`, error));
}

/** Starts a program in a namespace; resolves when it has said `ready`, rejects when it ends before. */
export function startService(namespace: string, argv: readonly string[], logPath: string): Promise<ChildProcess> {
  const [program = "", ...args] = inNamespace(namespace, argv);
  const log = openSync(logPath, "a");
  const child = spawn(program, args, { stdio: ["ignore", "pipe", log], ...MACHINE });
  closeSync(log);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`${argv.join(" ")} ended with ${code} before it was ready; see ${logPath}`)));
    (child.stdout as Readable).once("data", () => resolve(child));
  });
}
