/**
 * Heartbeat packet (UDP 881): 32 bytes HMAC-SHA256 over the rest, then the JSON of HeartbeatBody in UTF-8.
 * At most MAX_HEARTBEAT_BYTES, so that it is never fragmented.
 */
export const MAX_HEARTBEAT_BYTES = 1200;
export const HEARTBEAT_MAC_BYTES = 32;
export const HEARTBEAT_VERSION = 1;

export interface HeartbeatBody {
  /** Version. */
  readonly v: 1;
  /** Environment: a packet of another fleet is foreign. */
  readonly env: string;
  /** Sender's instance ID. */
  readonly id: string;
  /** Sender's boot ID. */
  readonly boot: string;
  /** Sequence, from 1, strictly rising within a boot. */
  readonly seq: number;
  /** Boot time of the sender, ms since the epoch: a packet of an older boot than the one known is replayed. */
  readonly bootMs: number;
  /** Sender's self-probe. */
  readonly probe: { readonly ok: boolean; readonly fails: number };
  /** Instance IDs whose heartbeats the sender misses (3 or more in a row). */
  readonly misses: readonly string[];
  /** The sender is healthy (as in Healthz). */
  readonly ok: boolean;
}
