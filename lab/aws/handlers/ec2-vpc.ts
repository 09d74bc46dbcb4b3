import type * as ec2 from "@aws-sdk/client-ec2";
import type { SubnetModel } from "../../stack/model";
import type { Handlers } from "../endpoint";
import { cidrRange } from "../state/cidr";
import { zoneName } from "../state/ids";
import { ec2Tags, PAGE, requireIds, selectIds, type Ec2State } from "./ec2-common";
import { applyFilters, type FilterFields } from "./filters";
import { paginate } from "./paginate";

/** What never changes while the lab is up: the VPC and its subnets. */
export function ec2VpcHandlers(state: Ec2State): Handlers<typeof ec2> {
  const { model } = state;
  return {
    DescribeVpcs: (input) => {
      requireIds(input.VpcIds, [model.vpc.vpcId], { code: "InvalidVpcID.NotFound", name: "vpc" });
      const fields = { "vpc-id": () => [model.vpc.vpcId], cidr: () => [model.vpc.cidr], "cidr-block": () => [model.vpc.cidr] };
      const found = applyFilters([model.vpc], input.Filters, fields, () => ({}));
      return {
        Vpcs: found.map((vpc) => ({
          VpcId: vpc.vpcId,
          CidrBlock: vpc.cidr,
          OwnerId: model.accountId,
          State: "available",
          IsDefault: false,
          InstanceTenancy: "default",
        })),
      };
    },

    DescribeSubnets: async (input) => {
      requireIds(
        input.SubnetIds,
        model.subnets.map((subnet) => subnet.subnetId),
        { code: "InvalidSubnetID.NotFound", name: "subnet" },
      );
      const selected = selectIds(model.subnets, (subnet) => subnet.subnetId, input.SubnetIds);
      const found = applyFilters(selected, input.Filters, subnetFilters(state), (subnet) => subnet.tags);
      const page = paginate(found, (subnet) => subnet.subnetId, { size: input.MaxResults, token: input.NextToken, ...PAGE });
      const { holders } = await state.network.readAddresses();
      return { Subnets: page.items.map((subnet) => describeSubnet(state, subnet, [...holders.keys()])), NextToken: page.next };
    },
  };
}

function describeSubnet({ model }: Ec2State, subnet: SubnetModel, held: readonly string[]): ec2.Subnet {
  const { first, last } = cidrRange(subnet.cidr);
  const inside = held.filter((address) => {
    const range = cidrRange(`${address}/32`);
    return range.first >= first && range.last <= last;
  });
  return {
    SubnetId: subnet.subnetId,
    SubnetArn: `arn:aws:ec2:${model.region}:${model.accountId}:subnet/${subnet.subnetId}`,
    VpcId: model.vpc.vpcId,
    OwnerId: model.accountId,
    CidrBlock: subnet.cidr,
    AvailabilityZone: zoneName(model.region, subnet.zone),
    AvailabilityZoneId: subnet.zone,
    // AWS keeps five addresses of every subnet.
    AvailableIpAddressCount: last - first + 1 - 5 - inside.length,
    MapPublicIpOnLaunch: subnet.mapPublicIp,
    State: "available",
    Tags: ec2Tags(subnet.tags),
  };
}

function subnetFilters({ model }: Ec2State): FilterFields<SubnetModel> {
  return {
    "subnet-id": (subnet) => [subnet.subnetId],
    "vpc-id": () => [model.vpc.vpcId],
    "availability-zone": (subnet) => [zoneName(model.region, subnet.zone)],
    "availability-zone-id": (subnet) => [subnet.zone],
    "cidr-block": (subnet) => [subnet.cidr],
    cidr: (subnet) => [subnet.cidr],
    state: () => ["available"],
  };
}
