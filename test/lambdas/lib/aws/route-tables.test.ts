import { CreateRouteCommand, DescribeRouteTablesCommand, EC2Client, ReplaceRouteCommand } from "@aws-sdk/client-ec2";
import { mockClient } from "aws-sdk-client-mock";
import { routeTables } from "../../../../lambdas/lib/aws/route-tables";

const ec2 = mockClient(EC2Client);
const tables = () => routeTables(new EC2Client({}));
const named = (name: string) => Object.assign(new Error(name), { name });
const wanted = { RouteTableId: "rtb-1", DestinationCidrBlock: "0.0.0.0/0", NetworkInterfaceId: "eni-1" };

beforeEach(() => ec2.reset());

describe("default routes", () => {
  test("are told apart: active, black hole, at no interface, at a NAT Gateway, missing", async () => {
    const table = (RouteTableId: string, route?: object) => ({
      RouteTableId,
      Routes: [
        { DestinationCidrBlock: "10.0.0.0/16", GatewayId: "local" },
        ...(route ? [{ DestinationCidrBlock: "0.0.0.0/0", ...route }] : []),
      ],
    });
    ec2
      .on(DescribeRouteTablesCommand)
      .resolves({
        RouteTables: [table("rtb-1", { NetworkInterfaceId: "eni-1", State: "active" }), table("rtb-2")],
        NextToken: "more",
      })
      .on(DescribeRouteTablesCommand, { NextToken: "more" })
      .resolves({
        RouteTables: [
          table("rtb-3", { NetworkInterfaceId: "eni-9", State: "blackhole" }),
          table("rtb-4", { GatewayId: "igw-1", State: "active" }),
          table("rtb-5", { NatGatewayId: "nat-1", State: "active" }),
          table("rtb-6", { NatGatewayId: "nat-2", State: "blackhole" }),
        ],
      });

    expect(Object.fromEntries(await tables().defaultRoutes(["rtb-1", "rtb-2", "rtb-3", "rtb-4", "rtb-5", "rtb-6"]))).toEqual({
      "rtb-1": { state: "active", eniId: "eni-1" },
      "rtb-2": { state: "missing" },
      "rtb-3": { state: "blackhole", eniId: "eni-9" },
      "rtb-4": { state: "active", eniId: null },
      "rtb-5": { state: "active", eniId: null, natGatewayId: "nat-1" },
      "rtb-6": { state: "blackhole", eniId: null },
    });
  });

  test("are not known when a table is not in the answer", async () => {
    ec2.on(DescribeRouteTablesCommand).resolves({ RouteTables: [] });

    await expect(tables().defaultRoutes(["rtb-1"])).rejects.toThrow("did not describe route table rtb-1");
  });
});

describe("a route table that was deleted", () => {
  const Filters = [{ Name: "route-table-id", Values: ["rtb-1", "rtb-2"] }];

  test("is left out, and the others are told, of every page", async () => {
    ec2
      .on(DescribeRouteTablesCommand)
      .rejects(named("InvalidRouteTableID.NotFound"))
      .on(DescribeRouteTablesCommand, { Filters })
      .resolves({ RouteTables: [], NextToken: "more" })
      .on(DescribeRouteTablesCommand, { Filters, NextToken: "more" })
      .resolves({ RouteTables: [{ RouteTableId: "rtb-2" }] });

    expect(Object.fromEntries(await tables().defaultRoutes(["rtb-1", "rtb-2"]))).toEqual({ "rtb-2": { state: "missing" } });
  });

  test("and no other: then nothing is known", async () => {
    ec2.on(DescribeRouteTablesCommand).rejectsOnce(named("InvalidRouteTableID.NotFound")).resolves({ RouteTables: [] });

    await expect(tables().defaultRoutes(["rtb-1"])).rejects.toThrow("InvalidRouteTableID.NotFound");
  });
});

describe("pointing a route", () => {
  test("at a NAT Gateway names it, and no interface", async () => {
    await tables().pointAtGateway("rtb-1", "nat-1", false);
    await tables().pointAtGateway("rtb-1", "nat-1", true);

    const gateway = { RouteTableId: "rtb-1", DestinationCidrBlock: "0.0.0.0/0", NatGatewayId: "nat-1" };
    expect(ec2.commandCalls(ReplaceRouteCommand)[0]?.args[0].input).toEqual(gateway);
    expect(ec2.commandCalls(CreateRouteCommand)[0]?.args[0].input).toEqual(gateway);
  });

  test("replaces the one that is there and creates the one that is not", async () => {
    await tables().pointAt("rtb-1", "eni-1", false);
    await tables().pointAt("rtb-1", "eni-1", true);

    expect(ec2.commandCalls(ReplaceRouteCommand)[0]?.args[0].input).toEqual(wanted);
    expect(ec2.commandCalls(CreateRouteCommand)[0]?.args[0].input).toEqual(wanted);
  });

  // What AWS says of ReplaceRoute without a route, and what one would expect of it.
  const noRoute = "There is no route defined for '0.0.0.0/0' in the route table. Use CreateRoute instead.";
  test.each([Object.assign(new Error(noRoute), { name: "InvalidParameterValue" }), named("InvalidRoute.NotFound")])(
    "replaces a route that somebody created since, and creates one that somebody deleted: %s",
    async (gone) => {
      ec2.on(CreateRouteCommand).rejectsOnce(named("RouteAlreadyExists")).resolves({});
      ec2.on(ReplaceRouteCommand).resolvesOnce({}).rejectsOnce(gone);

      await tables().pointAt("rtb-1", "eni-1", true);
      await tables().pointAt("rtb-1", "eni-1", false);

      expect(ec2.commandCalls(ReplaceRouteCommand)).toHaveLength(2);
      expect(ec2.commandCalls(CreateRouteCommand)).toHaveLength(2);
    },
  );

  test.each(["UnauthorizedOperation", "RequestLimitExceeded", "InvalidNetworkInterfaceID.NotFound", "InvalidParameterValue"])(
    "lets %s out",
    async (code) => {
      ec2.on(ReplaceRouteCommand).rejects(named(code));

      await expect(tables().pointAt("rtb-1", "eni-1", false)).rejects.toThrow(code);
      expect(ec2.commandCalls(CreateRouteCommand)).toHaveLength(0);
    },
  );
});
