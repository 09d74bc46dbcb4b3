import { isLaneAction } from "../../lib/domain/actions";
import type { Action, LaneAction, MarkUnhealthy, PointRoute } from "../../lib/domain/actions";
import type { Services } from "./services";

export interface Failure {
  readonly action: LaneAction | MarkUnhealthy;
  readonly error: Error;
}

const POLL_MS = 100;

/**
 * Carries out what the plan wants of lanes. Lanes do not wait for each other, a lane's route does not wait for its addresses, nor, but in
 * an orderly move, they for it; and a failure stops nothing else: it is collected.
 */
export async function actOnLanes(plan: readonly Action[], s: Services): Promise<readonly Failure[]> {
  const actions = plan.filter(isLaneAction);
  const orderly = new Set(actions.flatMap((action) => (isOrderly(action) ? [action.lane] : [])));
  const chains = new Map<string, LaneAction[]>();
  for (const action of actions) {
    const chain = orderly.has(action.lane) ? action.lane : chainOf(action);
    chains.set(chain, [...(chains.get(chain) ?? []), action]);
  }
  return (await Promise.all([...chains.values()].map((chain) => inOrder(chain, s)))).flat();
}

/** Has instances replaced, at most one per zone; none while a lane is unsettled, for it may still depend on the instance. */
export async function actOnInstances(
  plan: readonly Action[],
  unconfirmed: ReadonlySet<string>,
  s: Services,
): Promise<readonly Failure[]> {
  const marks = plan.filter((action) => action.kind === "mark-unhealthy");
  if (unconfirmed.size === 0) return (await Promise.all(marks.map((action) => inOrder([action], s)))).flat();
  const error = new Error(`lanes ${[...unconfirmed].join(", ")} are not settled yet`);
  return marks.map((action) => ({ action, error }));
}

/** An EIP can only go to an address that is there: what concerns one address runs in order. */
function chainOf(action: LaneAction): string {
  return "routeTableId" in action ? action.routeTableId : `${action.eniId} ${action.address}`;
}

function isOrderly(action: LaneAction): boolean {
  return action.kind === "point-route" && action.orderly === true;
}

async function inOrder(actions: readonly (LaneAction | MarkUnhealthy)[], s: Services): Promise<readonly Failure[]> {
  for (const action of actions) {
    try {
      await perform(action, s);
    } catch (error) {
      return [{ action, error: error instanceof Error ? error : new Error(String(error)) }];
    }
  }
  return [];
}

async function perform(action: LaneAction | MarkUnhealthy, s: Services): Promise<void> {
  switch (action.kind) {
    case "point-route":
      await s.routes.pointAt(action.routeTableId, action.eniId, action.create);
      if (action.orderly === true) await untilSeen(action, s);
      return;
    case "point-route-to-gateway":
      return s.routes.pointAtGateway(action.routeTableId, action.natGatewayId, action.create);
    case "bring-address":
      return s.addresses.bring(action.address, action.eniId);
    case "bring-public-address":
      return s.addresses.bringPublic(action.allocationId, action.address, action.eniId);
    case "mark-unhealthy":
      return s.health.markUnhealthy(action.instanceId);
  }
}

/** Gives up when the settle window is over: the address is needed either way. */
async function untilSeen({ routeTableId, eniId }: PointRoute, s: Services): Promise<void> {
  const isSeen = async (): Promise<boolean> => {
    const route = (await s.routes.defaultRoutes([routeTableId])).get(routeTableId);
    return route?.state === "active" && route.eniId === eniId;
  };
  await s.waiter.until(isSeen, { intervalMs: POLL_MS, deadlineMs: s.settings.settleMs });
}
