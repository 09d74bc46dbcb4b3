import type * as ec2 from "@aws-sdk/client-ec2";
import type { AddressModel } from "../../stack/model";
import { together, type Handlers } from "../endpoint";
import { isInCidr, isUsableInSubnet } from "../state/cidr";
import type { InstanceRecord } from "../state/instances";
import { ipv4Slots } from "../state/instance-types";
import type { AddressView } from "../state/network";
import { AwsError } from "../wire/call";
import { ec2Tags, refuseDryRun, requireEni, requireIds, requireInstance, selectIds, type Ec2State } from "./ec2-common";
import { associationId } from "./ec2-shapes";
import { applyFilters, type FilterFields } from "./filters";

export function ec2AddressHandlers(state: Ec2State): Handlers<typeof ec2> {
  return together(elasticAddressHandlers(state), privateAddressHandlers(state));
}

function elasticAddressHandlers(state: Ec2State): Handlers<typeof ec2> {
  return {
    DescribeAddresses: async (input) => {
      requireAllocations(state, input);
      const view = await state.network.readAddresses();
      const byId = selectIds(state.model.addresses, (address) => address.allocationId, input.AllocationIds);
      const selected = selectIds(byId, (address) => address.publicIp, input.PublicIps);
      const described = selected.map((model) => ({ model, shape: describeAddress(state, model, view) }));
      return { Addresses: applyFilters(described, input.Filters, filters, ({ model }) => model.tags).map(({ shape }) => shape) };
    },

    AssociateAddress: (input) =>
      state.network.exclusive(async () => {
        const address = findAllocation(state, input);
        const view = await state.network.readWantedAddresses();
        const privateIp = associationTarget(state, input, view);
        const current = view.publics.get(address.publicIp);
        const others = [...view.publics].filter(([publicIp, mapped]) => mapped === privateIp && publicIp !== address.publicIp);
        if (input.AllowReassociation === false && current !== undefined && current !== privateIp) {
          const association = associationId(address.publicIp, current);
          throw new AwsError(
            "Resource.AlreadyAssociated",
            `resource ${address.allocationId} is already associated with associate-id ${association}`,
          );
        }
        refuseDryRun(input);
        for (const [publicIp] of others) state.network.mapPublicAddress(publicIp, null);
        state.network.mapPublicAddress(address.publicIp, privateIp);
        return { AssociationId: associationId(address.publicIp, privateIp) };
      }),

    DisassociateAddress: (input) =>
      state.network.exclusive(async () => {
        const view = await state.network.readWantedAddresses();
        const address = state.model.addresses.find(({ publicIp }) => {
          const privateIp = view.publics.get(publicIp);
          if (privateIp === undefined) return false;
          return input.AssociationId === undefined
            ? publicIp === input.PublicIp
            : associationId(publicIp, privateIp) === input.AssociationId;
        });
        if (address === undefined) {
          const asked = input.AssociationId ?? input.PublicIp ?? "";
          throw new AwsError("InvalidAssociationID.NotFound", `The association ID '${asked}' does not exist`);
        }
        refuseDryRun(input);
        state.network.mapPublicAddress(address.publicIp, null);
        return {};
      }),
  };
}

function privateAddressHandlers(state: Ec2State): Handlers<typeof ec2> {
  return {
    AssignPrivateIpAddresses: (input) =>
      state.network.exclusive(async () => {
        const record = requireEni(state, input.NetworkInterfaceId);
        const addresses = input.PrivateIpAddresses ?? [];
        if (addresses.length === 0) {
          throw new AwsError(
            "UnsupportedOperation",
            "The lab assigns addresses by name only: PrivateIpAddresses must list at least one.",
          );
        }
        const view = await state.network.readWantedAddresses();
        for (const address of addresses)
          checkAssignable(state, record, view, { address, move: input.AllowReassignment === true });
        const held = view.secondaries.get(record.eniId) ?? [];
        if (1 + new Set([...held, ...addresses]).size > ipv4Slots(record.instanceType)) {
          throw new AwsError(
            "PrivateIpAddressLimitExceeded",
            `Number of private addresses will exceed limit. ${record.instanceType} holds ${ipv4Slots(record.instanceType)}.`,
          );
        }
        for (const address of addresses) state.network.moveAddress(address, record.eniId);
        return {
          NetworkInterfaceId: record.eniId,
          AssignedPrivateIpAddresses: addresses.map((PrivateIpAddress) => ({ PrivateIpAddress })),
        };
      }),

    UnassignPrivateIpAddresses: (input) =>
      state.network.exclusive(async () => {
        const record = requireEni(state, input.NetworkInterfaceId);
        const view = await state.network.readWantedAddresses();
        const addresses = input.PrivateIpAddresses ?? [];
        const foreign = addresses.filter((address) => !(view.secondaries.get(record.eniId) ?? []).includes(address));
        if (addresses.length === 0 || foreign.length > 0) {
          throw new AwsError(
            "InvalidParameterValue",
            `Some of [${foreign.join(", ")}] are not secondary addresses of interface ${record.eniId}`,
          );
        }
        for (const address of addresses) {
          state.network.moveAddress(address, null);
          // AWS parts an Elastic IP from an address that leaves its ENI for nowhere: why one never unassigns first.
          for (const [publicIp, privateIp] of view.publics)
            if (privateIp === address) state.network.mapPublicAddress(publicIp, null);
        }
        return {};
      }),
  };
}

