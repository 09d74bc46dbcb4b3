import { isLaneAction } from "../../lib/domain/actions";
import type { Action } from "../../lib/domain/actions";
import { bringEgress } from "../../lib/domain/egress";
import { isServer, serverOf } from "../../lib/domain/fleet";
import type { Lane, World } from "../../lib/domain/fleet";
import { resortOf } from "../../lib/domain/last-resort";
import { extant } from "../../lib/domain/vanished";
import { refresh } from "../../lib/domain/world";
import type { Failure } from "./act";
import type { Observed } from "./observe";
import type { Patience } from "./patience";
import type { Services } from "./services";

const POLL_MS = 150;

/**
 * Looks at EC2 again until it shows what the plan wanted, or the time for it is over: a run that has none left has confirmed nothing.
 * @param failed what could not be done: waiting would not bring it.
 * @returns lanes that are not as planned.
 */
export async function verify(
  plan: readonly Action[],
  failed: readonly Failure[],
  { topology, world }: Observed,
  patience: Patience,
  s: Services,
): Promise<ReadonlySet<string>> {
  const hopeless = new Set(failed.flatMap(({ action }) => (isLaneAction(action) ? [action.lane] : [])));
  const planned = plan.filter(isLaneAction).map(({ lane }) => lane);
  const lanes = new Set(planned.filter((lane) => !hopeless.has(lane)));
  if (lanes.size === 0) return hopeless;
  const deadlineMs = patience();
  if (deadlineMs === undefined) return new Set([...hopeless, ...lanes]);
  let wrong: ReadonlySet<string> = lanes;
  const concerned = topology.lanes.filter(({ lane }) => lanes.has(lane));
  await s.waiter.until(
    async () => {
      const [instances, routes, associations] = await Promise.all([
        s.fleet.instances(),
        s.routes.defaultRoutes(concerned.map(({ routeTableId }) => routeTableId)),
        s.addresses.associations(concerned.flatMap((lane) => lane.addresses.map(({ allocationId }) => allocationId))),
      ]);
      const still = extant({ ...topology, lanes: concerned }, { routes, associations });
      const fresh = refresh(world, { topology: still, instances, routes, associations });
      const right = new Set(fresh.lanes.filter((lane) => isAsPlanned(lane, fresh, plan)).map(({ lane }) => lane));
      wrong = new Set([...lanes].filter((lane) => !right.has(lane)));
      return wrong.size === 0;
    },
    { intervalMs: POLL_MS, deadlineMs },
  );
  return new Set([...hopeless, ...wrong]);
}

/** The route is at the planned NAT (or at one of ours, when only addresses were mended) and every address agrees with it. */
function isAsPlanned(lane: Lane, fresh: World, plan: readonly Action[]): boolean {
  const fall = plan.find((action) => action.kind === "point-route-to-gateway" && action.lane === lane.lane);
  if (fall !== undefined) return resortOf(lane) !== undefined;
  const server = serverOf(lane, fresh.nats);
  if (server === undefined || !isServer(server)) return false;
  const move = plan.find((action) => action.kind === "point-route" && action.lane === lane.lane);
  if (move?.kind === "point-route" && move.instanceId !== server.instanceId) return false;
  return bringEgress(lane, server, fresh, "").length === 0;
}
