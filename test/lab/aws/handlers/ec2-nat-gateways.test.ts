import * as ec2 from "@aws-sdk/client-ec2";
import { startTestLab, type TestLab } from "../../../support/lab-aws";
import { stackModel } from "../../../support/stack-model";

const GATEWAY = {
  natGatewayId: "nat-1",
  subnetId: "subnet-public1",
  zone: "use1-az1",
  eniId: "eni-gateway",
  allocationId: "eipalloc-9",
  publicIp: "198.51.100.9",
  tags: { "ha-nat:env": "test" },
};
const route = { RouteTableId: "rtb-lane1", DestinationCidrBlock: "0.0.0.0/0" };

let lab: TestLab;
let client: ec2.EC2Client;

beforeEach(async () => {
  lab = await startTestLab({ model: { ...stackModel, natGateways: [GATEWAY] } });
  client = new ec2.EC2Client(lab.client);
});
afterEach(() => lab.close());

const describeGateways = (input: ec2.DescribeNatGatewaysCommandInput = {}) =>
  client.send(new ec2.DescribeNatGatewaysCommand(input));
const defaultRoute = async () => {
  const { RouteTables = [] } = await client.send(new ec2.DescribeRouteTablesCommand({ RouteTableIds: ["rtb-lane1"] }));
  return RouteTables[0]?.Routes?.find(({ DestinationCidrBlock }) => DestinationCidrBlock === "0.0.0.0/0");
};

test("DescribeNatGateways tells of the stack's NAT Gateways, with subnet and public address", async () => {
  const { NatGateways } = await describeGateways({ NatGatewayIds: ["nat-1"] });

  expect(NatGateways).toMatchObject([
    {
      NatGatewayId: "nat-1",
      SubnetId: "subnet-public1",
      State: "available",
      NatGatewayAddresses: [{ AllocationId: "eipalloc-9", PublicIp: "198.51.100.9" }],
    },
  ]);
});

test("one whose interface is gone from the kernel has failed", async () => {
  lab.fabric.failedGateways.add("nat-1");

  expect((await describeGateways()).NatGateways?.[0]?.State).toBe("failed");
  expect((await describeGateways({ Filter: [{ Name: "state", Values: ["available"] }] })).NatGateways).toEqual([]);
});

test("one that does not exist is an error, in a description by ID (of others as well) and as a route's target; a filter leaves it out", async () => {
  await expect(describeGateways({ NatGatewayIds: ["nat-0"] })).rejects.toMatchObject({ name: "NatGatewayNotFound" });
  await expect(describeGateways({ NatGatewayIds: ["nat-0", "nat-1"] })).rejects.toMatchObject({ name: "NatGatewayNotFound" });
  const { NatGateways } = await describeGateways({ Filter: [{ Name: "nat-gateway-id", Values: ["nat-0", "nat-1"] }] });
  expect(NatGateways).toMatchObject([{ NatGatewayId: "nat-1" }]);
  await expect(client.send(new ec2.CreateRouteCommand({ ...route, NatGatewayId: "nat-0" }))).rejects.toMatchObject({
    name: "InvalidNatGatewayID.NotFound",
  });
});

test("a route to one is the kernel's route to its interface, and is described as a route to it", async () => {
  await client.send(new ec2.CreateRouteCommand({ ...route, NatGatewayId: "nat-1" }));

  expect(lab.fabric.writes).toContain("route rtb-lane1 0.0.0.0/0 eni-gateway");
  const described = await defaultRoute();
  expect(described).toMatchObject({ NatGatewayId: "nat-1" });
  expect(described).not.toHaveProperty("NetworkInterfaceId");
});

test("a lane at one is served by it, under its public address", async () => {
  await client.send(new ec2.CreateRouteCommand({ ...route, NatGatewayId: "nat-1" }));
  const lanes = (await lab.aws.status()).lanes;

  expect(lanes[0]).toMatchObject({ target: { eniId: "eni-gateway", name: "gateway-use1-az1" } });
});
