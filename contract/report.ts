import type { HealthzResult, ProbeResult } from "./prober";

/** `nat-health-probe` invoked with this answers with a Report at once instead of looping; publishes no metric, sends no message. */
export interface ReportRequest {
  readonly schema: 1;
  readonly kind: "report";
}

/** One round of observations, read by `scripts/verify_nat.sh`. */
export interface Report {
  readonly schema: 1;
  readonly at: string;
  readonly lanes: readonly {
    readonly lane: string;
    /** `failed`: the prober did not answer in time, threw, or could not be invoked; `error` says which. */
    readonly prober: "answered" | "failed";
    readonly error?: string;
    readonly results: readonly ProbeResult[];
    readonly publicAddress: string | null;
  }[];
  readonly nats: readonly {
    readonly name: string;
    readonly zone: string;
    readonly result: HealthzResult | { readonly instanceId: string; readonly outcome: "unasked" };
  }[];
  /** Empty with `steering: eip`. */
  readonly targets: readonly { readonly instanceId: string; readonly state: string; readonly reason: string }[];
}
