import { DescribeAutoScalingGroupsCommand } from "@aws-sdk/client-auto-scaling";
import type { AutoScalingClient, AutoScalingGroup } from "@aws-sdk/client-auto-scaling";
import { DescribeInstancesCommand } from "@aws-sdk/client-ec2";
import type { EC2Client, Filter, Instance } from "@aws-sdk/client-ec2";
import type { FinalizeHandler } from "@smithy/types";
import { ROLES, TAGS } from "../../../contract/tags";
import type { GroupMember, ObservedInstance } from "../domain/fleet";
import type { Fleet } from "../domain/fleet-ports";
import type { Log } from "../domain/ports";
import { isOutage } from "./errors";
import { incomplete, instancesByInterface, toEni } from "./fleet-interfaces";
import { allPages } from "./paginate";

/** A terminated instance stays in the answer for an hour and has nothing left to observe. */
const STATES = ["pending", "running", "shutting-down", "stopping", "stopped"];

/** Set by Auto Scaling; nobody else can set it or take it off. */
const GROUP_TAG = "aws:autoscaling:groupName";

/** The most names DescribeAutoScalingGroups takes. */
const MOST_GROUPS = 100;

export function fleetObserver(ec2: EC2Client, autoScaling: AutoScalingClient, env: string, log: Pick<Log, "warn">): Fleet {
  const tags = [
    { Name: `tag:${TAGS.env}`, Values: [env] },
    { Name: `tag:${TAGS.role}`, Values: [ROLES.nat] },
  ];
  return {
    instances: async () => {
      const found = await describedInstances(ec2, tags, log);
      return found.toSorted((a, b) => a.instanceId.localeCompare(b.instanceId));
    },
    members: (groupNames) => groupMembers(autoScaling, groupNames),
  };
}

/**
 * While a zone is disrupted EC2 fails to describe instances unless it is asked for those of other zones by their IDs (API reference of
 * DescribeInstances), and that is when lanes must move: then their interfaces say who there is.
 */
async function describedInstances(ec2: EC2Client, tags: Filter[], log: Pick<Log, "warn">): Promise<readonly ObservedInstance[]> {
  let instances: readonly Instance[];
  try {
    instances = await allInstances(ec2, [...tags, { Name: "instance-state-name", Values: STATES }]);
  } catch (thrown) {
    const error = thrown instanceof Outage ? thrown.reason : thrown;
    try {
      const found = await instancesByInterface(ec2, tags);
      log.warn("EC2 does not describe its instances: taken from their network interfaces", { error, found: found.length });
      return found;
    } catch (second) {
      log.warn("EC2 describes neither its instances nor their network interfaces", { error: second });
      throw error;
    }
  }
  for (const { InstanceId } of instances.filter(isStranger))
    log.warn("an instance that is tagged like a NAT is none: no zone, no group", { instanceId: InstanceId, tag: TAGS.zone });
  return instances.filter((instance) => !isStranger(instance)).map(toInstance);
}

function allInstances(ec2: EC2Client, Filters: Filter[]): Promise<readonly Instance[]> {
  return allPages(async (token) => {
    const command = new DescribeInstancesCommand({ Filters, ...(token === undefined ? {} : { NextToken: token }) });
    command.middlewareStack.add(giveUpInOutage, { step: "finalizeRequest", priority: "low" });
    const { Reservations = [], NextToken } = await ec2.send(command);
    return { items: Reservations.flatMap((reservation) => reservation.Instances ?? []), next: NextToken };
  });
}

/** The SDK repeats by what it finds in an error, or in its `cause`: in this one it finds nothing. */
class Outage extends Error {
  constructor(readonly reason: unknown) {
    super(`EC2 has an outage: ${String(reason)}`);
  }
}

/** Runs inside the SDK's retries, and ends them where they would only cost time: connections wait, and there is another way to ask. */
function giveUpInOutage<I extends object, O extends object>(next: FinalizeHandler<I, O>): FinalizeHandler<I, O> {
  return async (args) => {
    try {
      return await next(args);
    } catch (error) {
      throw isOutage(error) ? new Outage(error) : error;
    }
  };
}

/** Members of these groups, all pages; a group that does not exist (yet) has none. */
export async function groupMembers(
  autoScaling: AutoScalingClient,
  groupNames: readonly string[],
): Promise<readonly GroupMember[]> {
  // No names would mean every group of the account.
  if (groupNames.length === 0) return [];
  const AutoScalingGroupNames = groupNames.slice(0, MOST_GROUPS);
  const groups = await allPages(async (token) => {
    const page = token === undefined ? {} : { NextToken: token };
    const command = new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames, ...page });
    const { AutoScalingGroups = [], NextToken } = await autoScaling.send(command);
    return { items: AutoScalingGroups, next: NextToken };
  });
  return groups.flatMap(toMembers);
}

/** Somebody's own, with copied tags: no launch template of ours started it. One of a group is a NAT, whatever tags it lost. */
function isStranger({ Tags = [] }: Instance): boolean {
  return !Tags.some(({ Key }) => Key === TAGS.zone || Key === GROUP_TAG);
}

function toInstance(instance: Instance): ObservedInstance {
  const instanceId = instance.InstanceId ?? incomplete("an instance has no ID");
  const zone = instance.Tags?.find(({ Key }) => Key === TAGS.zone)?.Value;
  const state = instance.State?.Name ?? incomplete(`${instanceId} has no state`);
  const eni = instance.NetworkInterfaces?.find(({ Attachment }) => Attachment?.DeviceIndex === 0);
  return {
    instanceId,
    zone: zone ?? incomplete(`${instanceId} has no tag ${TAGS.zone}; the launch template sets it, put it back`),
    state,
    eni: eni === undefined && state !== "running" ? null : toEni(eni, instanceId),
  };
}

function toMembers(group: AutoScalingGroup): readonly GroupMember[] {
  return (group.Instances ?? []).map(({ InstanceId, LifecycleState, HealthStatus }) => ({
    instanceId: InstanceId ?? incomplete(`a member of ${group.AutoScalingGroupName} has no instance ID`),
    lifecycle: LifecycleState ?? incomplete(`${InstanceId} has no lifecycle state`),
    health: HealthStatus?.toLowerCase() === "healthy" ? "Healthy" : "Unhealthy",
  }));
}
