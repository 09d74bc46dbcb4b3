import type { ChildProcess } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { ipBatch, run } from "../world/command";
import { addNamespaces, inNamespace, startService } from "../world/namespaces";
import type { BenchOptions } from "./model";

/** The ends of every path, and what a NAT translates to. */
export const NET = {
  client: "10.0.1.10",
  clients: 30,
  clientCidr: "10.0.0.0/16",
  clientGateway: "10.0.1.1",
  server: "203.0.113.10",
  servers: 16,
  serverGateway: "203.0.113.1",
  /** SNAT addresses of `ours`. */
  snat: ["198.51.100.50", "198.51.100.51", "198.51.100.52", "198.51.100.53"],
  /** NAT and standby have a link of their own for replication. */
  active: "192.0.2.1",
  standby: "192.0.2.2",
} as const;

/** Devices of the NAT: towards the clients, the servers, the other NAT. */
export const DEVICE = { inside: "net-in", outside: "net-out", peer: "peer0" } as const;
/** To nftables, the first two are one. */
export const INSIDE_AND_OUTSIDE = "net-*";

const START_SYSCTLS = [
  "net.ipv4.ip_local_port_range = 1024 65535",
  "net.ipv4.tcp_tw_reuse = 1",
  "net.core.somaxconn = 65535",
  "net.ipv4.tcp_max_syn_backlog = 65535",
].join("\n");

/** A program that runs in the background of a namespace until stopped. */
export interface Service {
  readonly pid: number;
  readonly child: ChildProcess;
  readonly stop: () => Promise<void>;
}

export type Role = "client" | "nat" | "server" | "standby";

/** Client – NAT – server in namespaces of their own. Nothing is remembered between two of them. */
export class Path {
  private readonly services = new Set<Service>();

  private constructor(
    readonly name: string,
    readonly options: BenchOptions,
    readonly hasStandby: boolean,
  ) {}

  static async create(name: string, options: BenchOptions, hasStandby = false): Promise<Path> {
    const path = new Path(name, options, hasStandby);
    const roles: readonly Role[] = ["client", "nat", "server", ...(hasStandby ? (["standby"] as const) : [])];
    await addNamespaces(roles.map((role) => path.namespace(role)));
    await path.connect();
    await path.setSysctls("client", START_SYSCTLS);
    await path.setSysctls("server", START_SYSCTLS);
    return path;
  }

  namespace(role: Role): string {
    return `${this.name}-${role}`;
  }

  /** Folder for this path's files. */
  get folder(): string {
    const folder = join(this.options.folder, this.name);
    mkdirSync(folder, { recursive: true });
    return folder;
  }

  exec(role: Role, argv: readonly string[], input = ""): Promise<string> {
    const [program = "", ...args] = inNamespace(this.namespace(role), argv);
    return run(program, args, input);
  }

  /** A command of the load generator, pinned to the role's core; gives its one line of JSON. */
  async load<T>(role: Role, ...args: readonly (string | number)[]): Promise<T> {
    const said = await this.exec(role, [...pin(role), this.options.load, ...args.map(String)]);
    return JSON.parse(said) as T;
  }

  async serve(role: Role, ...args: readonly (string | number)[]): Promise<Service> {
    return this.start(role, [...pin(role), this.options.load, ...args.map(String)]);
  }

  /** Starts a program that says something on stdout when it is ready. */
  async start(role: Role, argv: readonly string[]): Promise<Service> {
    const child = await startService(this.namespace(role), argv, join(this.folder, `${role}.log`));
    // Nobody listens any more: a full pipe would stop the program.
    child.stdout?.resume();
    return this.keep(child);
  }

  /** Ends the program with the path, if not before. */
  keep(child: ChildProcess): Service {
    const ended = new Promise<void>((resolve) => {
      if (child.exitCode !== null || child.signalCode !== null) resolve();
      else child.once("exit", () => resolve());
    });
    const service: Service = {
      pid: child.pid ?? 0,
      child,
      stop: async () => {
        child.kill("SIGKILL");
        await ended;
        this.services.delete(service);
      },
    };
    this.services.add(service);
    return service;
  }

