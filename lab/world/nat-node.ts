import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdirSync, openSync, closeSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { Readable, Writable } from "node:stream";
import { MACHINE } from "../runtime/machine";

/** Where the lab finds and puts files; every path absolute. */
export interface Paths {
  /** Work tree. */
  readonly root: string;
  /** `.lab/<env>`. */
  readonly run: string;
  readonly logs: string;
  /** Bundles of the lab's own programs. */
  readonly programs: string;
  /** `lab/world/node`. */
  readonly nodeFiles: string;
  /** Parts of hidden folders that stay visible in nodes. */
  readonly keep: string;
}

export interface NodeEnvironment {
  readonly paths: Paths;
  /** Folders of the tools that nodes use: node, ip, nft. */
  readonly toolPath: string;
  readonly awsCli: string;
  readonly awsEndpoint: string;
}

/** One NAT: its own network, mount and PID namespaces under one init. */
export class NatNode {
  private readonly ended: Promise<void>;
  private gone = false;

  private constructor(
    readonly name: string,
    readonly instanceId: string,
    private readonly outer: ChildProcess,
    /** In the holder's PID namespace. */
    readonly initPid: number,
    readonly environment: Readonly<Record<string, string>>,
  ) {
    this.ended = new Promise((resolve) => outer.once("exit", () => resolve()));
    void this.ended.then(() => (this.gone = true));
  }

  /** Resolves when the namespaces are there and the init waits for its network interface. */
  static async start(name: string, instanceId: string, userData: string, settings: NodeEnvironment): Promise<NatNode> {
    const { paths } = settings;
    mkdirSync(join(paths.run, "nodes"), { recursive: true });
    const userDataPath = join(paths.run, "nodes", `${name}.user-data.sh`);
    writeFileSync(userDataPath, userData);
    const environment = nodeEnvironment(settings);
    const log = openSync(join(paths.logs, `${name}.log`), "a");
    const outer = spawn("unshare", [...NAMESPACES, "bash", join(paths.nodeFiles, "init.sh")], {
      stdio: ["pipe", log, log, "pipe"],
      ...MACHINE,
      env: {
        ...environment,
        LAB_NODE: name,
        LAB_USER_DATA: userDataPath,
        LAB_AGENT: join(paths.programs, "ssm-agent.cjs"),
        LAB_KEEP: paths.keep,
      },
    });
    closeSync(log);
    await ready(outer, name, join(paths.logs, `${name}.log`));
    return new NatNode(name, instanceId, outer, childOf(outer.pid ?? 0), environment);
  }

  /** Process in the node's network namespace, known before the init is. */
  get outerPid(): number {
    return this.outer.pid ?? 0;
  }

  /** The kernel's word on the init, not ours: a zombie is dead. */
  get isAlive(): boolean {
    if (this.gone) return false;
    try {
      const state = /\) (\S)/.exec(readFileSync(`/proc/${this.initPid}/stat`, "utf8"))?.[1];
      return state !== undefined && state !== "Z" && state !== "X";
    } catch {
      return false;
    }
  }

  /** Plugs in: the init configures `ens5` and runs the user data. */
  powerOn(address: string, prefixLength: string, gateway: string): void {
    const stdin = this.outer.stdin as Writable;
    stdin.on("error", () => undefined);
    stdin.end(`${address} ${prefixLength} ${gateway}\n`);
  }

  /** Resolves when every process of the node is gone. */
  async kill(): Promise<void> {
    if (this.isAlive) process.kill(this.initPid, "SIGKILL");
    await this.ended;
  }

  /** As EC2 ends an instance: the machine is asked to stop, and switched off when it takes too long. */
  async shutDown(limitMs: number): Promise<void> {
    const limit = new AbortController();
    if (this.isAlive) {
      const flags = ["--target", String(this.initPid), "--net", "--pid", "--mount", "--"];
      const asked = spawn("nsenter", [...flags, "systemctl", "poweroff"], { env: this.environment, stdio: "ignore" });
      asked.once("error", () => limit.abort());
      await Promise.race([this.ended, wait(limitMs, undefined, { signal: limit.signal }).catch(() => undefined)]);
    }
    limit.abort();
    await this.kill();
  }

  onEnd(callback: () => void): void {
    void this.ended.then(callback);
  }
}

const NAMESPACES = ["--net", "--pid", "--mount", "--fork", "--mount-proc", "--kill-child"];

/** A clean environment: nothing of the host's but where the tools are. */
function nodeEnvironment({ paths, toolPath, awsCli, awsEndpoint }: NodeEnvironment): Readonly<Record<string, string>> {
  return {
    PATH: `${join(paths.nodeFiles, "bin")}:${toolPath}`,
    HOME: "/run/home",
    LANG: "C.UTF-8",
    AWS_ENDPOINT_URL: awsEndpoint,
    LAB_AWS_CLI: awsCli,
  };
}

function ready(outer: ChildProcess, name: string, log: string): Promise<void> {
  const pipe = outer.stdio[3] as Readable;
  return new Promise((resolve, reject) => {
    outer.once("error", reject);
    pipe.once("data", () => resolve());
    pipe.once("end", () => reject(new Error(`${name} ended before its namespaces were ready; see ${log}`)));
  });
}

function childOf(pid: number): number {
  const child = Number(readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ")[0]);
  if (!Number.isInteger(child) || child === 0) throw new Error(`process ${pid} has no child; its init ended at once`);
  return child;
}
