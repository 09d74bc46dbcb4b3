import type { Action, LaneAction } from "../../../../../lambdas/lib/domain/actions";
import type { Association, Lane, Nat, World } from "../../../../../lambdas/lib/domain/fleet";

/** What EC2 would show after the plan: a private address is on one interface only and takes its EIP along. */
export function applyPlan(world: World, plan: readonly Action[]): World {
  return plan.reduce<World>((now, action) => {
    if (action.kind === "mark-unhealthy")
      return {
        ...now,
        nats: now.nats.map((nat) => (nat.instanceId === action.instanceId ? { ...nat, groupHealth: "Unhealthy" } : nat)),
      };
    return action.kind === "none" || action.kind === "record" ? now : applyToLane(now, action);
  }, world);
}

function applyToLane(world: World, action: LaneAction): World {
  switch (action.kind) {
    case "point-route":
      return withLanes(world, (lane) =>
        lane.routeTableId === action.routeTableId ? { ...unprobed(lane), route: { state: "active", eniId: action.eniId } } : lane,
      );
    case "point-route-to-gateway":
      return withLanes(world, (lane) =>
        lane.routeTableId === action.routeTableId
          ? { ...unprobed(lane), route: { state: "active", eniId: null, natGatewayId: action.natGatewayId } }
          : lane,
      );
    case "bring-address":
      return withAssociations(
        { ...world, nats: world.nats.map((nat) => reassign(nat, action.address, action.eniId)) },
        (association) =>
          association?.address === action.address ? { eniId: action.eniId, address: action.address } : association,
      );
    case "bring-public-address": {
      const holder = world.nats.find(({ eni }) => eni?.eniId === action.eniId);
      if (holder?.eni?.addresses.includes(action.address) !== true)
        throw new Error(`EC2 would refuse: ${action.eniId} does not have ${action.address}`);
      return withAssociations(world, (association, allocationId) =>
        allocationId === action.allocationId ? { eniId: action.eniId, address: action.address } : association,
      );
    }
  }
}

/** What its probes found was of the path that it had. */
function unprobed(lane: Lane): Lane {
  const known = unbreached(lane);
  if (known.lastResort?.path === undefined) return known;
  const { natGatewayId, publicIp, state } = known.lastResort;
  return { ...known, lastResort: { natGatewayId, publicIp, ...(state === undefined ? {} : { state }) } };
}

/** Nobody says that its path is broken. */
export function unbreached(lane: Lane): Lane {
  const { breached, ...rest } = lane;
  return breached === undefined ? lane : rest;
}

function reassign(nat: Nat, address: string, eniId: string): Nat {
  if (nat.eni === null) return nat;
  const others = nat.eni.addresses.filter((held) => held !== address);
  return { ...nat, eni: { ...nat.eni, addresses: nat.eni.eniId === eniId ? [...others, address] : others } };
}

function withLanes(world: World, change: (lane: Lane) => Lane): World {
  return { ...world, lanes: world.lanes.map(change) };
}

function withAssociations(world: World, change: (association: Association, allocationId: string) => Association): World {
  return withLanes(world, (lane) => ({
    ...lane,
    addresses: lane.addresses.map((address) => ({ ...address, association: change(address.association, address.allocationId) })),
  }));
}
