/** DATA: alarms of an operator's hold. */
import { DIMENSIONS, METRICS, METRIC_NAMESPACE } from "../../contract/metrics";
import { atOnce, minutely } from "./alarm";
import type { Alarm } from "./alarm";

/** A hold costs something now. */
export const heldByOperator = (env: string): Alarm => ({
  ...atOnce,
  kind: "HeldByOperator",
  subject: "",
  severity: "page",
  description: "A lane should move, and an operator's hold forbids it.",
  namespace: METRIC_NAMESPACE,
  metric: METRICS.heldByOperator,
  dimensions: { [DIMENSIONS.env]: env },
  statistic: "Maximum",
});

/** Said whether or not a lane should move: else the first news of a hold that somebody forgot is the outage that it prolongs. */
export const holdInForce = (env: string): Alarm => ({
  ...minutely,
  kind: "HoldInForce",
  subject: "",
  severity: "ticket",
  description: "An operator's hold is in force for an hour: a NAT that breaks keeps its lanes until the hold ends.",
  namespace: METRIC_NAMESPACE,
  metric: METRICS.holdInForce,
  dimensions: { [DIMENSIONS.env]: env },
  // Reported every minute, whatever its value; a hold that was ended in between begins anew.
  statistic: "Minimum",
  comparison: "GreaterThanOrEqualToThreshold",
  threshold: 1,
  periodSeconds: 300,
  breaching: 12,
  of: 12,
});
