import { setTimeout as wait } from "node:timers/promises";
import { PORTS } from "../../contract/ports";
import type { Fault } from "./fault";
import { UNTOUCHED } from "./fault";
import { healthOf } from "./health";
import { until } from "./until";
import { INTERNET } from "../world/fabric";
import type { FaultWorld } from "./world";

const KERNEL = { wholeZone: false, strikes: "server", reach: "nat", by: "kernel", expects: UNTOUCHED, watchSeconds: 15 } as const;

/** A table of its own in the router: its end takes everything back. */
const TABLE = "ip partition";
const TARGETS_TABLE = "ip targets";
/** Longer than a sweep takes to come, and than a breach to be told and told again. */
const TARGETS_DOWN_SECONDS = 75;

/** Both ways or from the node only; every packet, or those that match. */
async function partition(world: FaultWorld, node: string, bothWays: boolean, match = ""): Promise<void> {
  const own = world.addressOf(node);
  const peers = world
    .natsOf(world.zoneOf(node))
    .filter((nat) => nat !== node)
    .map((nat) => world.addressOf(nat));
  if (peers.length === 0) throw new Error(`${node} has no peer in its zone; a partition needs two NATs`);
  const drops = peers.flatMap((peer) => [
    `ip saddr ${own} ip daddr ${peer} ${match}drop`,
    ...(bothWays ? [`ip saddr ${peer} ip daddr ${own} ${match}drop`] : []),
  ]);
  const chain = ["type filter hook forward priority -10; policy accept;", ...drops].join("\n");
  await world.loadRouterRules(`table ${TABLE} {\nchain forward {\n${chain}\n}\n}\n`);
}

/** Of five seconds' silence, and of the second after which the agent says so. */
const SILENCE_SEEN_MS = 15_000;

/** Nobody hears of a flow that is born now: who would take the lane must know that it does not hold all. */
async function untilNoticed(world: FaultWorld, node: string): Promise<void> {
  const peers = world.natsOf(world.zoneOf(node)).filter((nat) => nat !== node);
  await until(
    `a NAT beside ${node} that says degraded`,
    async () => {
      const states = (await Promise.all(peers.map((peer) => healthOf(world, peer)))).map((health) => health?.replication.state);
      return states.some((state) => state === "degraded" || state === "off");
    },
    SILENCE_SEEN_MS,
  );
}

/** Twice: `delete` of a table that is not there is an error, `add` of one that is there is none. */
async function heal(world: FaultWorld): Promise<void> {
  await world.loadRouterRules(`add table ${TABLE}\ndelete table ${TABLE}\n`);
}

/** Where probes look: of the probers and of the NATs themselves. */
const TARGETS = [INTERNET.resolver, ...INTERNET.otherResolvers, INTERNET.website];
const TARGET_PORTS = [53, 80, 443];

/** They answer no more, and refuse nothing: on the ports that probes ask, so that everybody else's traffic to them shows a move. */
function targetsDown(name: string, does: string, addresses: readonly string[]): Fault {
  const drop = `ip daddr { ${addresses.join(", ")} } meta l4proto { tcp, udp } th dport { ${TARGET_PORTS.join(", ")} } drop`;
  const chain = `chain forward {\ntype filter hook forward priority -10; policy accept;\n${drop}\n}`;
  return {
    ...KERNEL,
    name,
    does,
    watchSeconds: TARGETS_DOWN_SECONDS,
    inject: (world) => world.loadRouterRules(`table ${TARGETS_TABLE} {\n${chain}\n}\n`),
    undo: (world) => world.loadRouterRules(`add table ${TARGETS_TABLE}\ndelete table ${TARGETS_TABLE}\n`),
  };
}

/** Shorter than a function's start: none of them ever comes to answer. */
const KILL_EVERY_MS = 25;

/** `watchSeconds` are those in which it is back. */
function controlPlaneDown(name: string, seconds: number, watchSeconds: number): Fault {
  return {
    ...KERNEL,
    name,
    does: `kills every process of the control plane's functions (SIGKILL) again and again for ${seconds} s`,
    watchSeconds,
    inject: async (world) => {
      const end = Date.now() + seconds * 1000;
      while (Date.now() < end) {
        world.killFunctions();
        await wait(KILL_EVERY_MS);
      }
    },
  };
}

/** What may happen between machines that are all well. */
export const NETWORK_FAULTS: readonly Fault[] = [
  {
    ...KERNEL,
    name: "partition",
    does: "drops every packet between the NAT and the other NATs of its zone, both ways",
    inject: (world, node) => partition(world, node, true),
    undo: heal,
  },
  {
    ...KERNEL,
    name: "partition-one-way",
    does: "drops every packet from the NAT to the other NATs of its zone; theirs still arrive",
    inject: (world, node) => partition(world, node, false),
    undo: heal,
  },
  {
    ...KERNEL,
    name: "kill-replication",
    does: "drops every packet of flow replication between the NAT and the other NATs of its zone",
    inject: async (world, node) => {
      await partition(world, node, true, `udp dport ${PORTS.replication} `);
      await untilNoticed(world, node);
    },
    undo: heal,
  },
  targetsDown("targets-down", "drops every packet to every endpoint that probes ask, of all lanes and NATs", TARGETS),
  targetsDown("one-target-down", `drops every packet that probes send to ${INTERNET.resolver}`, [INTERNET.resolver]),
  controlPlaneDown("control-plane-down", 30, 5),
  // Back for longer than a sweep takes to come.
  controlPlaneDown("control-plane-away", 600, 75),
];
