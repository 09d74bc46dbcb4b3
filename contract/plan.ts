import type { OperatorMessage } from "./messages";
import type { FleetRecord } from "./parameters";

/** `nat-route-failover` invoked with this answers what it would do, and does nothing. Without a request: what it would do by itself. */
export interface PlanRequest {
  readonly schema: 1;
  readonly kind: "plan";
  readonly request?: OperatorMessage;
}

/** Read by the operators' commands (`--dry-run`, and what is shown before the question). */
export interface PlanAnswer {
  readonly schema: 1;
  readonly env: string;
  readonly at: string;
  /** Null when the request would be carried out (or was none); else why not. */
  readonly refused: string | null;
  readonly hold: NonNullable<FleetRecord["hold"]> | null;
  readonly nats: readonly {
    readonly instanceId: string;
    readonly zone: string;
    readonly leaving: boolean;
    /** `healthy`, or why it is not thought so. */
    readonly evidence: string;
    /** It holds the flows of its peers: a lane that comes to it loses no connection. */
    readonly synced: boolean;
  }[];
  readonly lanes: readonly { readonly lane: string; readonly zone: string; readonly servedBy: string | null }[];
  /** In order; `none` too, with its reason. */
  readonly actions: readonly {
    readonly kind: string;
    readonly because: string;
    readonly lane?: string;
    /** Where the lane goes, or which NAT is replaced. */
    readonly instanceId?: string;
    readonly what: string;
  }[];
}
