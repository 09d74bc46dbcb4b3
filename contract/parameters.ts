/** Paths in Systems Manager Parameter Store, and the shapes of the JSON documents stored there. */
export type ParameterKind = "topology" | "peers" | "state" | "heartbeat-key";

/** `/ha-nat/<env>/<kind>`. */
export function parameterPath(env: string, kind: ParameterKind): string {
  return `/ha-nat/${env}/${kind}`;
}

/** One public address of a lane and where it can live. */
export interface LaneAddress {
  /** EC2 allocation ID, `eipalloc-…`. */
  readonly allocationId: string;
  /** The Elastic IP. */
  readonly publicIp: string;
  /** Private IPv4 in the home zone's public subnet. */
  readonly floating: string;
}

/** Where a lane goes when no NAT is healthy. Its public address is its own: none of the lane's follows. */
export interface LaneResort {
  readonly natGatewayId: string;
  /** Its Elastic IP: what the internet sees meanwhile. */
  readonly publicIp: string;
}

export interface LaneTopology {
  readonly lane: string;
  /** Home zone, AZ ID. */
  readonly zone: string;
  readonly routeTableId: string;
  /** First address is the one that follows the lane to a guest address at zone loss. */
  readonly addresses: readonly LaneAddress[];
  /** Guest address per foreign zone (AZ ID → private IPv4 in that zone's public subnet); empty when `guests: false`. */
  readonly guests: Readonly<Record<string, string>>;
  /** Deployed name of the lane's egress-prober. */
  readonly proberFunction: string;
  /** The NAT Gateway of its zone; absent with `lastResort: none`. */
  readonly lastResort?: LaneResort;
}

export interface ZoneTopology {
  readonly asgName: string;
  readonly publicSubnetId: string;
}

/** One rule of a network ACL. */
export interface AclEntry {
  readonly number: number;
  readonly egress: boolean;
  /** IANA number as text, or `-1` for all. */
  readonly protocol: string;
  readonly action: "allow" | "deny";
  readonly cidr: string;
  /** Absent for all ports. */
  readonly ports?: { readonly from: number; readonly to: number };
}

/** What config-guard holds the network to. */
export interface Guarded {
  /** Of the public subnets, in full: an entry that is not here has no business there. */
  readonly networkAcl: { readonly networkAclId: string; readonly entries: readonly AclEntry[] };
  /** Of the NATs: every protocol and port, from and to these blocks, and nothing else. */
  readonly securityGroup: { readonly ingress: readonly string[]; readonly egress: readonly string[] };
}

/** `topology`: written by Terraform, read by functions and `verify_nat.sh`. Says what exists, never who serves whom. */
export interface Topology {
  readonly schema: 1;
  readonly env: string;
  readonly region: string;
  readonly vpcId: string;
  readonly zones: Readonly<Record<string, ZoneTopology>>;
  readonly lanes: readonly LaneTopology[];
  /** Absent with `steering: eip`. */
  readonly targetGroupArn?: string;
  /** Absent in a topology that an older version wrote. */
  readonly guarded?: Guarded;
}

export interface Peer {
  readonly instanceId: string;
  /** `<az-id>-a|b|c|d`; the lowest free letter of the zone when the NAT was launched. */
  readonly name: string;
  readonly zone: string;
  /** Primary private IPv4: where heartbeats go and come from. */
  readonly address: string;
  readonly eniId: string;
}

/** `peers`: one writer, asg-lifecycle-handler; read by every agent (10 s) and by nat-route-failover. */
export interface Peers {
  readonly schema: 1;
  readonly peers: readonly Peer[];
}

export interface LaneRecord {
  /** Instance that serves the lane (or the NAT Gateway that does), by our last verified act; null before the first election. */
  readonly servedBy: string | null;
  /** ISO time of the last move of this lane; null when never moved. */
  readonly movedAt: string | null;
  /**
   * ISO time since when a NAT that it could return to is healthy without a break: of its home zone while another zone serves it, of any
   * zone while its NAT Gateway does; null otherwise.
   */
  readonly homeHealthySince: string | null;
  /** ISO time at which its Elastic IP was last put back without a move; absent when we have moved it since, and in an older record. */
  readonly mendedAt?: string;
}

/** `state`: one writer, nat-route-failover. */
export interface FleetRecord {
  readonly schema: 1;
  readonly updatedAt: string;
  readonly lanes: Readonly<Record<string, LaneRecord>>;
  /** The last instance marked Unhealthy per zone. */
  readonly marks: Readonly<Record<string, { readonly instanceId: string; readonly at: string }>>;
  /** ISO time since when an instance is seen broken without a break: it is replaced only after a while. */
  readonly brokenSince?: Readonly<Record<string, string>>;
  /** ISO time of the first notice that an instance will go (Spot, rebalance, terminating): avoided while another is healthy. */
  readonly leaving?: Readonly<Record<string, string>>;
  /** Drains that were refused, by instance: when and why. Forgotten when the instance is, or when it may leave after all. */
  readonly refusals?: Readonly<Record<string, { readonly at: string; readonly because: string }>>;
  /** Why the leaving ones leave, where somebody said so; forgotten with the instance, or when an operator takes the drain back. */
  readonly notices?: Readonly<Record<string, Notice>>;
  /** Nothing moves by itself until then: an operator's word. */
  readonly hold?: Hold;
}

/** An operator's word that nothing moves by itself until `until`, an ISO time. */
export interface Hold {
  readonly until: string;
  readonly by: string;
  readonly because: string;
}

/** The hold that has not ended yet. The record keeps one that has until the next look. */
export function holdInForce({ hold }: Pick<FleetRecord, "hold">, now: Date): Hold | undefined {
  return hold !== undefined && Date.parse(hold.until) > now.getTime() ? hold : undefined;
}

/** From the slowest to the quickest: a later word replaces an earlier one only when it leaves less time. */
export const LEAVE_CAUSES = ["drain", "rebalance", "spot-interruption", "terminating", "shutdown"] as const;
export type LeaveCause = (typeof LEAVE_CAUSES)[number];

export interface Notice {
  /** ISO time at which it was first heard. */
  readonly at: string;
  readonly because: LeaveCause;
  /** Leaves at once, wherever its lanes can go. */
  readonly force: boolean;
  /** Who asked: the NAT itself, an operator, or the control plane (a lifecycle hook, an event of EC2). */
  readonly by: "nat" | "operator" | "control-plane";
  /** The boot that shuts down; absent when nobody saw it healthy then, and in a record of an older version. */
  readonly bootId?: string;
  /** What was said besides a shutdown, and still stands when the machine is back: an operator's drain outlives a reboot. */
  readonly lasting?: Omit<Notice, "bootId" | "lasting">;
}

/**
 * `heartbeat-key` (SecureString; asg-lifecycle-handler creates it, it is never in Terraform state):
 * two keys are valid during a rotation; senders use `current`.
 */
export interface HeartbeatKeys {
  readonly schema: 1;
  /** 32 bytes, base64. */
  readonly current: string;
  readonly previous?: string;
}
