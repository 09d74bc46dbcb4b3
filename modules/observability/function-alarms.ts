/** DATA: alarms that every function has, and those of the functions that look for drift. */
import { FUNCTION_NAMES } from "../../contract/functions";
import { DIMENSIONS, METRICS, METRIC_NAMESPACE } from "../../contract/metrics";
import { minutely } from "./alarm";
import type { Alarm } from "./alarm";

/** `nat-route-failover` → `NatRouteFailover`. */
export function pascal(name: string): string {
  return name
    .split("-")
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join("");
}

const ofFunction = (bundle: string, name: string) => ({
  ...minutely,
  subject: laneOf(bundle, name),
  namespace: "AWS/Lambda",
  dimensions: { FunctionName: name },
  statistic: "Sum" as const,
  threshold: 1,
});

/** It throws, or is killed at its time-out. */
export const failures = (bundle: string, name: string): Alarm => ({
  ...ofFunction(bundle, name),
  kind: `${pascal(bundle)}Failures`,
  severity: "page",
  description: `Function ${name} fails.`,
  metric: "Errors",
  comparison: "GreaterThanOrEqualToThreshold",
  breaching: 3,
  of: 5,
});

/** Five runs that did not take place; three of one that runs less often than every minute. */
export const notRunning = (bundle: string, name: string, everyMinutes: number): Alarm => {
  const runs = everyMinutes === 1 ? 5 : 3;
  return {
    ...ofFunction(bundle, name),
    kind: `${pascal(bundle)}NotRunning`,
    severity: "page",
    description: `Function ${name} ran not once in ${runs * everyMinutes} minutes; it should every ${everyMinutes === 1 ? "minute" : `${everyMinutes} minutes`}.`,
    metric: "Invocations",
    comparison: "LessThanThreshold",
    periodSeconds: everyMinutes * 60,
    breaching: runs,
    of: runs,
    missing: "breaching",
  };
};

/** Functions that look for what others changed, and say what they could not have put right. */
export const KEEPERS = [FUNCTION_NAMES.eipRecover, FUNCTION_NAMES.configGuard] as const;

/** Those that come upon it: the sweep of every minute mends most routes and addresses before a keeper looks. */
export const FINDERS = [...KEEPERS, FUNCTION_NAMES.routeFailover] as const;

const ofKeeper = (env: string, bundle: string) => ({
  ...minutely,
  subject: bundle,
  namespace: METRIC_NAMESPACE,
  dimensions: { [DIMENSIONS.env]: env, [DIMENSIONS.function]: bundle },
  comparison: "GreaterThanOrEqualToThreshold" as const,
  threshold: 1,
  periodSeconds: 300,
});

/** Somebody changes what is ours. */
export const driftFound = (env: string, bundle: string): Alarm => ({
  ...ofKeeper(env, bundle),
  kind: "DriftFound",
  severity: "ticket",
  description: `${bundle} found something of ours changed by somebody else.`,
  metric: METRICS.driftFound,
  statistic: "Sum",
  breaching: 1,
  of: 1,
});

/** And it does not go right again. */
export const driftLeft = (env: string, bundle: string): Alarm => ({
  ...ofKeeper(env, bundle),
  kind: "DriftLeft",
  severity: "page",
  description: `${bundle} found something of ours changed and could not have it put right.`,
  metric: METRICS.driftLeft,
  statistic: "Maximum",
  breaching: 2,
  of: 2,
});

/** `ha-nat-test-egress-prober-use1-az1-l1` → `use1-az1-l1`; empty when the function has one copy. */
const laneOf = (bundle: string, name: string): string => name.split(`${bundle}-`)[1] ?? "";
