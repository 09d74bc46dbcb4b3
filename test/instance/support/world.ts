import { execFileSync, spawn, spawnSync, type ChildProcess } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { buildSync } from "esbuild";
import type { NatConfig } from "../../../contract/nat-config";

/** After `unshare`: a command runs as the root of namespaces of its own, which end with it. */
export const UNSHARE = ["--user", "--map-root-user", "--net", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child"];
const support = resolve(__dirname);
const instance = resolve(__dirname, "../../../instance");

export type Node = "nat" | "client-a" | "client-b" | "internet" | "router";
export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface SentMessage {
  readonly MessageBody: string;
  readonly MessageDeduplicationId: string;
  readonly MessageGroupId: string;
}

/** Why this machine cannot hold the world, or null. */
export function whyNot(): string | null {
  for (const tool of ["unshare", "nsenter", "ip", "nft", "jq", "python3"]) if (!isThere(tool)) return `${tool} is missing`;
  const made = spawnSync("unshare", [...UNSHARE, "nft", "add", "table", "ip", "probe"]);
  return made.status === 0 ? null : `no user namespaces with nftables here: ${made.stderr.toString().trim()}`;
}

export function isThere(tool: string): boolean {
  return spawnSync("sh", ["-c", `command -v ${tool}`]).status === 0;
}

export const natConfig: NatConfig = {
  schema: 1,
  env: "test",
  region: "us-east-1",
  zone: "use1-az1",
  vpcCidrs: ["10.0.0.0/16"],
  healthSourceCidrs: ["10.0.0.0/24"],
  lanes: [
    {
      lane: "use1-az1-l1",
      home: true,
      homeZone: "use1-az1",
      clientCidrs: ["10.0.64.0/20"],
      addresses: ["10.0.0.20", "10.0.0.21"],
      addressesByZone: { "use1-az1": ["10.0.0.20", "10.0.0.21"], "use1-az2": ["10.0.1.22"] },
    },
    {
      lane: "use1-az2-l1",
      home: false,
      homeZone: "use1-az2",
      clientCidrs: ["10.0.80.0/20"],
      addresses: ["10.0.0.22"],
      addressesByZone: { "use1-az1": ["10.0.0.22"], "use1-az2": ["10.0.1.20"] },
    },
  ],
  addressSelection: "client",
  queueUrl: "http://127.0.0.1:1338/123456789012/ha-nat-test-failover.fifo",
  peersParameter: "/ha-nat/test/peers",
  heartbeatKeyParameter: "/ha-nat/test/heartbeat-key",
  stateParameter: "/ha-nat/test/state",
  selfProbeTargets: [
    { address: "198.51.100.10", port: 7 },
    { address: "198.51.100.11", port: 7 },
  ],
  timing: {
    heartbeatIntervalMs: 100,
    selfProbeIntervalMs: 100,
    selfProbeTimeoutMs: 100,
    missThreshold: 3,
    observerBackoffMs: 300,
    peersRefreshMs: 1000,
  },
  replication: { flows: "all", scope: "zone" },
};

/** Bare namespaces around one NAT; see world.sh for the picture. */
export class World {
  private readonly started: ChildProcess[] = [];

  private constructor(
    readonly dir: string,
    private readonly holder: ChildProcess,
    private readonly init: string,
  ) {}

  static async open(config: NatConfig = natConfig): Promise<World> {
    const dir = mkdtempSync(join(tmpdir(), "ha-nat-world-"));
    unpackPayload(join(dir, "home"), config);
    const holder = spawn("unshare", [...UNSHARE, join(support, "world.sh"), "hold", dir, support], {
      stdio: ["pipe", "pipe", "ignore"],
    });
    await new Promise<void>((ready, fail) => {
      holder.stdout?.on("data", (text: Buffer) => text.toString().includes("ready") && ready());
      holder.on("exit", (code) => fail(new Error(`world.sh ended with ${code}`)));
    });
    const init = readFileSync(`/proc/${holder.pid}/task/${holder.pid}/children`, "utf8").trim();
    return new World(dir, holder, init);
  }

  close(): void {
    // The kernel ends what is inside; the nsenter of a stopped process would wait for ever outside.
    for (const child of [...this.started, this.holder]) child.kill("SIGKILL");
    rmSync(this.dir, { recursive: true, force: true });
  }

  /** Runs a command in a node and waits for it. */
  run(node: Node, ...command: string[]): Ran {
    const [program, ...args] = this.enter(node, command);
    // No standard input: it would be a socket, and a bash that is given one reads ~/.bashrc first.
    const { status, stdout, stderr } = spawnSync(program, args, {
      env: this.environment(),
      stdio: ["ignore", "pipe", "pipe"],
      encoding: "utf8",
      timeout: 60_000,
    });
    return { code: status, stdout, stderr };
  }

  /** Runs a shell line in a node; throws when it fails. */
  sh(node: Node, line: string): string {
    const { code, stdout, stderr } = this.run(node, "bash", "-c", line);
    if (code !== 0) throw new Error(`${node}: ${line}: exit ${code}: ${stderr}`);
    return stdout.trim();
  }

  /** Runs a command in a node in the background; it ends with the world. */
  start(node: Node, ...command: string[]): ChildProcess {
    const [program, ...args] = this.enter(node, command);
    const child = spawn(program, args, { env: this.environment(), stdio: ["pipe", "pipe", "ignore"] });
    this.started.push(child);
    return child;
  }

  /** What the internet says it sees of a connection or packet from the node: `{ address, port }`; null when it does not answer. */
  ask(node: Node, how: "tcp" | "udp", host: string, port: number, localPort?: number) {
    const local = localPort === undefined ? [] : [String(localPort)];
    const { code, stdout } = this.run(node, "node", join(support, "ask.mjs"), how, host, String(port), ...local);
    const [address, seen] = stdout.trim().split(" ");
    return code === 0 ? { address, port: Number(seen) } : null;
  }

  /** TCP ports that answered at all, e.g. `["880 open"]`. */
  scan(node: Node, host: string, ports: string): readonly string[] {
    const { stdout } = this.run(node, "node", join(support, "ask.mjs"), "scan", host, ports);
    return stdout.split("\n").filter((line) => line !== "");
  }

  natUp(): Ran {
    return this.run("nat", join(this.dir, "home/bin/nat-up"));
  }

  natCheck(): { readonly code: number | null; readonly failing: Readonly<Record<string, string>> } {
    const { code, stdout, stderr } = this.run("nat", join(this.dir, "home/bin/nat-check"), "--json");
    if (stdout === "") throw new Error(`nat-check said nothing: ${stderr}`);
    const { checks } = JSON.parse(stdout) as { checks: { name: string; ok: boolean; detail: string }[] };
    return { code, failing: Object.fromEntries(checks.filter(({ ok }) => !ok).map(({ name, detail }) => [name, detail])) };
  }

  counter(node: Node, table: string, name: string): number {
    const listed = JSON.parse(this.sh(node, `nft -j list counter ip ${table} ${name}`)) as {
      nftables: { counter?: { packets: number } }[];
    };
    return listed.nftables.find(({ counter }) => counter)?.counter?.packets ?? -1;
  }

  /** Starts what the agent asks of AWS, and the agent. */
  async startAgent(): Promise<ChildProcess> {
    const aws = join(this.dir, "aws");
    this.start("nat", "node", join(support, "aws.mjs"), aws, "1338");
    await until(() => existsSync(join(aws, "aws.up")), 5000, "the stand-in for AWS");
    return this.start("nat", "node", join(this.dir, "home/agent/nat-agent.mjs"));
  }

  writeParameter(name: string, document: unknown): void {
    writeFileSync(join(this.dir, "aws", name.replaceAll("/", "_")), JSON.stringify(document));
  }

  /** What instance metadata says from now on; null takes it away. */
  writeMetadata(item: string, text: string | null): void {
    const file = join(this.dir, "aws", `imds_${item.replaceAll("/", "_")}`);
    if (text === null) rmSync(file, { force: true });
    else writeFileSync(file, text);
  }

  sent(): readonly SentMessage[] {
    const file = join(this.dir, "aws/sent.jsonl");
    if (!existsSync(file)) return [];
    return readFileSync(file, "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as SentMessage);
  }

  private enter(node: Node, command: readonly string[]): [string, ...string[]] {
    const target = ["--target", this.init, "--user", "--preserve-credentials", "--net", "--mount", "--pid"];
    return ["nsenter", ...target, "--", join(support, "world.sh"), "in", node, ...command];
  }

  private environment(): NodeJS.ProcessEnv {
    return {
      PATH: process.env.PATH,
      WORLD_DIR: this.dir,
      HA_NAT_HOME: join(this.dir, "home"),
      AWS_ENDPOINT_URL: "http://127.0.0.1:1338",
      AWS_EC2_METADATA_SERVICE_ENDPOINT: "http://127.0.0.1:1338",
      AWS_ACCESS_KEY_ID: "test",
      AWS_SECRET_ACCESS_KEY: "test",
    };
  }
}

/** Waits for a condition with a deadline. */
export async function until(condition: () => boolean, deadlineMs: number, what: string): Promise<void> {
  const end = performance.now() + deadlineMs;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`not within ${deadlineMs} ms: ${what}`);
    await new Promise((next) => setTimeout(next, 20));
  }
}

function unpackPayload(home: string, config: NatConfig): void {
  for (const part of ["bin", "lib", "nftables", "sysctl.d", "systemd"])
    cpSync(join(instance, part), join(home, part), { recursive: true });
  mkdirSync(join(home, "etc"));
  mkdirSync(join(home, "../aws"));
  writeFileSync(join(home, "etc/nat.json"), JSON.stringify(config));
  const banner = { js: 'import{createRequire}from"node:module";const require=createRequire(import.meta.url);' };
  for (const [entry, bundle] of [
    ["main.ts", "nat-agent.mjs"],
    ["self-probe.ts", "self-probe.mjs"],
  ] as const)
    buildSync({
      entryPoints: [join(instance, "agent", entry)],
      outfile: join(home, "agent", bundle),
      bundle: true,
      platform: "node",
      format: "esm",
      target: "node20",
      mainFields: ["module", "main"],
      banner,
      logLevel: "error",
    });
  execFileSync("chmod", ["-R", "a+rX", home]);
}
