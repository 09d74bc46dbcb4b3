import { DescribeNatGatewaysCommand, EC2Client } from "@aws-sdk/client-ec2";
import { mockClient } from "aws-sdk-client-mock";
import { natGateways } from "../../../../lambdas/lib/aws/nat-gateways";

const ec2 = mockClient(EC2Client);
const states = (...ids: readonly string[]) => natGateways(new EC2Client({})).states(ids);

beforeEach(() => ec2.reset());

test("states of NAT Gateways come from all pages", async () => {
  ec2
    .on(DescribeNatGatewaysCommand)
    .resolves({ NatGateways: [{ NatGatewayId: "nat-1", State: "available" }], NextToken: "more" })
    .on(DescribeNatGatewaysCommand, { NextToken: "more" })
    .resolves({ NatGateways: [{ NatGatewayId: "nat-2", State: "failed" }] });

  expect(Object.fromEntries(await states("nat-1", "nat-2"))).toEqual({ "nat-1": "available", "nat-2": "failed" });
});

test("a NAT Gateway that is not in the answer, or has no state, is not known", async () => {
  ec2.on(DescribeNatGatewaysCommand).resolves({ NatGateways: [{ NatGatewayId: "nat-1" }] });

  await expect(states("nat-1")).rejects.toThrow("did not describe NAT Gateway nat-1");
  await expect(states("nat-2")).rejects.toThrow("did not describe NAT Gateway nat-2");
});
