import type * as autoscaling from "@aws-sdk/client-auto-scaling";
import type { AutoScalingGroupModel } from "../../stack/model";
import type { Refresh, RefreshPreferences } from "../../loops/instance-refresh";
import { together, type Handlers } from "../endpoint";
import type { Size } from "../state/capacity";
import type { InstanceRecord } from "../state/instances";
import { AwsError } from "../wire/call";
import type { AutoScalingState } from "./autoscaling-state";

/** Where AWS's own defaults hold: no maintenance policy, no preferences. */
const DEFAULT_PREFERENCES: RefreshPreferences = { minHealthyPercentage: 90, maxHealthyPercentage: 100, warmupSeconds: 0 };

/** What makes a group grow, shrink, or replace its instances. */
export function autoScalingChangeHandlers(state: AutoScalingState): Handlers<typeof autoscaling> {
  return together(sizeHandlers(state), refreshHandlers(state));
}

function sizeHandlers(state: AutoScalingState): Handlers<typeof autoscaling> {
  return {
    SetDesiredCapacity: (input) => {
      const group = requireGroup(state, input.AutoScalingGroupName);
      const size = { ...state.capacity.of(group.name), desired: required("DesiredCapacity", input.DesiredCapacity) };
      checkBounds("SetDesiredCapacity", size);
      state.scaling.resize(group.name, size);
      return {};
    },

    UpdateAutoScalingGroup: (input) => {
      const group = requireGroup(state, input.AutoScalingGroupName);
      const known = ["AutoScalingGroupName", "MinSize", "MaxSize", "DesiredCapacity"];
      const asked = Object.entries(input).flatMap(([name, value]) => (value === undefined || known.includes(name) ? [] : [name]));
      if (asked.length > 0) throw validation(`The lab changes ${known.slice(1).join(", ")} only, not ${asked.join(", ")}`);
      const now = state.capacity.of(group.name);
      const { MinSize: min = now.min, MaxSize: max = now.max, DesiredCapacity } = input;
      if (min > max) throw validation(`Min bound, ${min}, must be less than or equal to max bound, ${max}`);
      // Unsaid, the desired size follows the bounds.
      const size = { min, max, desired: DesiredCapacity ?? Math.min(Math.max(now.desired, min), max) };
      checkBounds("UpdateAutoScalingGroup", size);
      state.scaling.resize(group.name, size);
      return {};
    },

    TerminateInstanceInAutoScalingGroup: (input) => {
      const record = requireMember(state, input.InstanceId);
      const size = state.capacity.of(record.groupName);
      if (required("ShouldDecrementDesiredCapacity", input.ShouldDecrementDesiredCapacity)) {
        if (size.desired <= size.min) {
          throw validation(
            `Currently, desiredSize equals minSize (${size.min}). Terminating instance without replacement will violate group's ` +
              "min size constraint. Either set shouldDecrementDesiredCapacity flag to false or lower group's min size.",
          );
        }
        state.scaling.resize(record.groupName, { ...size, desired: size.desired - 1 });
      }
      state.scaling.terminateMember(record);
      return {
        Activity: {
          ActivityId: record.instanceId.replace(/^i-/, ""),
          AutoScalingGroupName: record.groupName,
          Description: `Terminating EC2 instance: ${record.instanceId}`,
          Cause: "instance was taken out of service in response to a user request.",
          StartTime: state.now(),
          StatusCode: "InProgress",
          Progress: 0,
        },
      };
    },
  };
}

