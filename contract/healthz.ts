/** Answer of a NAT's `GET :880/healthz`. Times are ISO, durations milliseconds. */
export interface Healthz {
  readonly schema: 1;
  readonly instanceId: string;
  readonly zone: string;
  /** New at every start of the agent; part of every heartbeat and suspicion. */
  readonly bootId: string;
  readonly at: string;
  /** The NAT may be given a lane: ruleset as loaded, sysctls right, self-probe good. */
  readonly healthy: boolean;
  /** Empty when healthy, else one sentence per fault. */
  readonly reasons: readonly string[];
  readonly ruleset: { readonly ok: boolean; readonly digest: string; readonly expected: string };
  readonly sysctls: { readonly ok: boolean; readonly wrong: readonly string[] };
  readonly selfProbe: {
    readonly ok: boolean;
    readonly consecutiveFailures: number;
    readonly lastLatencyMs: number | null;
    readonly lastOkAt: string | null;
    /** Since when it has not failed (as `ok` counts, single misses are none); null before the first success, and while it fails. */
    readonly wellSince?: string | null;
  };
  readonly heartbeats: {
    readonly keyLoaded: boolean;
    readonly peers: readonly { readonly instanceId: string; readonly heard: boolean; readonly silentForMs: number | null }[];
    /** Packets counted, logged and dropped since the agent started. */
    readonly dropped: {
      readonly malformed: number;
      readonly foreign: number;
      readonly forged: number;
      readonly replayed: number;
    };
  };
  readonly conntrack: {
    readonly count: number;
    readonly max: number;
    /** Since boot, all processors. A clash of two packets that begin one flow counts here and in `drop`. */
    readonly insertFailed: number;
    readonly drop: number;
    /** Flows that were not assured, ended to make room in a full table. */
    readonly earlyDrop?: number;
    /** New flows refused because their chain of the hash table was too long: too few buckets. Kernels below 5.15 do not count them. */
    readonly chainTooLong?: number;
  };
  /** Packets that EC2 held back or dropped since boot, by the allowance of the instance they exceeded, e.g. `bw_in`; only ENA counts them. */
  readonly allowances?: Readonly<Record<string, number>>;
  /** Named nftables counters of our table, e.g. `snat_use1-az1-l1`, `forward_drop`. */
  readonly counters: Readonly<Record<string, { readonly packets: number; readonly bytes: number }>>;
  /** Longest time that something held the event loop of the agent's main thread in the last minute, milliseconds; null in its first second. */
  readonly loopMaxMs?: number | null;
  readonly replication: ReplicationHealth | { readonly state: "off" };
}

/**
 * Whether this NAT holds the flows of its peers (`off`: not configured, or an older payload). `alone`: no other NAT to copy from, so
 * nothing is missing. `syncing`: a full sweep of every peer is not complete yet. `synced`: it is. `degraded`: it was, and now
 * something is known to be missing (see reasons); the next sweep repairs it. Only `alone` and `synced` make a comfortable target.
 */
export type ReplicationState = "alone" | "syncing" | "synced" | "degraded";

export interface ReplicationHealth {
  readonly state: ReplicationState;
  /** Empty when synced or alone, else one sentence per peer or fault. */
  readonly reasons: readonly string[];
  /** Flows announced by our kernel, records sent, records injected, records refused by the kernel or by validation; since the replicator started, as all its counts. */
  readonly announced: number;
  readonly sent: number;
  readonly injected: number;
  readonly refused: number;
  /** Open flows of the lanes that this NAT carries, at its last sweep: those that are its own work, not copies. Null before. */
  readonly carried?: number | null;
  /** How often the kernel announced more than its buffer held; a sweep at once repaired it. Since the replicator started. */
  readonly overruns?: number;
  /** Sealed packets that never came, by the gaps in their sequence; since the replicator started. */
  readonly lost: number;
  /** Packets counted and dropped since the replicator started. */
  readonly dropped: {
    readonly malformed: number;
    readonly foreign: number;
    readonly forged: number;
    readonly replayed: number;
    readonly otherVersion: number;
  };
  /** Milliseconds from a flow's event here to its record leaving, 99th percentile of the last minute; null without flows. */
  readonly sendLagMs: number | null;
  /** Milliseconds from a packet's arrival to its records being in our kernel, likewise. */
  readonly injectLagMs: number | null;
  /** Starts of the replicator beyond the first, since the agent started. */
  readonly restarts: number;
  /** Longest time the replicator's event loop was held in the last minute, milliseconds. */
  readonly loopMaxMs: number | null;
  readonly peers: readonly {
    readonly instanceId: string;
    /** Its flows are here in full: a full sweep of it came without a gap. */
    readonly synced: boolean;
    /** Flows in its last complete sweep, and seconds since; null before the first. */
    readonly flows: number | null;
    readonly sweptSecondsAgo: number | null;
  }[];
}
