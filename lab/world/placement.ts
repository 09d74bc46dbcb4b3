import { ROLES, TAGS } from "../../contract/tags";
import { randomInt } from "node:crypto";
import { addressText, cidrRange } from "../aws/state/cidr";
import { ec2Id } from "../aws/state/ids";
import type { NatGatewayModel, StackModel, SubnetModel } from "../stack/model";
import type { ClientInstance } from "./fabric";

/** Lanes that have subnets, hence clients; sorted. */
export function clientLanes(model: StackModel): readonly string[] {
  return [...new Set(model.subnets.flatMap(({ tags }) => tags[TAGS.lane] ?? []))].sort();
}

export function clientSubnet(model: StackModel, lane: string): SubnetModel {
  const subnet = model.subnets.find(({ tags }) => tags[TAGS.lane] === lane && tags[TAGS.role] === ROLES.privateSubnet);
  if (subnet === undefined)
    throw new Error(
      `lane ${lane} has no subnet with the tag ${TAGS.role} = ${ROLES.privateSubnet}; the lab needs one for its client`,
    );
  return subnet;
}

/** The lane's client, at the upper end of its subnet. */
export function placeClient(model: StackModel, lane: string): ClientInstance {
  const { subnetId, zone, cidr } = clientSubnet(model, lane);
  return {
    instanceId: ec2Id("i", "client", lane),
    lane,
    zone,
    subnetId,
    eniId: ec2Id("eni", "client", lane),
    privateAddress: addressText(cidrRange(cidr).last - 1),
    mac: localMac(),
  };
}

/** Locally administered, unicast. */
export function localMac(): string {
  const bytes = [0x06, ...Array.from({ length: 5 }, () => randomInt(256))];
  return bytes.map((byte) => byte.toString(16).padStart(2, "0")).join(":");
}

/** Below the load balancer's, at the upper end of its subnet. */
export function natGatewayAddress(model: StackModel, { subnetId }: NatGatewayModel): string {
  return addressText(cidrRange(subnetById(model, subnetId).cidr).last - 2);
}

export function subnetById(model: StackModel, subnetId: string | undefined): SubnetModel {
  const subnet = model.subnets.find((candidate) => candidate.subnetId === subnetId);
  if (subnet === undefined) throw new Error(`subnet ${subnetId} is not in the stack`);
  return subnet;
}

export function prefixLength({ cidr }: SubnetModel): string {
  return cidr.split("/")[1] ?? "";
}

/** Node addresses of the load balancer by zone; where the stack leaves the choice to AWS, the last usable of the subnet. */
export function loadBalancerAddresses(model: StackModel): ReadonlyMap<string, string> {
  const mappings = model.loadBalancers.flatMap(({ subnets }) => subnets);
  return new Map(
    mappings.map(({ subnetId, address }) => {
      const subnet = subnetById(model, subnetId);
      return [subnet.zone, address ?? addressText(cidrRange(subnet.cidr).last - 1)];
    }),
  );
}
