import { CreateRouteCommand, DescribeRouteTablesCommand, ReplaceRouteCommand } from "@aws-sdk/client-ec2";
import type { DescribeRouteTablesCommandInput, EC2Client, RouteTable } from "@aws-sdk/client-ec2";
import type { DefaultRoute } from "../domain/fleet";
import type { RouteTables } from "../domain/fleet-ports";
import { MOVE } from "./clients";
import { describeExtant, isAlreadyDone, isMissingRoute } from "./errors";
import { allPages } from "./paginate";

const EVERYWHERE = "0.0.0.0/0";

export function routeTables(ec2: EC2Client): RouteTables {
  const create = (route: Target) => ec2.send(new CreateRouteCommand({ ...route, DestinationCidrBlock: EVERYWHERE }), MOVE);
  const replace = (route: Target) => ec2.send(new ReplaceRouteCommand({ ...route, DestinationCidrBlock: EVERYWHERE }), MOVE);
  const point = async (route: Target, isNew: boolean): Promise<void> => {
    try {
      await (isNew ? create(route) : replace(route));
    } catch (error) {
      // Somebody created or deleted the route since we looked: the other call gives the wanted state.
      if (isNew && isAlreadyDone(error)) await replace(route);
      else if (!isNew && isMissingRoute(error)) await create(route);
      else throw error;
    }
  };
  return {
    defaultRoutes: async (routeTableIds) => {
      const describe = (which: DescribeRouteTablesCommandInput) =>
        allPages(async (token) => {
          const command = new DescribeRouteTablesCommand(token === undefined ? which : { ...which, NextToken: token });
          const { RouteTables: items = [], NextToken } = await ec2.send(command);
          return { items, next: NextToken };
        });
      const Values = [...routeTableIds];
      const { found, isComplete } = await describeExtant(
        () => describe({ RouteTableIds: Values }),
        () => describe({ Filters: [{ Name: "route-table-id", Values }] }),
      );
      const byId = new Map(found.map((table) => [table.RouteTableId, table]));
      return new Map(
        routeTableIds.filter((id) => isComplete || byId.has(id)).map((id) => [id, toDefaultRoute(byId.get(id) ?? missing(id))]),
      );
    },
    pointAt: (routeTableId, eniId, isNew) => point({ RouteTableId: routeTableId, NetworkInterfaceId: eniId }, isNew),
    pointAtGateway: (routeTableId, natGatewayId, isNew) =>
      point({ RouteTableId: routeTableId, NatGatewayId: natGatewayId }, isNew),
  };
}

interface Target {
  readonly RouteTableId: string;
  readonly NetworkInterfaceId?: string;
  readonly NatGatewayId?: string;
}

function toDefaultRoute(table: RouteTable): DefaultRoute {
  const route = table.Routes?.find(({ DestinationCidrBlock }) => DestinationCidrBlock === EVERYWHERE);
  if (route === undefined) return { state: "missing" };
  const eniId = route.NetworkInterfaceId ?? null;
  if (route.State === "blackhole") return { state: "blackhole", eniId };
  return { state: "active", eniId, ...(route.NatGatewayId === undefined ? {} : { natGatewayId: route.NatGatewayId }) };
}

function missing(routeTableId: string): never {
  throw new Error(`AWS did not describe route table ${routeTableId}; nothing is decided on part of an answer`);
}
