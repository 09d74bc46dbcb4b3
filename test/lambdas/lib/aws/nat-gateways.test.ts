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

describe("a NAT Gateway that somebody deleted", () => {
  const gone = Object.assign(new Error("gone"), { name: "NatGatewayNotFound" });
  const Values = ["nat-1", "nat-2"];

  test("is left out, and the others are known: EC2 refuses all of them by ID", async () => {
    ec2
      .on(DescribeNatGatewaysCommand, { NatGatewayIds: Values })
      .rejects(gone)
      .on(DescribeNatGatewaysCommand, { Filter: [{ Name: "nat-gateway-id", Values }] })
      .resolves({ NatGateways: [{ NatGatewayId: "nat-2", State: "available" }] });

    expect(Object.fromEntries(await states(...Values))).toEqual({ "nat-2": "available" });
  });

  test("is no answer when EC2 has none of them", async () => {
    ec2.on(DescribeNatGatewaysCommand).rejects(gone);
    ec2.on(DescribeNatGatewaysCommand, { Filter: [{ Name: "nat-gateway-id", Values }] }).resolves({ NatGateways: [] });

    await expect(states(...Values)).rejects.toThrow("gone");
  });
});
