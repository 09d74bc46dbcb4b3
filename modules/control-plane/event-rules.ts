/** DATA: what starts a function, or reaches the failover queue, by EventBridge. Events only make it faster: the minute's sweep looks anyway. */
import { FUNCTION_NAMES } from "../../contract/functions";
import type { FunctionName } from "../../contract/functions";
import { physicalName } from "../../contract/project";
import { genericArn, groupName } from "../shared/deployment";
import type { Deployment } from "../shared/deployment";
import { DRIFT_SCHEDULE } from "./functions";

/** One rule on the default bus. */
export interface EventRule {
  /** Last part of the rule's name, and its construct ID in kebab case. */
  readonly name: string;
  readonly description: string;
  readonly when: { readonly schedule: string } | { readonly pattern: Readonly<Record<string, unknown>> };
  /** A function, or the failover queue. */
  readonly to: FunctionName | "queue";
}

/** The rules of a fleet in these zones. */
export function eventRules(d: Deployment, zones: readonly string[]): readonly EventRule[] {
  const groups = zones.map((zone) => groupName(d, zone));
  const lifecycle = (transition: "launch" | "terminate"): EventRule => ({
    name: `lifecycle-${transition}`,
    description: `a NAT's ${transition} hook waits`,
    when: {
      pattern: {
        source: ["aws.autoscaling"],
        "detail-type": [`EC2 Instance-${transition} Lifecycle Action`],
        detail: { AutoScalingGroupName: groups },
      },
    },
    to: FUNCTION_NAMES.lifecycleHandler,
  });
  return [
    {
      name: "every-minute",
      description: "a round of probes",
      when: { schedule: "rate(1 minute)" },
      to: FUNCTION_NAMES.healthProbe,
    },
    ...driftRules(groups),
    lifecycle("launch"),
    lifecycle("terminate"),
    {
      name: "instance-gone",
      description: "an instance of the account stops or ends; whose it is, the consumer sees",
      when: {
        pattern: {
          source: ["aws.ec2"],
          "detail-type": ["EC2 Instance State-change Notification"],
          detail: { state: ["shutting-down", "stopping", "stopped", "terminated"] },
        },
      },
      to: "queue",
    },
    {
      name: "instance-leaving",
      description: "Spot takes an instance back, or is about to",
      when: {
        pattern: {
          source: ["aws.ec2"],
          "detail-type": ["EC2 Spot Instance Interruption Warning", "EC2 Instance Rebalance Recommendation"],
        },
      },
      to: "queue",
    },
    {
      name: "alarm",
      description: "one of our alarms changes to ALARM",
      when: {
        pattern: {
          source: ["aws.cloudwatch"],
          "detail-type": ["CloudWatch Alarm State Change"],
          resources: [{ prefix: genericArn(d, "cloudwatch", `alarm:${physicalName(d.env, "NATReachability")}`) }],
          detail: { state: { value: ["ALARM"] } },
        },
      },
      to: "queue",
    },
  ];
}

/** What has eip-recover and config-guard look. */
function driftRules(groups: readonly string[]): readonly EventRule[] {
  return [
    {
      name: "config-watch",
      description: "is everything as it was deployed",
      when: { schedule: DRIFT_SCHEDULE },
      to: FUNCTION_NAMES.configGuard,
    },
    {
      name: "address-watch",
      description: "are all public addresses where their lanes are",
      when: { schedule: DRIFT_SCHEDULE },
      to: FUNCTION_NAMES.eipRecover,
    },
    {
      name: "address-instance",
      // By the group, not by EC2's own event: a look costs calls, and EC2 tells of every instance of the account.
      description: "a NAT is gone; its addresses may have gone with it",
      when: {
        pattern: {
          source: ["aws.autoscaling"],
          "detail-type": ["EC2 Instance Terminate Successful"],
          detail: { AutoScalingGroupName: groups },
        },
      },
      to: FUNCTION_NAMES.eipRecover,
    },
    {
      name: "address-moved",
      description:
        "somebody moved an address of the account; whose it is, eip-recover sees. Needs a CloudTrail trail, and is told sooner by it",
      when: {
        pattern: {
          source: ["aws.ec2"],
          "detail-type": ["AWS API Call via CloudTrail"],
          detail: {
            eventName: ["AssociateAddress", "DisassociateAddress", "AssignPrivateIpAddresses", "UnassignPrivateIpAddresses"],
          },
        },
      },
      to: FUNCTION_NAMES.eipRecover,
    },
  ];
}
