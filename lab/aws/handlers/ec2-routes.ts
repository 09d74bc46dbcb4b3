import type * as ec2 from "@aws-sdk/client-ec2";
import type { KernelRoute, RouteTarget } from "../../world/fabric";
import type { RouteTableModel } from "../../stack/model";
import type { Handlers } from "../endpoint";
import { cidrRange } from "../state/cidr";
import { ec2Id } from "../state/ids";
import { AwsError } from "../wire/call";
import { ec2Tags, PAGE, refuseDryRun, requireEni, requireIds, requireRouteTable, selectIds, type Ec2State } from "./ec2-common";
import { applyFilters } from "./filters";
import { paginate } from "./paginate";

export function ec2RouteHandlers(state: Ec2State): Handlers<typeof ec2> {
  return {
    DescribeRouteTables: async (input) => {
      requireIds(
        input.RouteTableIds,
        state.model.routeTables.map((table) => table.routeTableId),
        {
          code: "InvalidRouteTableID.NotFound",
          name: "routeTable",
        },
      );
      const selected = selectIds(state.model.routeTables, (table) => table.routeTableId, input.RouteTableIds);
      const described = await Promise.all(selected.map(async (table) => ({ table, shape: await routeTable(state, table) })));
      const found = applyFilters(described, input.Filters, filters, ({ table }) => table.tags);
      const page = paginate(found, ({ table }) => table.routeTableId, {
        size: input.MaxResults,
        token: input.NextToken,
        ...PAGE,
      });
      return { RouteTables: page.items.map(({ shape }) => shape), NextToken: page.next };
    },

    CreateRoute: (input) =>
      state.network.exclusive(async () => {
        const { routeTableId, destination, target } = parse(state, input);
        if (destination === state.model.vpc.cidr || (await state.network.hasRoute(routeTableId, destination))) {
          throw new AwsError("RouteAlreadyExists", `The route identified by ${destination} already exists.`);
        }
        refuseDryRun(input);
        state.network.writeRoute(routeTableId, destination, target);
        return { Return: true };
      }),

    ReplaceRoute: (input) =>
      state.network.exclusive(async () => {
        const { routeTableId, destination, target } = parse(state, input);
        if (!(await state.network.hasRoute(routeTableId, destination))) {
          throw new AwsError(
            "InvalidParameterValue",
            `There is no route defined for '${destination}' in the route table. Use CreateRoute instead.`,
          );
        }
        refuseDryRun(input);
        state.network.writeRoute(routeTableId, destination, target);
        return {};
      }),

    DeleteRoute: (input) =>
      state.network.exclusive(async () => {
        const routeTableId = requireRouteTable(state, input.RouteTableId);
        const destination = requireDestination(input.DestinationCidrBlock);
        if (!(await state.network.hasRoute(routeTableId, destination))) {
          throw new AwsError(
            "InvalidRoute.NotFound",
            `no route with destination-cidr-block ${destination} in route table ${routeTableId}`,
          );
        }
        refuseDryRun(input);
        state.network.deleteRoute(routeTableId, destination);
        return {};
      }),
  };
}

interface RouteChange {
  readonly routeTableId: string;
  readonly destination: string;
  readonly target: RouteTarget;
}

/** Members of CreateRoute and ReplaceRoute that are not a target the lab's router has. */
const NO_TARGET = new Set([
  "RouteTableId",
  "DestinationCidrBlock",
  "DryRun",
  "NetworkInterfaceId",
  "GatewayId",
  "InstanceId",
  "NatGatewayId",
]);

function parse(state: Ec2State, input: ec2.CreateRouteCommandInput | ec2.ReplaceRouteCommandInput): RouteChange {
  const unknown = Object.entries(input).filter(([name, value]) => value !== undefined && !NO_TARGET.has(name));
  if (unknown.length > 0) {
    throw new AwsError("UnsupportedOperation", `The lab's router has no ${unknown.map(([name]) => name).join(", ")}.`);
  }
  const routeTableId = requireRouteTable(state, input.RouteTableId);
  return { routeTableId, destination: requireDestination(input.DestinationCidrBlock), target: parseTarget(state, input) };
}

function requireDestination(cidr: string | undefined): string {
  if (cidr === undefined) throw new AwsError("MissingParameter", "The request must contain the parameter destinationCidrBlock");
  try {
    cidrRange(cidr);
  } catch {
    throw new AwsError(
      "InvalidParameterValue",
      `Value (${cidr}) for parameter destinationCidrBlock is invalid. This is not a valid CIDR block.`,
    );
  }
  return cidr;
}

