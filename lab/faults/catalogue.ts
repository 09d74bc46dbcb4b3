/** What a fault needs of the world: names of nodes and a way to run something in their namespaces. Never the AWS state. */
export interface FaultWorld {
  /** Signals the node's init from outside. */
  killNode(node: string): void;
  /** Runs a program in the node's namespaces; throws when it fails. */
  exec(node: string, argv: readonly string[]): Promise<string>;
  /** Sends SIGKILL to the node's processes whose command line has this part; throws when there is none. */
  killProcess(node: string, commandPart: string): void;
  /** Node names of the NATs that run. */
  natsOf(zone: string): readonly string[];
  zoneOf(node: string): string;
  /** Path of a program in lab/faults/bin. */
  script(name: string): string;
  /** Drops every packet from, to and by way of the zone's public subnets, those of machines to come included. */
  cutPublicSubnets(zone: string): Promise<void>;
}

export interface Fault {
  readonly name: string;
  /** What it does, one clause. */
  readonly does: string;
  /** It takes the whole zone, so no standby of the zone can help. */
  readonly wholeZone: boolean;
  /** Which NAT it is about when none is named. */
  readonly strikes: "server" | "standby";
  /** Touches kernel objects and processes only. */
  inject(world: FaultWorld, node: string): Promise<void>;
}

export const FAULTS: readonly Fault[] = [
  {
    name: "kill-nat",
    does: "kills the NAT's init (SIGKILL): every process, its namespaces and its network interface go",
    wholeZone: false,
    strikes: "server",
    inject: async (world, node) => world.killNode(node),
  },
  {
    name: "kill-standby",
    does: "kills the init (SIGKILL) of a NAT that serves no lane",
    wholeZone: false,
    strikes: "standby",
    inject: async (world, node) => world.killNode(node),
  },
  {
    name: "hang-nat",
    does: "switches forwarding off in the NAT",
    wholeZone: false,
    strikes: "server",
    inject: async (world, node) => void (await world.exec(node, [world.script("forwarding-off")])),
  },
  {
    name: "flush-rules",
    does: "flushes the NAT's whole nftables ruleset",
    wholeZone: false,
    strikes: "server",
    inject: async (world, node) => void (await world.exec(node, ["nft", "flush", "ruleset"])),
  },
  {
    name: "uplink-down",
    does: "sets the NAT's network interface down",
    wholeZone: false,
    strikes: "server",
    inject: async (world, node) => void (await world.exec(node, ["ip", "link", "set", "ens5", "down"])),
  },
  {
    name: "kill-agent",
    does: "kills the NAT's agent (SIGKILL); its unit restarts it",
    wholeZone: false,
    strikes: "server",
    inject: async (world, node) => world.killProcess(node, "nat-agent.mjs"),
  },
  {
    name: "lose-zone",
    does: "cuts the zone's public subnets off: every NAT of the zone, and whatever is launched there later",
    wholeZone: true,
    strikes: "server",
    inject: async (world, node) => {
      const zone = world.zoneOf(node);
      const down = world.natsOf(zone).map((nat) => world.exec(nat, ["ip", "link", "set", "ens5", "down"]));
      await Promise.all([world.cutPublicSubnets(zone), ...down]);
    },
  },
];

export function findFault(name: string): Fault {
  const fault = FAULTS.find((candidate) => candidate.name === name);
  if (fault !== undefined) return fault;
  throw new Error(`fault ${name} is unknown; allowed: ${FAULTS.map((known) => known.name).join(", ")}; choose one of them`);
}

/** Milliseconds that new connections may fail: the recovery objectives (docs/architecture.md). */
export const OUTAGE_LIMIT_MS = { standbyInZone: 3000, soleNat: 5000, wholeZone: 10_000 } as const;

export function outageLimitMs(fault: Fault, natsInZone: number): number {
  if (fault.wholeZone) return OUTAGE_LIMIT_MS.wholeZone;
  return natsInZone > 1 ? OUTAGE_LIMIT_MS.standbyInZone : OUTAGE_LIMIT_MS.soleNat;
}
