/** Answer of a NAT's `GET :880/healthz`. Times are ISO, durations milliseconds. */
export interface Healthz {
  readonly schema: 1;
  readonly instanceId: string;
  readonly zone: string;
  /** New at every boot; part of every heartbeat and suspicion. */
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
  };
  readonly heartbeats: {
    readonly keyLoaded: boolean;
    readonly peers: readonly { readonly instanceId: string; readonly heard: boolean; readonly silentForMs: number | null }[];
    /** Packets counted, logged and dropped since boot. */
    readonly dropped: {
      readonly malformed: number;
      readonly foreign: number;
      readonly forged: number;
      readonly replayed: number;
    };
  };
  readonly conntrack: { readonly count: number; readonly max: number; readonly insertFailed: number; readonly drop: number };
  /** Named nftables counters of our table, e.g. `snat_use1-az1-l1`, `forward_drop`. */
  readonly counters: Readonly<Record<string, { readonly packets: number; readonly bytes: number }>>;
  /** `off` until flow replication is built. */
  readonly replication: { readonly state: "off" };
}