function requireAllocations(state: Ec2State, input: ec2.DescribeAddressesCommandInput): void {
  requireIds(
    input.AllocationIds,
    state.model.addresses.map((address) => address.allocationId),
    {
      code: "InvalidAllocationID.NotFound",
      name: "allocation",
    },
  );
  for (const publicIp of input.PublicIps ?? []) {
    if (!state.model.addresses.some((address) => address.publicIp === publicIp)) {
      throw new AwsError("InvalidAddress.NotFound", `Address '${publicIp}' not found.`);
    }
  }
}

function findAllocation(state: Ec2State, input: ec2.AssociateAddressCommandInput): AddressModel {
  if (input.AllocationId === undefined && input.PublicIp === undefined) {
    throw new AwsError("MissingParameter", "Either public IP or allocation id must be specified");
  }
  const found = state.model.addresses.find((address) =>
    input.AllocationId === undefined ? address.publicIp === input.PublicIp : address.allocationId === input.AllocationId,
  );
  if (found) return found;
  if (input.AllocationId === undefined) throw new AwsError("InvalidAddress.NotFound", `Address '${input.PublicIp}' not found.`);
  throw new AwsError("InvalidAllocationID.NotFound", `The allocation ID '${input.AllocationId}' does not exist`);
}

/** The private address that the Elastic IP is to follow; it must be on the ENI. */
function associationTarget(state: Ec2State, input: ec2.AssociateAddressCommandInput, view: AddressView): string {
  const record =
    input.InstanceId === undefined ? requireEni(state, input.NetworkInterfaceId) : requireInstance(state, input.InstanceId);
  if (!state.instances.hasEni(record)) {
    throw new AwsError("InvalidInstanceID", `The instance '${record.instanceId}' is not in a valid state for this operation.`);
  }
  const privateIp = input.PrivateIpAddress ?? record.privateAddress;
  if (view.holders.get(privateIp) !== record.eniId) {
    throw new AwsError(
      "InvalidParameterValue",
      `The private IP address ${privateIp} is not assigned to the network interface ${record.eniId}`,
    );
  }
  return privateIp;
}

function checkAssignable(
  state: Ec2State,
  record: InstanceRecord,
  view: AddressView,
  { address, move }: { readonly address: string; readonly move: boolean },
): void {
  const subnet = state.model.subnets.find((candidate) => candidate.subnetId === record.subnetId);
  if (subnet === undefined || !/^\d+(\.\d+){3}$/.test(address) || !isInCidr(address, subnet.cidr)) {
    throw new AwsError(
      "InvalidParameterValue",
      `Address ${address} does not fall within the subnet's address range ${subnet?.cidr ?? ""}`,
    );
  }
  if (!isUsableInSubnet(address, subnet.cidr)) {
    throw new AwsError("InvalidParameterValue", `Address ${address} is in subnet's reserved address range`);
  }
  const holder = view.holders.get(address);
  if (holder === undefined || (holder === record.eniId && address !== record.privateAddress)) return;
  const isPrimary = state.instances.all().some((other) => state.instances.hasEni(other) && other.privateAddress === address);
  if (isPrimary || !move) throw new AwsError("InvalidParameterValue", `[${address}] assigned, but move is not allowed.`);
}

function describeAddress(state: Ec2State, model: AddressModel, view: AddressView): ec2.Address {
  const privateIp = view.publics.get(model.publicIp);
  const eniId = privateIp === undefined ? undefined : view.holders.get(privateIp);
  const owner = eniId === undefined ? undefined : state.instances.findByEni(eniId);
  const association: ec2.Address =
    privateIp === undefined || eniId === undefined
      ? {}
      : {
          AssociationId: associationId(model.publicIp, privateIp),
          PrivateIpAddress: privateIp,
          NetworkInterfaceId: eniId,
          NetworkInterfaceOwnerId: state.model.accountId,
          ...(owner ? { InstanceId: owner.instanceId } : {}),
        };
  return {
    AllocationId: model.allocationId,
    PublicIp: model.publicIp,
    Domain: "vpc",
    NetworkBorderGroup: state.model.region,
    PublicIpv4Pool: "amazon",
    Tags: ec2Tags(model.tags),
    ...association,
  };
}

const filters: FilterFields<{ readonly shape: ec2.Address }> = {
  "allocation-id": ({ shape }) => [shape.AllocationId],
  "association-id": ({ shape }) => [shape.AssociationId],
  domain: ({ shape }) => [shape.Domain],
  "instance-id": ({ shape }) => [shape.InstanceId],
  "network-interface-id": ({ shape }) => [shape.NetworkInterfaceId],
  "private-ip-address": ({ shape }) => [shape.PrivateIpAddress],
  "public-ip": ({ shape }) => [shape.PublicIp],
};
