import { AssignPrivateIpAddressesCommand, AssociateAddressCommand, DescribeAddressesCommand } from "@aws-sdk/client-ec2";
import type { Address, DescribeAddressesCommandInput, EC2Client } from "@aws-sdk/client-ec2";
import type { Association } from "../domain/fleet";
import type { Addresses } from "../domain/fleet-ports";
import { MOVE } from "./clients";
import { describeExtant } from "./errors";

export function addresses(ec2: EC2Client): Addresses {
  return {
    associations: async (allocationIds) => {
      const describe = async (which: DescribeAddressesCommandInput) =>
        (await ec2.send(new DescribeAddressesCommand(which))).Addresses ?? [];
      const Values = [...allocationIds];
      const { found, isComplete } = await describeExtant(
        () => describe({ AllocationIds: Values }),
        () => describe({ Filters: [{ Name: "allocation-id", Values }] }),
      );
      const byId = new Map(found.map((address) => [address.AllocationId, address]));
      return new Map(
        allocationIds.filter((id) => isComplete || byId.has(id)).map((id) => [id, toAssociation(byId.get(id) ?? missing(id))]),
      );
    },
    bring: async (address, eniId) => {
      const input = { NetworkInterfaceId: eniId, PrivateIpAddresses: [address], AllowReassignment: true };
      await ec2.send(new AssignPrivateIpAddressesCommand(input), MOVE);
    },
    bringPublic: async (allocationId, address, eniId) => {
      const input = {
        AllocationId: allocationId,
        NetworkInterfaceId: eniId,
        PrivateIpAddress: address,
        AllowReassociation: true,
      };
      await ec2.send(new AssociateAddressCommand(input), MOVE);
    },
  };
}

function toAssociation({ NetworkInterfaceId, PrivateIpAddress }: Address): Association {
  if (NetworkInterfaceId === undefined || PrivateIpAddress === undefined) return null;
  return { eniId: NetworkInterfaceId, address: PrivateIpAddress };
}

function missing(allocationId: string): never {
  throw new Error(`AWS did not describe address ${allocationId}; nothing is decided on part of an answer`);
}
