import { randomBytes, randomUUID } from "node:crypto";
import { spawn } from "node:child_process";
import { closeSync, openSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { setTimeout as wait } from "node:timers/promises";
import { build } from "esbuild";
import { inNamespace } from "../world/namespaces";
import type { Needs } from "./model";
import { isMachineRoot } from "./needs";
import type { Path, Service } from "./network";
import { DEVICE, NET } from "./network";
import type { ReplicatorArguments } from "./programs/replicator";
import { applyOurs, natConfig } from "./rulesets";

/** Both ends of a synchronisation that runs. */
export interface Pair {
  readonly active: Service;
  readonly standby: Service;
  /** For each of them, what held its event loop since this was asked last. Not of what has none. */
  readonly held?: () => Readonly<Record<"active" | "standby", Held>>;
}

/** Longest times, milliseconds. */
export interface Held {
  /** That the loop was held, for whatever reason; over a minute. */
  readonly loop: number;
  /** That its own thread ran meanwhile; where the kernel does not tell, undefined. */
  readonly cpu: number | undefined;
}

/** A way to keep a standby's kernel informed. */
export interface SyncSystem {
  readonly name: string;
  readonly does: string;
  readonly needs?: Needs;
  /** Netlink group in which the active kernel tells of what is to be copied: 1 new, 2 update. */
  readonly announcedBy: 1 | 2;
  /** Sets up the rule sets of both NATs and the synchronisation between them. */
  readonly start: (path: Path) => Promise<Pair | undefined>;
}

type Flows = "all" | "long-lived" | "off";

const BOTH = ["nat", "standby"] as const;
const ADDRESS = { nat: NET.active, standby: NET.standby } as const;
const DEADLINE_MS = 15_000;

async function ruleset(path: Path, flows: Flows): Promise<void> {
  for (const role of BOTH) {
    const peer = role === "nat" ? NET.standby : NET.active;
    await applyOurs(path, { addresses: 1, selection: "client", role, peer, replication: { flows, scope: "zone" } });
    if (flows === "long-lived") await path.setSysctls(role, "net.netfilter.nf_conntrack_acct = 1");
  }
}

async function startReplicators(path: Path, flows: Flows): Promise<Pair> {
  await ruleset(path, flows);
  const programs = await bundleReplicator(path.options.root, path.options.folder);
  const keys = [randomBytes(32).toString("base64")];
  const config = natConfig({ addresses: 1, selection: "client", replication: { flows, scope: "zone" } });
  const start = (role: (typeof BOTH)[number]): Promise<Service> => {
    const other = role === "nat" ? "standby" : "nat";
    const told: ReplicatorArguments = {
      programs,
      instanceId: `i-${role}`,
      bootId: randomUUID(),
      config,
      fleet: {
        kind: "fleet",
        keys,
        peers: [{ instanceId: `i-${other}`, address: ADDRESS[other], zone: config.zone }],
        missing: [],
        owned: role === "nat" ? NET.snat.slice(0, 1) : [],
      },
    };
    const { root } = path.options;
    const node = [process.execPath, "--import", "tsx", join(root, "lab/bench/programs/replicator.ts"), JSON.stringify(told)];
    return path.start(role, [join(root, "instance/bin/with-netlink"), ...node]);
  };
  const [active, standby] = await Promise.all([start("nat"), start("standby")]);
  const [ofActive, ofStandby] = [longestHeld(active.child.stdout), longestHeld(standby.child.stdout)];
  return { active, standby, held: () => ({ active: ofActive(), standby: ofStandby() }) };
}

/** Follows the lines `loop MS` and `cpu MS` of a replicator; each call gives the greatest since the last. */
export function longestHeld(said: Readable | null): () => Held {
  const longest = new Map<string, number>();
  if (said !== null)
    createInterface(said).on("line", (line) => {
      const [, what = "", ms] = /^(loop|cpu) (\d+)$/.exec(line) ?? [];
      longest.set(what, Math.max(longest.get(what) ?? 0, Number(ms ?? 0)));
    });
  return () => {
    const was = { loop: longest.get("loop") ?? 0, cpu: longest.get("cpu") };
    longest.clear();
    return was;
  };
}

/** The agent's two threads, bundled as the payload's build does, and what watches the first. */
async function bundleReplicator(root: string, folder: string): Promise<string> {
  await build({
    absWorkingDir: root,
    entryPoints: {
      replication: "instance/agent/replication/worker.ts",
      "replication-reader": "instance/agent/replication/event-reader.ts",
      "thread-cpu": "lab/bench/programs/thread-cpu.ts",
    },
    outdir: folder,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    platform: "node",
    target: "node20",
    format: "esm",
    logLevel: "warning",
  });
  return folder;
}

/** On the port that the rule set keeps for replication: admitted from the peer, and untracked. */
function conntrackdConfig(path: Path, role: (typeof BOTH)[number]): string {
  const file = (name: string): string => join(path.folder, `conntrackd-${role}.${name}`);
  const other = role === "nat" ? "standby" : "nat";
  return `Sync {
  Mode FTFW {
    DisableExternalCache on
    ResendQueueSize 131072
    PurgeTimeout 5
    ACKWindowSize 300
    StartupResync on
  }
  UDP {
    IPv4_address ${ADDRESS[role]}
    IPv4_Destination_Address ${ADDRESS[other]}
    Port 882
    Interface ${DEVICE.peer}
${isMachineRoot() ? "    SndSocketBuffer 4194304\n    RcvSocketBuffer 4194304\n" : ""}    Checksum on
  }
  Options {
    TCPWindowTracking Off
    ExpectationSync off
  }
}
General {
  HashSize 65536
  HashLimit 524288
  LogFile ${file("log")}
  Syslog off
  LockFile ${file("lock")}
  UNIX { Path ${file("ctl")} }
  NetlinkBufferSize 8388608
  NetlinkBufferSizeMaxGrowth 33554432
  NetlinkOverrunResync On
  NetlinkEventsReliable Off
  EventIterationLimit 200
  Filter From Kernelspace {
    Protocol Accept { TCP
      UDP
      ICMP }
    Address Ignore { IPv4_address 127.0.0.1
      IPv4_address ${NET.active}
      IPv4_address ${NET.standby} }
  }
}
`;
}

async function startConntrackd(path: Path): Promise<Pair> {
  await ruleset(path, "off");
  const start = async (role: (typeof BOTH)[number]): Promise<Service> => {
    const config = join(path.folder, `conntrackd-${role}.conf`);
    writeFileSync(config, conntrackdConfig(path, role));
    const log = openSync(join(path.folder, `${role}.log`), "a");
    const [program = "", ...argv] = inNamespace(path.namespace(role), ["conntrackd", "-C", config]);
    const service = path.keep(spawn(program, argv, { stdio: ["ignore", log, log] }));
    closeSync(log);
    await until(`conntrackd of ${path.namespace(role)} answers`, () =>
      path.exec(role, ["conntrackd", "-C", config, "-s"]).then(
        () => true,
        () => false,
      ),
    );
    return service;
  };
  return { active: await start("nat"), standby: await start("standby") };
}

/** Waits for a condition. */
export async function until(what: string, holds: () => Promise<boolean>, deadlineMs = DEADLINE_MS): Promise<void> {
  const deadline = Date.now() + deadlineMs;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`${what}: not within ${deadlineMs / 1000} s`);
    await wait(50);
  }
}

export const SYNC_SYSTEMS: readonly SyncSystem[] = [
  {
    name: "ours without sync",
    does: "the rule set alone, a standby that is told nothing",
    announcedBy: 2,
    start: async (path) => {
      await ruleset(path, "off");
      return undefined;
    },
  },
  { name: "ours, all", does: "every assured flow", announcedBy: 2, start: (path) => startReplicators(path, "all") },
  {
    name: "ours, long-lived",
    does: "from the 17th packet",
    announcedBy: 2,
    start: (path) => startReplicators(path, "long-lived"),
  },
  {
    name: "conntrackd",
    does: "FTFW, every state of every flow",
    needs: { program: "conntrackd", package: "conntrackd" },
    announcedBy: 1,
    start: startConntrackd,
  },
];
