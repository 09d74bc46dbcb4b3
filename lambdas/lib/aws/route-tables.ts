import { CreateRouteCommand, DescribeRouteTablesCommand, ReplaceRouteCommand } from "@aws-sdk/client-ec2";
import type { EC2Client, RouteTable } from "@aws-sdk/client-ec2";
import type { DefaultRoute } from "../domain/fleet";
import type { RouteTables } from "../domain/fleet-ports";
import { isAlreadyDone, isNotFound } from "./errors";
import { allPages } from "./paginate";

const EVERYWHERE = "0.0.0.0/0";

export function routeTables(ec2: EC2Client): RouteTables {
  const create = (route: Target) => ec2.send(new CreateRouteCommand(route));
  const replace = (route: Target) => ec2.send(new ReplaceRouteCommand(route));
  return {
    defaultRoutes: async (routeTableIds) => {
      const tables = await allPages(async (token) => {
        const page = token === undefined ? {} : { NextToken: token };
        const command = new DescribeRouteTablesCommand({ RouteTableIds: [...routeTableIds], ...page });
        const { RouteTables: items = [], NextToken } = await ec2.send(command);
        return { items, next: NextToken };
      });
      const byId = new Map(tables.map((table) => [table.RouteTableId, table]));
      return new Map(routeTableIds.map((id) => [id, toDefaultRoute(byId.get(id) ?? missing(id))]));
    },
    pointAt: async (routeTableId, eniId, isNew) => {
      const route = { RouteTableId: routeTableId, DestinationCidrBlock: EVERYWHERE, NetworkInterfaceId: eniId };
      try {
        await (isNew ? create(route) : replace(route));
      } catch (error) {
        // Somebody created or deleted the route since we looked: the other call gives the wanted state.
        if (isNew && isAlreadyDone(error)) await replace(route);
        else if (!isNew && isNotFound(error)) await create(route);
        else throw error;
      }
    },
  };
}

interface Target {
  readonly RouteTableId: string;
  readonly DestinationCidrBlock: string;
  readonly NetworkInterfaceId: string;
}

function toDefaultRoute(table: RouteTable): DefaultRoute {
  const route = table.Routes?.find(({ DestinationCidrBlock }) => DestinationCidrBlock === EVERYWHERE);
  if (route === undefined) return { state: "missing" };
  return { state: route.State === "blackhole" ? "blackhole" : "active", eniId: route.NetworkInterfaceId ?? null };
}

function missing(routeTableId: string): never {
  throw new Error(`AWS did not describe route table ${routeTableId}; nothing is decided on part of an answer`);
}
