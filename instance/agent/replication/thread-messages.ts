import type { ReplicationHealth } from "../../../contract/healthz";
import type { NatConfig } from "../../../contract/nat-config";
import type { Descriptors } from "./kernel";
import type { Sender } from "./packet";

/** What the agent starts the replicator's thread with. */
export interface ReplicatorStart {
  readonly config: NatConfig;
  readonly sender: Sender;
  readonly descriptors: Descriptors;
  /** Path of the event reader's bundle. */
  readonly reader: string;
}

/** Agent → replicator: the fleet as it is now. Keys in base64. */
export interface FleetMessage {
  readonly kind: "fleet";
  readonly keys: readonly string[];
  readonly peers: readonly { readonly instanceId: string; readonly address: string; readonly zone: string }[];
  readonly missing: readonly string[];
  /** IPv4 addresses of the lanes that we carry; null while it is not known. */
  readonly owned: readonly string[] | null;
}

/** Replicator → agent. */
export type ReplicatorMessage =
  | { readonly kind: "health"; readonly health: Omit<ReplicationHealth, "restarts"> }
  | {
      readonly kind: "log";
      readonly about: string;
      readonly message: string;
      readonly fields: Readonly<Record<string, unknown>>;
    };

/** What the replicator starts the event reader's thread with. */
export interface ReaderStart {
  readonly descriptor: number;
  /** SNAT addresses of our lanes; what others have is no business of replication. */
  readonly addresses: readonly number[];
  /** Lifetime of the copies of what is announced, seconds. */
  readonly newborn: number;
}

/** Event reader → replicator. */
export type ReaderMessage =
  /** Records; read since so many milliseconds of the monotonic clock, which threads share. */
  | { readonly kind: "announced"; readonly records: Uint8Array<ArrayBuffer>; readonly since: number }
  | { readonly kind: "overrun" }
  | { readonly kind: "fault"; readonly why: string };
