import { DescribeNatGatewaysCommand } from "@aws-sdk/client-ec2";
import type { EC2Client } from "@aws-sdk/client-ec2";
import type { NatGateways } from "../domain/fleet-ports";
import { allPages } from "./paginate";

export function natGateways(ec2: EC2Client): NatGateways {
  return {
    states: async (natGatewayIds) => {
      const found = await allPages(async (token) => {
        const page = token === undefined ? {} : { NextToken: token };
        const command = new DescribeNatGatewaysCommand({ NatGatewayIds: [...natGatewayIds], ...page });
        const { NatGateways: items = [], NextToken } = await ec2.send(command);
        return { items, next: NextToken };
      });
      const byId = new Map(found.map(({ NatGatewayId, State }) => [NatGatewayId, State]));
      return new Map(natGatewayIds.map((id) => [id, byId.get(id) ?? missing(id)]));
    },
  };
}

function missing(natGatewayId: string): never {
  throw new Error(`AWS did not describe NAT Gateway ${natGatewayId}; nothing is decided on part of an answer`);
}
