export interface FleetPeer {
  readonly instanceId: string;
  readonly address: string;
  readonly zone: string;
}

/** What the agent tells the replicator, whenever it changes. */
export interface Fleet {
  readonly keys: readonly Buffer[];
  readonly peers: readonly FleetPeer[];
  /** Instance IDs whose heartbeats are missed. */
  readonly missing: readonly string[];
  /** Addresses of lanes that our network interface holds: the lanes that we carry. */
  readonly owned: readonly number[];
}
