import { isLaneAction } from "../../lib/domain/actions";
import type { Action, LaneAction, MarkUnhealthy } from "../../lib/domain/actions";
import { serverOf } from "../../lib/domain/fleet";
import type { World } from "../../lib/domain/fleet";
import type { Services } from "./services";

export interface Failure {
  readonly action: LaneAction | MarkUnhealthy;
  readonly error: Error;
}

/**
 * Carries out what the plan wants of lanes. Lanes do not wait for each other, nor a lane's route and its addresses: while the two are at
 * different NATs, answers to new connections go astray. A failure stops nothing else: it is collected.
 */
export async function actOnLanes(plan: readonly Action[], s: Services): Promise<readonly Failure[]> {
  const chains = new Map<string, LaneAction[]>();
  for (const action of plan.filter(isLaneAction)) {
    const chain = chainOf(action);
    chains.set(chain, [...(chains.get(chain) ?? []), action]);
  }
  return (await Promise.all([...chains.values()].map((chain) => inOrder(chain, (action) => performOnLane(action, s))))).flat();
}

/**
 * Has instances replaced, at most one per zone; none in a zone that an unsettled lane is of, leaves or goes to, for the lane may still depend
 * on the instance. One that never settles must not keep the broken NATs of all other zones.
 */
export async function actOnInstances(
  plan: readonly Action[],
  unconfirmed: ReadonlySet<string>,
  world: World,
  s: Services,
): Promise<readonly Failure[]> {
  const marks = plan.filter((action) => action.kind === "mark-unhealthy");
  const zones = new Map([...unconfirmed].map((lane) => [lane, zonesOf(lane, plan, world)]));
  const outcomes = marks.map(async (action): Promise<readonly Failure[]> => {
    const unsettled = [...zones].flatMap(([lane, its]) => (its.has(action.zone) ? [lane] : []));
    if (unsettled.length === 0) return inOrder([action], ({ instanceId }) => s.health.markUnhealthy(instanceId));
    return [{ action, error: new Error(`lanes ${unsettled.join(", ")} are not settled yet`) }];
  });
  return (await Promise.all(outcomes)).flat();
}

/** The lane's own zone, and those of the NAT that it was at and of every NAT that it, or an address of it, was to go to. */
function zonesOf(name: string, plan: readonly Action[], { lanes, nats }: World): ReadonlySet<string> {
  const lane = lanes.find((known) => known.lane === name);
  const from = lane === undefined ? undefined : serverOf(lane, nats);
  const targets = plan.flatMap((action) =>
    isLaneAction(action) && action.lane === name && "eniId" in action ? [action.eniId] : [],
  );
  const to = nats.filter(({ eni }) => eni !== null && targets.includes(eni.eniId));
  return new Set([lane?.zone, from?.zone, ...to.map(({ zone }) => zone)].filter((zone) => zone !== undefined));
}

/** An EIP can only go to an address that is there: what concerns one address runs in order. */
function chainOf(action: LaneAction): string {
  return "routeTableId" in action ? action.routeTableId : `${action.eniId} ${action.address}`;
}

async function inOrder<A extends Failure["action"]>(
  actions: readonly A[],
  doIt: (action: A) => Promise<void>,
): Promise<readonly Failure[]> {
  for (const action of actions) {
    try {
      await doIt(action);
    } catch (error) {
      return [{ action, error: error instanceof Error ? error : new Error(String(error)) }];
    }
  }
  return [];
}

async function performOnLane(action: LaneAction, s: Services): Promise<void> {
  switch (action.kind) {
    case "point-route":
      return s.routes.pointAt(action.routeTableId, action.eniId, action.create);
    case "point-route-to-gateway":
      return s.routes.pointAtGateway(action.routeTableId, action.natGatewayId, action.create);
    case "bring-address":
      return s.addresses.bring(action.address, action.eniId);
    case "bring-public-address":
      return s.addresses.bringPublic(action.allocationId, action.address, action.eniId);
  }
}
