import { randomUUID } from "node:crypto";
import type { AutoScalingGroupModel, StackModel } from "../stack/model";
import { zoneName } from "../aws/state/ids";
import type { Ec2StateName, InstanceRecord } from "../aws/state/instances";
import type { LifecycleAction } from "../aws/state/lifecycle-actions";
import type { NewEvent } from "./event-bus";

type Place = Pick<StackModel, "region" | "accountId">;

export const LAUNCHING = "autoscaling:EC2_INSTANCE_LAUNCHING";
export const TERMINATING = "autoscaling:EC2_INSTANCE_TERMINATING";

export function stateChange({ region, accountId }: Place, instanceId: string, state: Ec2StateName): NewEvent {
  return {
    source: "aws.ec2",
    detailType: "EC2 Instance State-change Notification",
    resources: [`arn:aws:ec2:${region}:${accountId}:instance/${instanceId}`],
    detail: { "instance-id": instanceId, state },
  };
}

/** An instance stands at a hook. */
export function lifecycleAction(group: AutoScalingGroupModel, action: LifecycleAction): NewEvent {
  const launching = action.hook.transition === LAUNCHING;
  return {
    source: "aws.autoscaling",
    detailType: `EC2 Instance-${launching ? "launch" : "terminate"} Lifecycle Action`,
    resources: [group.arn],
    detail: {
      LifecycleActionToken: action.token,
      AutoScalingGroupName: group.name,
      LifecycleHookName: action.hook.name,
      EC2InstanceId: action.instanceId,
      LifecycleTransition: action.hook.transition,
      Origin: launching ? "EC2" : "AutoScalingGroup",
      Destination: launching ? "AutoScalingGroup" : "EC2",
    },
  };
}

export interface Outcome {
  readonly activity: "Launch Successful" | "Launch Unsuccessful" | "Terminate Successful";
  readonly cause: string;
  readonly at: Date;
}

export function activityOutcome(place: Place, group: AutoScalingGroupModel, record: InstanceRecord, outcome: Outcome): NewEvent {
  const arn = `arn:aws:ec2:${place.region}:${place.accountId}:instance/${record.instanceId}`;
  const launching = outcome.activity.startsWith("Launch");
  return {
    source: "aws.autoscaling",
    detailType: `EC2 Instance ${outcome.activity}`,
    resources: [group.arn, arn],
    detail: {
      StatusCode: outcome.activity.endsWith("Unsuccessful") ? "Failed" : "InProgress",
      Description: `${launching ? "Launching a new" : "Terminating"} EC2 instance: ${record.instanceId}`,
      AutoScalingGroupName: group.name,
      ActivityId: randomUUID(),
      RequestId: randomUUID(),
      EC2InstanceId: record.instanceId,
      Cause: outcome.cause,
      StatusMessage: "",
      StartTime: outcome.at.toISOString(),
      EndTime: outcome.at.toISOString(),
      Details: { "Availability Zone": zoneName(place.region, record.zone), "Subnet ID": record.subnetId },
      Origin: launching ? "EC2" : "AutoScalingGroup",
      Destination: launching ? "AutoScalingGroup" : "EC2",
    },
  };
}

/** A refresh is under way, or over. */
export function instanceRefresh(group: AutoScalingGroupModel, id: string, step: "Started" | "Succeeded"): NewEvent {
  return {
    source: "aws.autoscaling",
    detailType: `EC2 Auto Scaling Instance Refresh ${step}`,
    resources: [group.arn],
    detail: { InstanceRefreshId: id, AutoScalingGroupName: group.name },
  };
}
