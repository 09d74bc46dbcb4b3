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
  /** Addresses of the lanes that we carry; null while it is not known. */
  readonly owned: readonly number[] | null;
}
