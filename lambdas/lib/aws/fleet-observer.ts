import { DescribeAutoScalingGroupsCommand } from "@aws-sdk/client-auto-scaling";
import type { AutoScalingClient, AutoScalingGroup } from "@aws-sdk/client-auto-scaling";
import { DescribeInstancesCommand } from "@aws-sdk/client-ec2";
import type { EC2Client, Instance } from "@aws-sdk/client-ec2";
import { ROLES, TAGS } from "../../../contract/tags";
import type { GroupMember, ObservedEni, ObservedInstance } from "../domain/fleet";
import type { Fleet } from "../domain/fleet-ports";
import type { Log } from "../domain/ports";
import { allPages } from "./paginate";

/** A terminated instance stays in the answer for an hour and has nothing left to observe. */
const STATES = ["pending", "running", "shutting-down", "stopping", "stopped"];

/** Set by Auto Scaling; nobody else can set it or take it off. */
const GROUP_TAG = "aws:autoscaling:groupName";

/** The most names DescribeAutoScalingGroups takes. */
const MOST_GROUPS = 100;

export function fleetObserver(ec2: EC2Client, autoScaling: AutoScalingClient, env: string, log: Pick<Log, "warn">): Fleet {
  return {
    instances: async () => {
      const Filters = [
        { Name: `tag:${TAGS.env}`, Values: [env] },
        { Name: `tag:${TAGS.role}`, Values: [ROLES.nat] },
        { Name: "instance-state-name", Values: STATES },
      ];
      const instances = await allPages(async (token) => {
        const command = new DescribeInstancesCommand({ Filters, ...(token === undefined ? {} : { NextToken: token }) });
        const { Reservations = [], NextToken } = await ec2.send(command);
        return { items: Reservations.flatMap((reservation) => reservation.Instances ?? []), next: NextToken };
      });
      const ours = instances.filter((instance) => !isStranger(instance));
      for (const { InstanceId } of instances.filter(isStranger))
        log.warn("an instance that is tagged like a NAT is none: no zone, no group", { instanceId: InstanceId, tag: TAGS.zone });
      return ours.map(toInstance).toSorted((a, b) => a.instanceId.localeCompare(b.instanceId));
    },
    members: (groupNames) => groupMembers(autoScaling, groupNames),
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
  return {
    instanceId,
    zone: zone ?? incomplete(`${instanceId} has no tag ${TAGS.zone}; the launch template sets it, put it back`),
    state,
    eni: toEni(instance, instanceId, state),
  };
}

function toEni(instance: Instance, instanceId: string, state: string): ObservedEni | null {
  const eni = instance.NetworkInterfaces?.find(({ Attachment }) => Attachment?.DeviceIndex === 0);
  if (eni === undefined && state !== "running") return null;
  const held = (eni?.PrivateIpAddresses ?? []).map(({ PrivateIpAddress, Primary }) => ({
    address: PrivateIpAddress ?? incomplete(`an address of ${instanceId} has no value`),
    primary: Primary === true,
  }));
  const primary =
    held.find((address) => address.primary) ?? incomplete(`${instanceId} runs but has no primary network interface`);
  return {
    eniId: eni?.NetworkInterfaceId ?? incomplete(`the interface of ${instanceId} has no ID`),
    primary: primary.address,
    addresses: held.map(({ address }) => address),
    ...(eni?.SourceDestCheck === undefined ? {} : { sourceDestCheck: eni.SourceDestCheck }),
  };
}

function toMembers(group: AutoScalingGroup): readonly GroupMember[] {
  return (group.Instances ?? []).map(({ InstanceId, LifecycleState, HealthStatus }) => ({
    instanceId: InstanceId ?? incomplete(`a member of ${group.AutoScalingGroupName} has no instance ID`),
    lifecycle: LifecycleState ?? incomplete(`${InstanceId} has no lifecycle state`),
    health: HealthStatus?.toLowerCase() === "healthy" ? "Healthy" : "Unhealthy",
  }));
}

function incomplete(what: string): never {
  throw new Error(`AWS described the fleet incompletely: ${what}. Nothing is decided on part of an answer`);
}
