/** `/opt/ha-nat/etc/nat.json`: what user data tells a NAT. The same for every NAT of a zone; static for the life of the launch template version. */
export interface NatConfig {
  readonly schema: 1;
  readonly env: string;
  readonly region: string;
  /** AZ ID of this NAT's zone. */
  readonly zone: string;
  readonly vpcCidrs: readonly string[];
  /** Sources that may ask :880: public and probe subnets of the VPC. */
  readonly healthSourceCidrs: readonly string[];
  /** Every lane of the fleet as this zone would serve it: own lanes by their floating addresses, foreign lanes by the guest address. */
  readonly lanes: readonly NatLane[];
  /** Several addresses per lane: choose by client (sticky) or by flow (all ports used). */
  readonly addressSelection: "client" | "flow";
  readonly queueUrl: string;
  readonly peersParameter: string;
  readonly heartbeatKeyParameter: string;
  /** Read by every NAT with the peers: which lanes it is to carry. By one that leaves as well: who serves its lanes now, or why it may not go. */
  readonly stateParameter: string;
  /** At least two; asked in turn by the self-probe with a new TCP connection each. IPv4 addresses, no names. */
  readonly selfProbeTargets: readonly { readonly address: string; readonly port: number }[];
  readonly timing: NatTiming;
  readonly replication: ReplicationConfig;
}

/** Flow replication (docs/reference/replication.md). */
export interface ReplicationConfig {
  /** `all`: every assured flow, when it becomes assured, and every echo that is answered. `long-lived`: at its 17th packet. `off`: none. */
  readonly flows: "all" | "long-lived" | "off";
  /** `fleet`: to every NAT that could serve the lane. `zone`: to the NATs of the zone, and to a lane's home zone while it is away. */
  readonly scope: "zone" | "fleet";
}

export interface NatLane {
  readonly lane: string;
  readonly home: boolean;
  /** AZ ID of the lane's own zone. */
  readonly homeZone: string;
  /** The lane's private and probe subnets. */
  readonly clientCidrs: readonly string[];
  /** SNAT addresses, the same on every NAT of the zone; no NAT holds one on an interface. One for a foreign lane. */
  readonly addresses: readonly string[];
  /** The same for every zone that can serve the lane (AZ ID → addresses): what a copied flow must be rewritten to there. */
  readonly addressesByZone: Readonly<Record<string, readonly string[]>>;
}

/** Milliseconds and counts of the fast path. */
export interface NatTiming {
  readonly heartbeatIntervalMs: number;
  readonly selfProbeIntervalMs: number;
  readonly selfProbeTimeoutMs: number;
  /** Misses in a row (heartbeats or self-probes) that make a suspicion. */
  readonly missThreshold: number;
  /** How long the other observers wait for the lowest one before they send too. */
  readonly observerBackoffMs: number;
  readonly peersRefreshMs: number;
}

export const NAT_HOME = "/opt/ha-nat";
export const NAT_CONFIG_PATH = `${NAT_HOME}/etc/nat.json`;
export const NAT_RUN_DIR = "/run/ha-nat";
/** The one nftables table that is ours: `table ip ha_nat`. */
export const NFT_TABLE = "ha_nat";