function refreshHandlers(state: AutoScalingState): Handlers<typeof autoscaling> {
  return {
    StartInstanceRefresh: (input) => {
      const group = requireGroup(state, input.AutoScalingGroupName);
      if ((input.Strategy ?? "Rolling") !== "Rolling")
        throw validation(`The lab refreshes by Rolling only, not ${input.Strategy}`);
      if (input.DesiredConfiguration !== undefined) throw validation("The lab refreshes without DesiredConfiguration only");
      const refresh = state.scaling.refreshes.start(group, preferencesOf(group, input.Preferences));
      if (refresh === undefined) {
        throw new AwsError(
          "InstanceRefreshInProgressFault",
          "An Instance Refresh is already in progress and blocks the execution of this Instance Refresh.",
        );
      }
      return { InstanceRefreshId: refresh.id };
    },

    DescribeInstanceRefreshes: (input) => {
      const group = requireGroup(state, input.AutoScalingGroupName);
      const ids = input.InstanceRefreshIds ?? [];
      const found = state.scaling.refreshes.of(group.name).filter(({ id }) => ids.length === 0 || ids.includes(id));
      return { InstanceRefreshes: found.map(describeRefresh) };
    },
  };
}

function preferencesOf(
  { maintenance }: AutoScalingGroupModel,
  asked: autoscaling.RefreshPreferences | undefined,
): RefreshPreferences {
  const known = ["MinHealthyPercentage", "MaxHealthyPercentage", "InstanceWarmup", "SkipMatching"];
  const strange = Object.entries(asked ?? {}).flatMap(([name, value]) =>
    value === undefined || known.includes(name) ? [] : [name],
  );
  if (strange.length > 0) throw validation(`The lab knows the preferences ${known.join(", ")} only, not ${strange.join(", ")}`);
  if (asked?.SkipMatching === true)
    throw validation("The lab has one launch template version: with SkipMatching nothing is left");
  const base = { ...DEFAULT_PREFERENCES, ...maintenance };
  return {
    minHealthyPercentage: asked?.MinHealthyPercentage ?? base.minHealthyPercentage,
    maxHealthyPercentage: asked?.MaxHealthyPercentage ?? base.maxHealthyPercentage,
    warmupSeconds: asked?.InstanceWarmup ?? base.warmupSeconds,
  };
}

function describeRefresh(refresh: Refresh): autoscaling.InstanceRefresh {
  const { preferences, total, left } = refresh;
  return {
    InstanceRefreshId: refresh.id,
    AutoScalingGroupName: refresh.groupName,
    Status: refresh.status,
    StartTime: refresh.startedAt,
    EndTime: refresh.endedAt,
    PercentageComplete: total === 0 ? 100 : Math.floor(((total - left) * 100) / total),
    InstancesToUpdate: left,
    Preferences: {
      MinHealthyPercentage: preferences.minHealthyPercentage,
      MaxHealthyPercentage: preferences.maxHealthyPercentage,
      InstanceWarmup: preferences.warmupSeconds,
      SkipMatching: false,
    },
    Strategy: "Rolling",
  };
}

function requireGroup(state: AutoScalingState, name: string | undefined): AutoScalingGroupModel {
  const group = state.model.autoScalingGroups.find((candidate) => candidate.name === name);
  if (group === undefined) throw validation(`AutoScalingGroup name not found - AutoScalingGroup '${name}' not found`);
  return group;
}

function requireMember(state: AutoScalingState, instanceId: string | undefined): InstanceRecord {
  const record = state.instances.find(instanceId ?? "");
  if (record === undefined || record.lifecycle === "Terminated") {
    throw validation(`Instance Id not found - No managed instance found for instance ID: ${instanceId}`);
  }
  return record;
}

function checkBounds(operation: string, { min, max, desired }: Size): void {
  const place = desired < min ? ["below min", min] : desired > max ? ["above max", max] : undefined;
  if (place === undefined) return;
  throw validation(`New ${operation} value ${desired} is ${place[0]} value ${place[1]} for the AutoScalingGroup.`);
}

function required<T>(name: string, value: T | undefined): T {
  if (value === undefined) throw validation(`Missing required parameter: ${name}`);
  return value;
}

function validation(message: string): AwsError {
  return new AwsError("ValidationError", message);
}
