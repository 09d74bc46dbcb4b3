import type { LaneResort } from "../../../contract/parameters";
import type { NoAction, PointRouteToGateway } from "./actions";
import { isBroken, isHealthy } from "./evidence";
import { serverOf } from "./fleet";
import type { DefaultRoute, Lane, LastResort, Nat, World } from "./fleet";
import { perArray } from "./per-array";

/**
 * When a lane may go to its NAT Gateway: connections are cut and its public address changes, so all of this must have been seen.
 *
 * | #  | seen                                                                                   | else                          |
 * |----|----------------------------------------------------------------------------------------|-------------------------------|
 * | a  | the lane's own route leads nowhere good (decide.ts), and no NAT of the fleet is healthy | a NAT is chosen               |
 * | b  | EC2 says that the gateway is available                                                 | hold static                   |
 * | c  | the lane's own prober answers, now, that it reaches no target                          | hold static: the path works   |
 * | d  | every NAT is broken, or its own and disbelieved (decide.ts, row 15); only one that boots, or that its group takes out, may be unseen | hold static: who is not seen may be healthy |
 * | e  | no NAT finds only its way out shut, all else being right; or another lane's path works | hold static: the internet, or the targets, are broken |
 *
 * A NAT that does not run, is silent to probers that are alive, or has lost its rules is broken whatever the internet does: a-d. One whose
 * own connections fail while its rules are right may be as well as its neighbours, with nothing behind them: e. A gateway would be no better.
 */
function obstacleOf(lane: Lane, resort: LastResort, world: World): string | undefined {
  const { natGatewayId, state, path } = resort;
  if (state !== "available") return `${natGatewayId} is ${state ?? "unobserved"}`;
  if (path !== "broken") return path === "works" ? `its probes still pass` : `its path was not observed`;
  const own = serverOf(lane, world.nats);
  const unseen = unseenOf(world.nats).find((nat) => nat !== own);
  if (unseen !== undefined) return `${unseen.instanceId} was not observed`;
  const [witness] = witnessesOf(world.nats);
  if (witness !== undefined && !worksSomewhere(world.lanes))
    return `${witness.instanceId} finds nothing wrong with itself, only its way out shut`;
  return undefined;
}

const unseenOf = perArray((nats: readonly Nat[]) => nats.filter((nat) => !isBroken(nat.evidence) && !isExcused(nat)));

const witnessesOf = perArray((nats: readonly Nat[]) =>
  nats.filter(({ evidence }) => evidence.kind === "unhealthy" && evidence.outside === true),
);

const worksSomewhere = perArray((lanes: readonly Lane[]) => lanes.some(({ lastResort }) => lastResort?.path === "works"));

/** For a lane that must go and has no NAT to go to. `held`: there is nowhere to go. */
export function fallBack(lane: Lane, world: World, why: string): readonly (NoAction | PointRouteToGateway)[] {
  const because = `${why}, but no NAT is positively healthy`;
  const resort = lane.lastResort;
  const obstacle = resort === undefined ? undefined : obstacleOf(lane, resort, world);
  if (resort === undefined || obstacle !== undefined) {
    const words = obstacle === undefined ? "" : `, and no NAT Gateway: ${obstacle}`;
    return [{ kind: "none", lane: lane.lane, held: true, because: `${because}: hold static${words}` }];
  }
  const { natGatewayId } = resort;
  const create = lane.route.state === "missing";
  const { routeTableId } = lane;
  return [
    {
      kind: "point-route-to-gateway",
      lane: lane.lane,
      routeTableId,
      natGatewayId,
      create,
      because: `${because} and its path is broken: the last resort, from ${resort.publicIp}`,
    },
  ];
}

interface Resting<R extends LaneResort> {
  readonly route: DefaultRoute;
  readonly lastResort?: R | undefined;
}

/** The NAT Gateway that the lane's default route leads to, when it is the lane's own. */
export function resortOf<R extends LaneResort>({ route, lastResort }: Resting<R>): R | undefined {
  if (lastResort === undefined || route.state !== "active") return undefined;
  return route.natGatewayId === lastResort.natGatewayId ? lastResort : undefined;
}

/**
 * Why a lane should not stay there, or undefined: EC2 says that it translates nothing any more, or the lane's own prober reaches no target.
 * Unobserved is no fault.
 */
export function faultOf({ natGatewayId, state, path }: LastResort): string | undefined {
  if (state !== undefined && state !== "available" && state !== "pending") return `${natGatewayId} is ${state}`;
  return path === "broken" ? `${natGatewayId} serves, and the lane's probes fail` : undefined;
}

/** Nobody expects to see it yet, or any more. */
function isExcused({ lifecycle, departing, evidence }: Nat): boolean {
  return !isHealthy(evidence) && (departing || lifecycle.startsWith("Pending"));
}
