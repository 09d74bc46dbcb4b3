import { spawn } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import type { FaultWorld } from "../faults/catalogue";
import { MACHINE } from "../runtime/machine";
import { nft, run } from "../world/command";
import { inNamespace } from "../world/namespaces";
import type { InstanceSpec } from "../world/fabric";
import type { NatNode } from "../world/nat-node";
import type { World } from "../world/world";
import { ROLES, TAGS } from "../../contract/tags";
import type { StackModel } from "../stack/model";
import type { Lane } from "./lanes";
import { lanesOf, servingEni } from "./lanes";

/** How to run something in a node: command line and environment. */
export interface Entry {
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

export interface DirectoryOptions {
  readonly model: StackModel;
  readonly world: World;
  readonly root: string;
  /** Environment of a command in a client or on the internet. */
  readonly clientEnvironment: Readonly<Record<string, string>>;
}

/** The nodes by their names: `client-<lane>`, `nat-<az-id>-a`, `internet`, `router`. */
export class NodeDirectory implements FaultWorld {
  constructor(private readonly options: DirectoryOptions) {}

  names(): readonly string[] {
    const clients = this.options.world.clients.map(({ namespace }) => namespace);
    return [...clients, ...this.liveNats().map(({ node }) => node.name), "internet", "router"];
  }

  enter(name: string, argv: readonly string[]): Entry {
    const { world, clientEnvironment } = this.options;
    if (name === "router") return { argv, environment: clientEnvironment };
    if (name === "internet" || world.clients.some(({ namespace }) => namespace === name)) {
      return { argv: inNamespace(name, argv), environment: clientEnvironment };
    }
    const node = this.nat(name);
    const flags = ["--target", String(node.initPid), "--net", "--pid", "--mount", "--"];
    return { argv: ["nsenter", ...flags, ...argv], environment: node.environment };
  }

  killNode(name: string): void {
    process.kill(this.nat(name).initPid, "SIGKILL");
  }

  async exec(name: string, argv: readonly string[]): Promise<string> {
    const { argv: command } = this.enter(name, argv);
    const [program = "", ...args] = command;
    return run(program, args);
  }

  killProcess(name: string, commandPart: string): void {
    const namespace = readlinkSync(`/proc/${this.nat(name).initPid}/ns/pid`);
    const found = processes().filter((pid) => pidNamespace(pid) === namespace && commandLine(pid).includes(commandPart));
    if (found.length === 0) throw new Error(`${name} runs no process with ${commandPart} in its command line; is it up already?`);
    for (const pid of found) kill(pid);
  }

  /** By the program that runs them: lab/runtime/bootstrap.ts. */
  killFunctions(): number {
    const found = processes().filter((pid) => /\bnode .*\/bootstrap\.cjs /.test(commandLine(pid)));
    for (const pid of found) kill(pid);
    return found.length;
  }

  natsOf(zone: string): readonly string[] {
    return this.liveNats()
      .filter(({ spec }) => spec.zone === zone)
      .map(({ node }) => node.name);
  }

  zoneOf(name: string): string {
    return this.spec(name).zone;
  }

  async serversOf(zone: string): Promise<readonly (string | null)[]> {
    const { model } = this.options;
    const tables = model.subnets.filter((subnet) => subnet.zone === zone).map(({ routeTableId }) => routeTableId);
    const lanes = lanesOf(model).filter(({ routeTableId }) => tables.includes(routeTableId));
    return Promise.all(lanes.map((lane) => this.serverOf(lane)));
  }

  /** Node that serves the lane now; null for nobody. */
  async serverOf({ routeTableId }: Lane): Promise<string | null> {
    const eniId = servingEni(await this.options.world.readRoutes(routeTableId));
    return (eniId === undefined ? undefined : this.natOfEni(eniId)) ?? null;
  }

  addressOf(name: string): string {
    return this.spec(name).privateAddress;
  }

  instanceOf(name: string): string {
    return this.spec(name).instanceId;
  }

  script(name: string): string {
    return join(this.options.root, "lab/faults/bin", name);
  }

  async cutPublicSubnets(zone: string): Promise<void> {
    await nft(`add element ip vpc lost { ${this.publicCidrs(zone).join(", ")} }`);
  }

  async restorePublicSubnets(zone: string): Promise<void> {
    await nft(`delete element ip vpc lost { ${this.publicCidrs(zone).join(", ")} }`);
  }

  async loadRouterRules(text: string): Promise<void> {
    await nft(text);
  }

  private publicCidrs(zone: string): readonly string[] {
    const { subnets } = this.options.model;
    const cidrs = subnets
      .filter(({ zone: at, tags }) => at === zone && tags[TAGS.role] === ROLES.publicSubnet)
      .map(({ cidr }) => cidr);
    if (cidrs.length === 0) throw new Error(`zone ${zone} has no subnet with the tag ${TAGS.role} = ${ROLES.publicSubnet}`);
    return cidrs;
  }

  /** Name of the NAT that an ENI belongs to. */
  natOfEni(eniId: string): string | undefined {
    return this.liveNats().find(({ spec }) => spec.eniId === eniId)?.node.name;
  }

  private liveNats(): ReturnType<World["natNodes"]> {
    return this.options.world.natNodes().filter(({ node }) => node.isAlive);
  }

  private nat(name: string): NatNode {
    return this.find(name).node;
  }

  private spec(name: string): InstanceSpec {
    return this.find(name).spec;
  }

  private find(name: string): ReturnType<World["natNodes"]>[number] {
    const found = this.liveNats().find(({ node }) => node.name === name);
    if (found === undefined) throw this.unknown(name);
    return found;
  }

  private unknown(name: string): Error {
    return new Error(`node ${name} is not in this lab; allowed now: ${this.names().join(", ")}; choose one of them`);
  }
}

/** Starts a program in a node with its environment. */
export function spawnIn({ argv, environment }: Entry): ReturnType<typeof spawn> {
  const [program = "", ...args] = argv;
  return spawn(program, args, { stdio: ["pipe", "pipe", "pipe"], env: environment, ...MACHINE });
}

function processes(): readonly number[] {
  return readdirSync("/proc").map(Number).filter(Number.isInteger);
}

/** It may have ended since we looked. */
function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** A process may end while we look: then it has neither namespace nor command line. */
function pidNamespace(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`);
  } catch {
    return "";
  }
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
  } catch {
    return "";
  }
}
