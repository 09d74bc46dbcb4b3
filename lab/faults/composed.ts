import { setTimeout as wait } from "node:timers/promises";
import type { Fault } from "./fault";
import { FAILOVER } from "./fault";
import { healthOf } from "./health";
import { until } from "./until";
import type { FaultWorld } from "./world";

const KILL = { wholeZone: false, strikes: "server", reach: "nat", by: "kernel", expects: FAILOVER, watchSeconds: 10 } as const;

const THROTTLED_SHARE = 0.2;
/** Of a copied flow that nobody renews, and how long it has to be renewed. */
const COPY_LIFETIME_SECONDS = 30;
const MANY_FLOWS = 200_000;
/** Every NAT of the lab copies them, on two cores; at full speed the crowd's processes would stand still. */
const FLOWS_A_SECOND = 2_500;
const DEADLINE_MS = 180_000;

function peersOf(world: FaultWorld, node: string): readonly string[] {
  return world.natsOf(world.zoneOf(node)).filter((nat) => nat !== node);
}

async function holdsFlows(world: FaultWorld, node: string): Promise<boolean> {
  const health = await healthOf(world, node);
  return health !== undefined && health.healthy && (health.replication.state === "synced" || health.replication.state === "off");
}

/** Its last sweep has told the others that so many live on. */
async function hasPromised(world: FaultWorld, node: string, flows: number): Promise<boolean> {
  const replication = (await healthOf(world, node))?.replication;
  return replication !== undefined && replication.state !== "off" && (replication.carried ?? 0) >= flows;
}

async function flowsOf(world: FaultWorld, node: string): Promise<number> {
  return Number(await world.exec(node, ["cat", "/proc/sys/net/netfilter/nf_conntrack_count"]));
}

/** `kill-nat` under conditions of its own. */
export const COMPOSED_FAULTS: readonly Fault[] = [
  {
    ...KILL,
    name: "kill-nat-at-once",
    does: "kills the NAT while EC2 answers and acts without delay: what detection alone takes",
    by: "AWS",
    expects: { ...FAILOVER, stallMs: 900 },
    inject: async (world, node, aws) => {
      aws.setLatency("zero");
      world.killNode(node);
    },
    undo: async (_world, _struck, aws) => aws.setLatency(undefined),
  },
  {
    ...KILL,
    name: "kill-nat-throttled",
    does: `kills the NAT while EC2 refuses ${THROTTLED_SHARE * 100} % of all calls`,
    by: "AWS",
    inject: async (world, node, aws) => {
      aws.throttle(THROTTLED_SHARE);
      world.killNode(node);
    },
    undo: async (_world, _struck, aws) => aws.throttle(undefined),
  },
  {
    ...KILL,
    name: "kill-nat-old-flows",
    does: `lets every copied flow expire in ${COPY_LIFETIME_SECONDS} s unless it is renewed, waits longer, then kills the NAT`,
    inject: async (world, node) => {
      const age = [world.script("age-flows"), String(COPY_LIFETIME_SECONDS)];
      await Promise.all(peersOf(world, node).map((peer) => world.exec(peer, age)));
      await wait(COPY_LIFETIME_SECONDS * 1500);
      world.killNode(node);
    },
  },
  {
    ...KILL,
    name: "kill-nat-many-flows",
    does: `kills the NAT when its standby holds ${MANY_FLOWS} more of its flows`,
    inject: async (world, node) => {
      const peers = peersOf(world, node);
      await world.exec(node, [world.script("fill-lane"), String(MANY_FLOWS), String(FLOWS_A_SECOND)]);
      await until(
        `${MANY_FLOWS} flows on every peer of ${node}`,
        async () => {
          const counts = await Promise.all(peers.map((peer) => flowsOf(world, peer)));
          const isCopied = counts.length > 0 && Math.min(...counts) >= MANY_FLOWS;
          return isCopied && (await hasPromised(world, node, MANY_FLOWS));
        },
        DEADLINE_MS,
      );
      world.killNode(node);
    },
  },
  {
    ...KILL,
    name: "kill-nat-twice",
    does: "kills the NAT, waits until its replacement holds the flows, then kills the NAT that took over: every flow moves twice",
    inject: async (world, node) => {
      const [successor] = peersOf(world, node);
      if (successor === undefined) throw new Error(`${node} has no peer in its zone; nobody would take over`);
      const zone = world.zoneOf(node);
      const others = new Set(world.natsOf(zone).filter((other) => other !== node));
      world.killNode(node);
      // It gets the lowest free letter: the dead one's, or that of one which had gone before.
      await until(
        `a replacement of ${node} that holds the flows`,
        async () => {
          const replacement = world.natsOf(zone).find((other) => !others.has(other));
          return replacement !== undefined && (await holdsFlows(world, replacement));
        },
        DEADLINE_MS,
      );
      world.killNode(successor);
    },
  },
];