function parseTarget(state: Ec2State, input: ec2.ReplaceRouteCommandInput): RouteTarget {
  const targets = [input.NetworkInterfaceId, input.GatewayId, input.InstanceId, input.NatGatewayId].filter(
    (target) => target !== undefined,
  );
  if (targets.length !== 1) {
    throw new AwsError(
      "InvalidParameterCombination",
      `The request must contain exactly one of gatewayId, instanceId, natGatewayId, networkInterfaceId; got ${targets.length}.`,
    );
  }
  if (input.GatewayId !== undefined) {
    if (input.GatewayId !== state.model.internetGatewayId) {
      throw new AwsError("InvalidGatewayID.NotFound", `The gateway ID '${input.GatewayId}' does not exist`);
    }
    return { gatewayId: input.GatewayId };
  }
  if (input.NatGatewayId !== undefined) {
    const gateway = state.model.natGateways.find(({ natGatewayId }) => natGatewayId === input.NatGatewayId);
    if (gateway !== undefined) return { eniId: gateway.eniId };
    throw new AwsError("InvalidNatGatewayID.NotFound", `The natGateway ID '${input.NatGatewayId}' does not exist`);
  }
  if (input.InstanceId !== undefined) {
    const record = state.instances.find(input.InstanceId);
    if (record === undefined || !state.instances.hasEni(record)) {
      throw new AwsError("InvalidInstanceID.NotFound", `The instance ID '${input.InstanceId}' does not exist`);
    }
    return { eniId: record.eniId };
  }
  const client = clientOf(state, input.NetworkInterfaceId);
  return { eniId: client?.eniId ?? requireEni(state, input.NetworkInterfaceId).eniId };
}

/** An instance beside the fleet. */
function clientOf(state: Ec2State, eniId: string | undefined): Ec2State["clients"][number] | undefined {
  return state.clients.find((client) => client.eniId === eniId);
}

async function routeTable(state: Ec2State, table: RouteTableModel): Promise<ec2.RouteTable> {
  const kernel = await state.network.readRoutes(table.routeTableId);
  const subnets = state.model.subnets.filter((subnet) => subnet.routeTableId === table.routeTableId);
  return {
    RouteTableId: table.routeTableId,
    VpcId: state.model.vpc.vpcId,
    OwnerId: state.model.accountId,
    Tags: ec2Tags(table.tags),
    PropagatingVgws: [],
    Associations: subnets.map((subnet) => ({
      RouteTableAssociationId: ec2Id("rtbassoc", table.routeTableId, subnet.subnetId),
      RouteTableId: table.routeTableId,
      SubnetId: subnet.subnetId,
      Main: false,
      AssociationState: { State: "associated" },
    })),
    Routes: [
      { DestinationCidrBlock: state.model.vpc.cidr, GatewayId: "local", State: "active", Origin: "CreateRouteTable" },
      ...kernel.map((route) => describeRoute(state, route)),
    ],
  };
}

function describeRoute(state: Ec2State, route: KernelRoute): ec2.Route {
  const common = { DestinationCidrBlock: route.destination, Origin: "CreateRoute" } as const;
  if ("gatewayId" in route.target) return { ...common, GatewayId: route.target.gatewayId, State: route.state };
  const { eniId } = route.target;
  const gateway = state.model.natGateways.find((known) => known.eniId === eniId);
  if (gateway !== undefined) return { ...common, NatGatewayId: gateway.natGatewayId, State: route.state };
  const owner = state.instances.findByEni(eniId) ?? clientOf(state, eniId);
  if (owner === undefined) return { ...common, NetworkInterfaceId: route.target.eniId, State: "blackhole" };
  return {
    ...common,
    NetworkInterfaceId: route.target.eniId,
    InstanceId: owner.instanceId,
    InstanceOwnerId: state.model.accountId,
    State: route.state,
  };
}

const filters = {
  "route-table-id": ({ shape }: { shape: ec2.RouteTable }) => [shape.RouteTableId],
  "vpc-id": ({ shape }: { shape: ec2.RouteTable }) => [shape.VpcId],
  "association.subnet-id": ({ shape }: { shape: ec2.RouteTable }) => (shape.Associations ?? []).map((item) => item.SubnetId),
  "route.destination-cidr-block": ({ shape }: { shape: ec2.RouteTable }) =>
    (shape.Routes ?? []).map((item) => item.DestinationCidrBlock),
  "route.state": ({ shape }: { shape: ec2.RouteTable }) => (shape.Routes ?? []).map((item) => item.State),
  "route.instance-id": ({ shape }: { shape: ec2.RouteTable }) => (shape.Routes ?? []).map((item) => item.InstanceId),
};
