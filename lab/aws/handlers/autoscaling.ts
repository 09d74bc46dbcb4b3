import type * as autoscaling from "@aws-sdk/client-auto-scaling";
import type { AutoScalingGroupModel } from "../../stack/model";
import { together, type Handlers } from "../endpoint";
import { zoneName } from "../state/ids";
import type { InstanceRecord } from "../state/instances";
import type { ActionSelector } from "../state/lifecycle-actions";
import { AwsError } from "../wire/call";
import { autoScalingChangeHandlers } from "./autoscaling-changes";
import type { AutoScalingState } from "./autoscaling-state";
import { paginate } from "./paginate";

export function autoScalingHandlers(state: AutoScalingState): Handlers<typeof autoscaling> {
  return together(memberHandlers(state), autoScalingChangeHandlers(state));
}

function memberHandlers(state: AutoScalingState): Handlers<typeof autoscaling> {
  return {
    DescribeAutoScalingGroups: (input) => {
      const names = input.AutoScalingGroupNames ?? [];
      const asked = state.model.autoScalingGroups.filter((group) => names.length === 0 || names.includes(group.name));
      const found = asked.filter((group) => (input.Filters ?? []).every((filter) => matches(group, filter)));
      const page = paginate(found, (group) => group.name, pageRequest(input.MaxRecords, input.NextToken, 100));
      return { AutoScalingGroups: page.items.map((group) => describeGroup(state, group)), NextToken: page.next };
    },

    DescribeAutoScalingInstances: (input) => {
      const ids = input.InstanceIds ?? [];
      const found = members(state).filter((record) => ids.length === 0 || ids.includes(record.instanceId));
      const page = paginate(found, (record) => record.instanceId, pageRequest(input.MaxRecords, input.NextToken, 50));
      return {
        AutoScalingInstances: page.items.map((record) => ({
          ...describeInstance(state, record),
          AutoScalingGroupName: record.groupName,
          // This operation alone spells it in capitals.
          HealthStatus: record.health.toUpperCase(),
        })),
        NextToken: page.next,
      };
    },

    CompleteLifecycleAction: (input) => {
      const selector = selectorOf(state, input);
      const result = input.LifecycleActionResult;
      if (result !== "CONTINUE" && result !== "ABANDON") {
        throw new AwsError("ValidationError", `LifecycleActionResult must be CONTINUE or ABANDON, got ${result ?? "nothing"}`);
      }
      if (!state.actions.complete(selector, result)) throw noAction(selector);
      return {};
    },

    RecordLifecycleActionHeartbeat: (input) => {
      const selector = selectorOf(state, input);
      if (!state.actions.heartbeat(selector)) throw noAction(selector);
      return {};
    },

    SetInstanceHealth: (input) => {
      const record = members(state).find((member) => member.instanceId === input.InstanceId);
      if (record === undefined) {
        throw new AwsError(
          "ValidationError",
          `Instance Id not found - No managed instance found for instance ID: ${input.InstanceId}`,
        );
      }
      if (input.HealthStatus !== "Healthy" && input.HealthStatus !== "Unhealthy") {
        throw new AwsError("ValidationError", `HealthStatus must be Healthy or Unhealthy, got ${input.HealthStatus}`);
      }
      record.health = input.HealthStatus;
      state.scaling.onHealthSet();
      return {};
    },
  };
}

const pageRequest = (size: number | undefined, token: string | undefined, max: number) =>
  ({ size, token, bounds: { min: 1, max }, badToken: "InvalidNextToken" }) as const;

function members(state: AutoScalingState): readonly InstanceRecord[] {
  return state.instances.all().filter((record) => record.lifecycle !== "Terminated");
}

interface ActionInput {
  readonly AutoScalingGroupName?: string | undefined;
  readonly LifecycleHookName?: string | undefined;
  readonly LifecycleActionToken?: string | undefined;
  readonly InstanceId?: string | undefined;
}

function selectorOf(state: AutoScalingState, input: ActionInput): ActionSelector {
  const group = state.model.autoScalingGroups.find((candidate) => candidate.name === input.AutoScalingGroupName);
  if (group === undefined) {
    throw new AwsError(
      "ValidationError",
      `AutoScalingGroup name not found - AutoScalingGroup '${input.AutoScalingGroupName}' not found`,
    );
  }
  if (!group.hooks.some((hook) => hook.name === input.LifecycleHookName)) {
    throw new AwsError("ValidationError", `No Lifecycle Hook found with name: ${input.LifecycleHookName}`);
  }
  return {
    groupName: group.name,
    hookName: input.LifecycleHookName,
    token: input.LifecycleActionToken,
    instanceId: input.InstanceId,
  };
}

function noAction({ token, instanceId }: ActionSelector): AwsError {
  const which = token === undefined ? `instance ID ${instanceId}` : `token ${token}`;
  return new AwsError("ValidationError", `No active Lifecycle Action found with ${which}`);
}

function matches(group: AutoScalingGroupModel, filter: autoscaling.Filter): boolean {
  const values = filter.Values ?? [];
  if (filter.Name === "tag-key") return Object.keys(group.tags).some((key) => values.includes(key));
  if (filter.Name === "tag-value") return Object.values(group.tags).some((value) => values.includes(value));
  if (filter.Name?.startsWith("tag:")) {
    const value = group.tags[filter.Name.slice("tag:".length)];
    return value !== undefined && values.includes(value);
  }
  throw new AwsError(
    "ValidationError",
    `Filter type ${filter.Name} is not correct. Allowed Filter types are: tag-key, tag-value, tag:<key>`,
  );
}

function describeInstance(state: AutoScalingState, record: InstanceRecord) {
  return {
    InstanceId: record.instanceId,
    InstanceType: record.instanceType,
    AvailabilityZone: zoneName(state.model.region, record.zone),
    AvailabilityZoneId: record.zone,
    LifecycleState: record.lifecycle,
    HealthStatus: record.health as string,
    LaunchTemplate: { LaunchTemplateId: record.launchTemplateId, Version: "1" },
    ProtectedFromScaleIn: false,
  };
}

function describeGroup(state: AutoScalingState, group: AutoScalingGroupModel): autoscaling.AutoScalingGroup {
  const { model } = state;
  const { min, max, desired } = state.capacity.of(group.name);
  const zones = model.subnets.filter((subnet) => group.subnetIds.includes(subnet.subnetId)).map((subnet) => subnet.zone);
  return {
    AutoScalingGroupName: group.name,
    AutoScalingGroupARN: group.arn,
    LaunchTemplate: { LaunchTemplateId: group.launchTemplateId, Version: "1" },
    MinSize: min,
    MaxSize: max,
    DesiredCapacity: desired,
    DefaultCooldown: 300,
    AvailabilityZones: zones.map((zone) => zoneName(model.region, zone)),
    AvailabilityZoneIds: zones,
    VPCZoneIdentifier: group.subnetIds.join(","),
    HealthCheckType: "EC2",
    InstanceMaintenancePolicy: group.maintenance && {
      MinHealthyPercentage: group.maintenance.minHealthyPercentage,
      MaxHealthyPercentage: group.maintenance.maxHealthyPercentage,
    },
    CreatedTime: state.startedAt,
    NewInstancesProtectedFromScaleIn: false,
    Instances: members(state)
      .filter((record) => record.groupName === group.name)
      .map((record) => describeInstance(state, record)),
    Tags: Object.entries(group.tags).map(([Key, Value]) => ({
      Key,
      Value,
      ResourceId: group.name,
      ResourceType: "auto-scaling-group",
      PropagateAtLaunch: true,
    })),
  };
}
