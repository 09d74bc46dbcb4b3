import type { Healthz } from "./healthz";

/** What egress-prober is asked. Every part is optional; the answer has the parts that were asked. */
export interface ProberRequest {
  readonly schema: 1;
  /** Ask the known endpoints through the lane. */
  readonly probe?: { readonly deadlineMs: number };
  /** Ask these NATs' `/healthz` directly (not through the lane's default route). */
  readonly healthz?: {
    readonly deadlineMs: number;
    readonly nats: readonly { readonly instanceId: string; readonly address: string }[];
  };
}

export interface ProbeResult {
  /** Target as configured, e.g. `1.1.1.1` or `aws.amazon.com`. */
  readonly target: string;
  readonly check: "dns" | "tcp" | "tls";
  readonly ok: boolean;
  readonly latencyMs: number;
  /** Error code or sentence when not ok. */
  readonly error?: string;
}

/**
 * `answered` carries the document (healthy or not). `timeout`: no word from the machine. `refused`: its kernel answers, its agent does
 * not. `malformed`: an answer that cannot be read.
 */
export type HealthzResult = { readonly instanceId: string } & (
  | { readonly outcome: "answered"; readonly healthz: Healthz }
  | { readonly outcome: "timeout" | "refused" | "malformed"; readonly error: string }
);

export interface ProberResponse {
  readonly schema: 1;
  readonly lane: string;
  readonly zone: string;
  readonly probe?: {
    readonly results: readonly ProbeResult[];
    /** Source address that the internet saw, from `http://1.1.1.1/cdn-cgi/trace`; null when not learned. */
    readonly publicAddress: string | null;
  };
  readonly healthz?: readonly HealthzResult[];
}
