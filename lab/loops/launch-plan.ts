import { NAT_LETTERS, natName } from "../../contract/project";
import type { AutoScalingGroupModel, StackModel, SubnetModel } from "../stack/model";
import { addressText, cidrRange, isUsableInSubnet } from "../aws/state/cidr";
import { INTERNET } from "../world/fabric";
import { natGatewayAddress } from "../world/placement";
import { ec2Id } from "../aws/state/ids";
import type { InstanceRecord } from "../aws/state/instances";

/** What a launch takes from the world as it stands. */
export interface LaunchSituation {
  readonly model: StackModel;
  readonly group: AutoScalingGroupModel;
  /** Instances whose node or ENI may still be there. */
  readonly present: readonly InstanceRecord[];
  /** Launches of this group so far: the same number gives the same IDs in every run. */
  readonly launches: number;
  /** Launches of all groups so far. */
  readonly allLaunches: number;
  /** Private addresses that nobody may be given. */
  readonly reserved: ReadonlySet<string>;
  readonly launchedAt: Date;
}

/** While a full zone is replaced launch-before-terminate it has more NATs than letters: the alphabet goes on. */
const LETTERS: readonly string[] = [...NAT_LETTERS, ..."efghijklmnopqrstuvwxyz"];

/** The next instance of a group; undefined while no letter of the zone is free. */
export function planLaunch(situation: LaunchSituation): InstanceRecord | undefined {
  const { model, group, present, launches } = situation;
  const subnet = emptiestSubnet(model, group, present);
  const letter = LETTERS.find((candidate) => !present.some((record) => record.name === natName(subnet.zone, candidate)));
  if (letter === undefined) return undefined;
  const template = model.launchTemplates.find((candidate) => candidate.launchTemplateId === group.launchTemplateId);
  if (template === undefined) {
    throw new Error(
      `Auto Scaling group ${group.name} uses launch template ${group.launchTemplateId}, which the stack does not have`,
    );
  }
  return {
    instanceId: instanceIdOf(model.env, group.name, launches),
    eniId: ec2Id("eni", model.env, group.name, launches),
    name: natName(subnet.zone, letter),
    zone: subnet.zone,
    subnetId: subnet.subnetId,
    privateAddress: freeAddress(subnet, situation),
    publicAddress: template.associatePublicIp ? freePublicAddress(situation) : undefined,
    instanceType: template.instanceType,
    instanceProfile: template.instanceProfile,
    launchTemplateId: template.launchTemplateId,
    groupName: group.name,
    tags: { ...group.tags, ...template.instanceTags },
    eniTags: template.networkInterfaceTags,
    launchedAt: situation.launchedAt,
    lifecycle: "Pending",
    health: "Healthy",
    phase: "launching",
  };
}

/** IDs rise with the launches, so that the control plane, which letters newcomers by ID, names them as the lab does. */
function instanceIdOf(env: string, groupName: string, launches: number): string {
  const id = ec2Id("i", env, groupName, launches);
  return `i-0${launches.toString(16).padStart(3, "0")}${id.slice("i-0000".length)}`;
}

function emptiestSubnet(model: StackModel, group: AutoScalingGroupModel, present: readonly InstanceRecord[]): SubnetModel {
  const subnets = model.subnets.filter((subnet) => group.subnetIds.includes(subnet.subnetId));
  const count = (subnet: SubnetModel): number => present.filter((record) => record.subnetId === subnet.subnetId).length;
  const [first] = [...subnets].sort((a, b) => count(a) - count(b));
  if (first === undefined) throw new Error(`Auto Scaling group ${group.name} has no subnet of the stack`);
  return first;
}

/** A new address for every launch while the subnet lasts: an address that comes back at once would hide stale peers. */
function freeAddress(subnet: SubnetModel, { launches, reserved, present }: LaunchSituation): string {
  const { first, last } = cidrRange(subnet.cidr);
  const all = Array.from({ length: last - first + 1 }, (_, offset) => addressText(first + offset));
  const candidates = all.filter((address) => isUsableInSubnet(address, subnet.cidr) && !reserved.has(address));
  const start = launches % Math.max(candidates.length, 1);
  const free = [...candidates.slice(start), ...candidates.slice(0, start)].find(
    (address) => !present.some((record) => record.privateAddress === address),
  );
  if (free === undefined) throw new Error(`subnet ${subnet.subnetId} (${subnet.cidr}) has no free address left`);
  return free;
}

function freePublicAddress({ present, allLaunches }: LaunchSituation): string {
  const { first, last } = cidrRange(INTERNET.autoAssignedCidr);
  const usable = last - first - 1;
  for (let step = 0; step < usable; step += 1) {
    const address = addressText(first + 1 + ((allLaunches + step) % usable));
    if (!present.some((record) => record.publicAddress === address)) return address;
  }
  throw new Error(`all ${usable} auto-assigned public addresses of ${INTERNET.autoAssignedCidr} are in use`);
}

/** Addresses in use or reserved before any launch: load balancers, NAT Gateways, and the lanes' floating and guest addresses. */
export function reservedAddresses(model: StackModel, lanes: readonly ReservingLane[]): ReadonlySet<string> {
  const balancers = model.loadBalancers.flatMap((balancer) => balancer.subnets.flatMap(({ address }) => address ?? []));
  const floating = lanes.flatMap((lane) => [...lane.addresses.map((address) => address.floating), ...Object.values(lane.guests)]);
  const gateways = model.natGateways.map((gateway) => natGatewayAddress(model, gateway));
  return new Set([...balancers, ...floating, ...gateways]);
}

export interface ReservingLane {
  readonly addresses: readonly { readonly floating: string }[];
  readonly guests: Readonly<Record<string, string>>;
}
