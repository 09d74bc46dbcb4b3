import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { closeSync, openSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo, Server } from "node:net";
import { join } from "node:path";
import type { Writable } from "node:stream";
import { setTimeout as wait } from "node:timers/promises";
import { toolPath } from "../world/host";
import { CommandError } from "./output";
import type { RunRecord } from "./runs";
import { startTicks, writeRun } from "./runs";

export interface Launched {
  readonly record: RunRecord;
  /** Resolves when the holder has ended. */
  readonly ended: Promise<void>;
  readonly hasEnded: () => boolean;
  /** From now on the holder outlives the launcher. */
  readonly release: () => void;
}

export interface LaunchOptions {
  readonly root: string;
  readonly env: string;
  /** `.lab/<env>`. */
  readonly folder: string;
  readonly stackDirectory: string;
  /** Folder of the bundles. */
  readonly programs: string;
  /** Settings of the lab for the holder. */
  readonly settings: Readonly<Record<string, string>>;
}

const NAMESPACES = ["--user", "--map-root-user", "--net", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child"];
const NAMESPACE_DEADLINE_MS = 5000;
/** Descriptor by which the holder notices that its launcher died. */
const LIFELINE = 5;

/**
 * Starts the holder in namespaces of its own. Its two sockets are bound here, on loopback, and passed in: the lab itself cannot
 * reach this network, nor can anything but these two be reached from it. Until `release` the holder ends with the launcher.
 */
export async function launch({ root, env, folder, stackDirectory, programs, settings }: LaunchOptions): Promise<Launched> {
  const [aws, control] = await Promise.all([bind(), bind()]);
  const token = randomBytes(24).toString("base64url");
  const log = openSync(join(folder, "logs", "holder.log"), "a");
  const argv = [
    ...NAMESPACES,
    "bash",
    join(root, "lab/holder/init.sh"),
    process.execPath,
    join(programs, "holder.cjs"),
    root,
    env,
  ];
  const child = spawn("unshare", argv, {
    cwd: root,
    detached: true,
    stdio: ["ignore", log, log, descriptor(aws), descriptor(control), "pipe"],
    env: { PATH: toolPath(process.execPath), HOME: folder, LANG: "C.UTF-8", LAB_TOKEN: token, ...settings },
  });
  closeSync(log);
  let gone = false;
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve())).then(() => void (gone = true));
  child.once("error", () => undefined);
  const ports = { awsPort: port(aws), controlPort: port(control) };
  // The holder has them now: these two are ours only.
  aws.close();
  control.close();
  const pid = child.pid ?? 0;
  const initPid = await firstChild(child, folder);
  const startedAt = new Date().toISOString();
  const record = { env, stackDirectory, pid, initPid, startTicks: startTicks(pid) ?? "", startedAt, token, ...ports };
  writeRun(root, record);
  return { record, ended, hasEnded: () => gone, release: () => release(child) };
}

function bind(): Promise<Server> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => resolve(server));
  });
}

/** Node hands a listening socket to a child only by number, and tells the number in no documented place. */
function descriptor(server: Server): number {
  const { fd } = (server as Server & { readonly _handle: { readonly fd: number } })._handle;
  if (!Number.isInteger(fd) || fd < 0) throw new Error("this Node.js does not tell the descriptor of a listening socket");
  return fd;
}

function port(server: Server): number {
  return (server.address() as AddressInfo).port;
}

async function firstChild(child: ChildProcess, folder: string): Promise<number> {
  const { pid } = child;
  const deadline = Date.now() + NAMESPACE_DEADLINE_MS;
  while (pid !== undefined && child.exitCode === null && child.signalCode === null && Date.now() < deadline) {
    const found = Number(readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ")[0]);
    if (found > 0) return found;
    await wait(5);
  }
  child.kill("SIGKILL");
  throw new CommandError(
    `the lab's namespaces were not made within ${NAMESPACE_DEADLINE_MS} ms; see ${join(folder, "logs/holder.log")}`,
  );
}

function release(child: ChildProcess): void {
  const lifeline = (child.stdio as readonly unknown[])[LIFELINE] as Writable;
  lifeline.on("error", () => undefined);
  lifeline.end("keep\n");
  child.unref();
}
