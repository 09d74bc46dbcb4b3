import type { Fault } from "./fault";
import { FAILOVER, TABLE_FULL, UNTOUCHED } from "./fault";
import { stop } from "./stop";

const STRIKES_SERVER = {
  wholeZone: false,
  strikes: "server",
  reach: "nat",
  by: "kernel",
  expects: FAILOVER,
  watchSeconds: 10,
} as const;

/** What may happen to a machine, and to what runs on it. */
export const MACHINE_FAULTS: readonly Fault[] = [
  {
    ...STRIKES_SERVER,
    name: "kill-nat",
    does: "kills the NAT's init (SIGKILL): every process, its namespaces and its network interface go",
    inject: async (world, node) => world.killNode(node),
  },
  {
    ...STRIKES_SERVER,
    name: "hang-nat",
    does: "switches forwarding off in the NAT",
    inject: async (world, node) => void (await world.exec(node, [world.script("forwarding-off")])),
    undo: stop,
  },
  {
    ...STRIKES_SERVER,
    name: "flush-rules",
    does: "flushes the NAT's whole nftables ruleset",
    rulesGone: true,
    inject: async (world, node) => void (await world.exec(node, ["nft", "flush", "ruleset"])),
    undo: stop,
  },
  {
    ...STRIKES_SERVER,
    name: "uplink-down",
    does: "sets the NAT's network interface down",
    inject: async (world, node) => void (await world.exec(node, ["ip", "link", "set", "ens5", "down"])),
    undo: stop,
  },
  {
    ...STRIKES_SERVER,
    name: "table-full",
    does: "fills the NAT's connection tracking table to its limit with assured entries",
    expects: TABLE_FULL,
    watchSeconds: 15,
    inject: async (world, node) => void (await world.exec(node, [world.script("fill-table")])),
    undo: async (world, { zone }) => {
      // Whoever was full and still runs is emptied of what was put there; a NAT that was replaced has nothing of it.
      await Promise.all(world.natsOf(zone).map((nat) => world.exec(nat, [world.script("empty-table")])));
    },
  },
  {
    ...STRIKES_SERVER,
    name: "kill-standby",
    does: "kills the init (SIGKILL) of a NAT that serves no lane",
    strikes: "standby",
    expects: UNTOUCHED,
    inject: async (world, node) => world.killNode(node),
  },
  {
    ...STRIKES_SERVER,
    name: "kill-agent",
    does: "kills the NAT's agent (SIGKILL); its unit restarts it",
    expects: UNTOUCHED,
    inject: async (world, node) => world.killProcess(node, "nat-agent.mjs"),
  },
];
