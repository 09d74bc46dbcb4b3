/** DATA: alarms on what a NAT runs out of. */
import { DIMENSIONS, METRICS, METRIC_NAMESPACE } from "../../contract/metrics";
import { atOnce, minutely } from "./alarm";
import type { Alarm, Severity } from "./alarm";

export const conntrack = (env: string, zone: string, percent: number, severity: Severity): Alarm => ({
  ...minutely,
  kind: `ConntrackUsed${percent}`,
  subject: zone,
  severity,
  description: `A NAT of ${zone} uses ${percent} % of its connection table; when it is full, new connections fail.`,
  namespace: METRIC_NAMESPACE,
  metric: METRICS.conntrackUsedPercent,
  dimensions: { [DIMENSIONS.env]: env, [DIMENSIONS.zone]: zone },
  statistic: "Maximum",
  comparison: "GreaterThanOrEqualToThreshold",
  threshold: percent,
  breaching: 2,
  of: 3,
});

export const portsUsed = (env: string, zone: string): Alarm => ({
  ...minutely,
  kind: "PortsUsed80",
  subject: zone,
  severity: "ticket",
  description: `An address of ${zone} uses 80 % of its ports for one destination; when none is left, new connections to it are refused.`,
  namespace: METRIC_NAMESPACE,
  metric: METRICS.portsUsedPercent,
  dimensions: { [DIMENSIONS.env]: env, [DIMENSIONS.zone]: zone },
  statistic: "Maximum",
  comparison: "GreaterThanOrEqualToThreshold",
  threshold: 80,
  breaching: 2,
  of: 3,
});

export const portsExhausted = (env: string, zone: string): Alarm => ({
  ...atOnce,
  kind: "PortsExhausted",
  subject: zone,
  severity: "page",
  description: `A NAT of ${zone} refuses new connections to a destination: its address has no port left for it.`,
  namespace: METRIC_NAMESPACE,
  metric: METRICS.portsExhausted,
  dimensions: { [DIMENSIONS.env]: env, [DIMENSIONS.zone]: zone },
  statistic: "Sum",
});

export const cpu = (zone: string, asgName: string): Alarm => ({
  ...minutely,
  kind: "CpuHigh",
  subject: zone,
  severity: "ticket",
  description: `The NATs of ${zone} are busy above 80 % for ten minutes.`,
  namespace: "AWS/EC2",
  metric: "CPUUtilization",
  dimensions: { AutoScalingGroupName: asgName },
  statistic: "Maximum",
  comparison: "GreaterThanOrEqualToThreshold",
  threshold: 80,
  breaching: 10,
  of: 10,
});

export const allowanceExceeded = (env: string, zone: string): Alarm => ({
  ...minutely,
  kind: "AllowanceExceeded",
  subject: zone,
  severity: "ticket",
  description: `EC2 has held back or dropped packets of a NAT of ${zone} in every minute of ten: the instance type is too small.`,
  namespace: METRIC_NAMESPACE,
  metric: METRICS.allowanceExceeded,
  dimensions: { [DIMENSIONS.env]: env, [DIMENSIONS.zone]: zone },
  statistic: "Sum",
  comparison: "GreaterThanOrEqualToThreshold",
  threshold: 1,
  // A burst of milliseconds exceeds an allowance, too, and is no news.
  breaching: 10,
  of: 10,
});
