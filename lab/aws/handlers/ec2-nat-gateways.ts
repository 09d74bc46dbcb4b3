import type * as ec2 from "@aws-sdk/client-ec2";
import type { NatGatewayModel } from "../../stack/model";
import type { Handlers } from "../endpoint";
import { ec2Tags, PAGE, requireIds, selectIds, type Ec2State } from "./ec2-common";
import { applyFilters, type FilterFields } from "./filters";
import { paginate } from "./paginate";

/** Made by the stack and by nobody else; whether one works is asked of the kernel. */
export function ec2NatGatewayHandlers(state: Ec2State): Handlers<typeof ec2> {
  const { natGateways } = state.model;
  return {
    DescribeNatGateways: (input) => {
      requireIds(
        input.NatGatewayIds,
        natGateways.map(({ natGatewayId }) => natGatewayId),
        { code: "NatGatewayNotFound", name: "NatGateway" },
      );
      const selected = selectIds(natGateways, ({ natGatewayId }) => natGatewayId, input.NatGatewayIds);
      const described = selected.map((model) => ({ model, shape: describe(state, model) }));
      const found = applyFilters(described, input.Filter, filters, ({ model }) => model.tags);
      const page = paginate(found, ({ model }) => model.natGatewayId, {
        size: input.MaxResults,
        token: input.NextToken,
        ...PAGE,
      });
      return { NatGateways: page.items.map(({ shape }) => shape), NextToken: page.next };
    },
  };
}

function describe({ model, network }: Ec2State, gateway: NatGatewayModel): ec2.NatGateway {
  const { natGatewayId, subnetId, eniId, allocationId, publicIp, tags } = gateway;
  return {
    NatGatewayId: natGatewayId,
    SubnetId: subnetId,
    VpcId: model.vpc.vpcId,
    ConnectivityType: "public",
    State: network.isNatGatewayUp(natGatewayId) ? "available" : "failed",
    NatGatewayAddresses: [
      { AllocationId: allocationId, PublicIp: publicIp, NetworkInterfaceId: eniId, IsPrimary: true, Status: "succeeded" },
    ],
    Tags: ec2Tags(tags),
  };
}

const filters: FilterFields<{ readonly shape: ec2.NatGateway }> = {
  "nat-gateway-id": ({ shape }) => [shape.NatGatewayId],
  state: ({ shape }) => [shape.State],
  "subnet-id": ({ shape }) => [shape.SubnetId],
  "vpc-id": ({ shape }) => [shape.VpcId],
};
