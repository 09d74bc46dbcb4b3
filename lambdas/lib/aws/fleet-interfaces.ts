import { DescribeNetworkInterfacesCommand } from "@aws-sdk/client-ec2";
import type { EC2Client, Filter, InstanceNetworkInterface, NetworkInterface } from "@aws-sdk/client-ec2";
import { TAGS } from "../../../contract/tags";
import type { ObservedEni, ObservedInstance } from "../domain/fleet";
import { allPages } from "./paginate";

/** EC2 fails for an account with many interfaces unless it is asked by the page; this is the largest. */
const PAGE = 1000;

/** What an interface tells of its instance: one that is stopped keeps it attached, and is then taken for one that is silent. */
const STATES = new Map([
  ["attaching", "pending"],
  ["attached", "running"],
  ["detaching", "shutting-down"],
]);

/** The instances whose primary network interface has these tags and the zone's, as far as the interface tells. */
export async function instancesByInterface(ec2: EC2Client, Filters: Filter[]): Promise<readonly ObservedInstance[]> {
  const interfaces = await allPages(async (token) => {
    const page = token === undefined ? {} : { NextToken: token };
    const command = new DescribeNetworkInterfacesCommand({ Filters, MaxResults: PAGE, ...page });
    const { NetworkInterfaces = [], NextToken } = await ec2.send(command);
    return { items: NetworkInterfaces, next: NextToken };
  });
  return interfaces.flatMap(instanceOf);
}

/** None for an interface of somebody's own with copied tags: no launch template of ours made it (it sets the zone), or it is not the primary one. */
function instanceOf(eni: NetworkInterface): readonly ObservedInstance[] {
  const { InstanceId: instanceId, DeviceIndex, Status = "" } = eni.Attachment ?? {};
  const zone = eni.TagSet?.find(({ Key }) => Key === TAGS.zone)?.Value;
  const state = STATES.get(Status);
  if (instanceId === undefined || DeviceIndex !== 0 || zone === undefined || state === undefined) return [];
  return [{ instanceId, zone, state, eni: toEni(eni, instanceId) }];
}

/** The primary network interface of an instance. */
export function toEni(eni: NetworkInterface | InstanceNetworkInterface | undefined, instanceId: string): ObservedEni {
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
    ...(eni?.Groups === undefined
      ? {}
      : { groupIds: eni.Groups.map(({ GroupId }) => GroupId ?? incomplete(`a security group of ${instanceId} has no ID`)) }),
  };
}

export function incomplete(what: string): never {
  throw new Error(`AWS described the fleet incompletely: ${what}. Nothing is decided on part of an answer`);
}
