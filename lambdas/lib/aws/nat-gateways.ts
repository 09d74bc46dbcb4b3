import { DescribeNatGatewaysCommand } from "@aws-sdk/client-ec2";
import type { DescribeNatGatewaysCommandInput, EC2Client } from "@aws-sdk/client-ec2";
import type { NatGateways } from "../domain/fleet-ports";
import { describeExtant } from "./errors";
import { allPages } from "./paginate";

export function natGateways(ec2: EC2Client): NatGateways {
  return {
    states: async (natGatewayIds) => {
      const describe = (which: DescribeNatGatewaysCommandInput) =>
        allPages(async (token) => {
          const command = new DescribeNatGatewaysCommand(token === undefined ? which : { ...which, NextToken: token });
          const { NatGateways: items = [], NextToken } = await ec2.send(command);
          return { items, next: NextToken };
        });
      const Values = [...natGatewayIds];
      const { found, isComplete } = await describeExtant(
        () => describe({ NatGatewayIds: Values }),
        () => describe({ Filter: [{ Name: "nat-gateway-id", Values }] }),
      );
      const byId = new Map(found.map(({ NatGatewayId, State }) => [NatGatewayId, State]));
      return new Map(natGatewayIds.filter((id) => isComplete || byId.has(id)).map((id) => [id, byId.get(id) ?? missing(id)]));
    },
  };
}

function missing(natGatewayId: string): never {
  throw new Error(`AWS did not describe NAT Gateway ${natGatewayId}; nothing is decided on part of an answer`);
}