  setSysctls(role: Role, lines: string, devices: readonly string[] = []): Promise<string> {
    return this.exec(role, [join(this.options.root, "lab/bench/bin/set-sysctls"), ...devices], lines);
  }

  async counter(role: Role, name: string): Promise<number> {
    return Number(await this.exec(role, ["cat", `/proc/sys/net/netfilter/${name}`]));
  }

  /** Received packets at the server's end: what arrived counts, not what was sent. */
  async arrived(): Promise<number> {
    const said = await this.exec("server", ["ip", "-j", "-s", "link", "show", "dev", "eth0"]);
    const [link] = JSON.parse(said) as readonly { readonly stats64: { readonly rx: { readonly packets: number } } }[];
    if (link === undefined) throw new Error(`${this.name}: the server has no eth0`);
    return link.stats64.rx.packets;
  }

  /** The next measurement starts with an empty table; the kernel would also take its time to free a namespace's entries. */
  async forgetFlows(): Promise<void> {
    await this.exec("nat", ["conntrack", "-F"]);
    if (this.hasStandby) await this.exec("standby", ["conntrack", "-F"]);
  }

  async close(): Promise<void> {
    await Promise.all([...this.services].map((service) => service.stop()));
    await this.forgetFlows();
    const roles: readonly Role[] = ["client", "nat", "server", ...(this.hasStandby ? (["standby"] as const) : [])];
    await ipBatch(roles.map((role) => `netns del ${this.namespace(role)}`));
  }

  private async connect(): Promise<void> {
    const [client, nat, server] = [this.namespace("client"), this.namespace("nat"), this.namespace("server")];
    await ipBatch([
      `link add ${DEVICE.inside} netns ${nat} type veth peer name eth0 netns ${client}`,
      `link add ${DEVICE.outside} netns ${nat} type veth peer name eth0 netns ${server}`,
    ]);
    await ipBatch(end(NET.client, NET.clients, NET.clientGateway), client);
    await ipBatch(end(NET.server, NET.servers, NET.serverGateway), server);
    await ipBatch(middle(), nat);
    if (!this.hasStandby) return;
    const standby = this.namespace("standby");
    await ipBatch([`link add ${DEVICE.peer} netns ${nat} type veth peer name ${DEVICE.peer} netns ${standby}`]);
    await ipBatch([`addr add ${NET.active}/24 dev ${DEVICE.peer}`, `link set ${DEVICE.peer} up`], nat);
    await ipBatch(
      [
        `addr add ${NET.standby}/24 dev ${DEVICE.peer}`,
        `link set ${DEVICE.peer} up`,
        `route add default via ${NET.active} dev ${DEVICE.peer}`,
      ],
      standby,
    );
  }
}

/** The sender's core also carries the NAT's work: forwarding runs in the sender's soft interrupt. */
function pin(role: Role): readonly string[] {
  return ["taskset", "--cpu-list", role === "server" ? "1" : "0"];
}

function end(first: string, count: number, gateway: string): readonly string[] {
  return [
    ...sequence(first, count).map((ip) => `addr add ${ip}/24 dev eth0`),
    "link set eth0 up",
    `route add default via ${gateway}`,
  ];
}

function middle(): readonly string[] {
  return [
    `addr add ${NET.clientGateway}/24 dev ${DEVICE.inside}`,
    `addr add ${NET.serverGateway}/24 dev ${DEVICE.outside}`,
    `link set ${DEVICE.inside} up`,
    `link set ${DEVICE.outside} up`,
  ];
}

function sequence(first: string, count: number): readonly string[] {
  const cut = first.lastIndexOf(".") + 1;
  const last = Number(first.slice(cut));
  return Array.from({ length: count }, (_, n) => `${first.slice(0, cut)}${last + n}`);
}
