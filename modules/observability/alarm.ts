/** `page`: somebody must act now. `ticket`: somebody must act this week. */
export type Severity = "page" | "ticket";

/** One alarm of one environment. */
export interface Alarm {
  /** Names the runbook. */
  readonly kind: string;
  /** What of the kind it watches: lane, zone, function; empty when there is only one. */
  readonly subject: string;
  readonly severity: Severity;
  readonly description: string;
  readonly namespace: string;
  readonly metric: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly statistic: "Minimum" | "Maximum" | "Average" | "Sum" | "SampleCount";
  readonly comparison: "LessThanThreshold" | "GreaterThanOrEqualToThreshold";
  readonly threshold: number;
  readonly periodSeconds: number;
  /** k of n periods. */
  readonly breaching: number;
  readonly of: number;
  /** What silence means. */
  readonly missing: "breaching" | "notBreaching";
}

/** Most alarms look every minute, and take silence for good news. */
export const minutely = { periodSeconds: 60, missing: "notBreaching" } as const;

/** It must not happen, and one minute in which it did is enough. */
export const atOnce = { ...minutely, comparison: "GreaterThanOrEqualToThreshold", threshold: 1, breaching: 1, of: 1 } as const;
