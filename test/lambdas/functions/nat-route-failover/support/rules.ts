import type { FleetRecord } from "../../../../../contract/parameters";
import { isLaneAction } from "../../../../../lambdas/lib/domain/actions";
import type { Action, PointRoute, PointRouteToGateway } from "../../../../../lambdas/lib/domain/actions";
import { isBroken, isHealthy, isReplica, isSeenBroken } from "../../../../../lambdas/lib/domain/evidence";
import { isServer, serverOf } from "../../../../../lambdas/lib/domain/fleet";
import type { Lane, Nat, Server, World } from "../../../../../lambdas/lib/domain/fleet";
import { faultOf, resortOf } from "../../../../../lambdas/lib/domain/last-resort";
import { isEnding, isExcused, noticeOf, patienceLeftMs } from "../../../../../lambdas/lib/domain/leaving";
import { applyPlan } from "./apply";
import { POLICY } from "./builders";
import type { Decide, Step } from "./history";

/** What must hold in every step of every history: returns what breaks it, in words. */
export type Rule = (step: Step, earlier: readonly Step[], decide: Decide) => readonly string[];

const DISBELIEF_COOLDOWNS = 5;

const moves = (plan: readonly Action[]) => plan.filter((action): action is PointRoute => action.kind === "point-route");
const falls = (plan: readonly Action[]) =>
  plan.filter((action): action is PointRouteToGateway => action.kind === "point-route-to-gateway");
const isComingOrGoing = ({ evidence, departing, lifecycle }: Nat) =>
  !isHealthy(evidence) && (departing || lifecycle.startsWith("Pending"));
/** Pointing a route where it is already (EC2 answered what was true before) moves nothing. */
const moved = ({ done, actual }: Step) =>
  moves(done).filter(({ lane: name, eniId }) => {
    const route = actual.lanes.find(({ lane }) => lane === name)?.route;
    return route?.state !== "active" || route.eniId !== eniId;
  });
const isUnwritten = (step: Step, lane: string) =>
  moved(step).some((move) => move.lane === lane) && step.record.lanes[lane]?.movedAt !== step.now.toISOString();
const natOf = ({ nats }: World, instanceId: string) => nats.find((nat) => nat.instanceId === instanceId);
const server = (step: Step, lane: Lane): Server | undefined => serverOf(lane, step.decision.world.nats);
const planOf = (step: Step, lane: string) => step.decision.plan.filter((action) => isLaneAction(action) && action.lane === lane);
const askedFor = ({ requests }: Step, lane: string) =>
  requests.some((request) => request.kind === "move" && request.lane === lane);
const written = ({ decision, before }: Step) => decision.plan.find((action) => action.kind === "record")?.record ?? before;

/** The hold in force in this run, messages of the run included. */
const holdOf = (step: Step) => {
  const { hold } = written(step);
  return hold !== undefined && Date.parse(hold.until) > step.now.getTime() ? hold : undefined;
};
const stays = (step: Step) =>
  step.decision.world.nats.filter(isServer).filter(({ evidence, leaving }) => isHealthy(evidence) && !leaving);

const lanesWhere = (step: Step, test: (lane: Lane) => boolean) => step.decision.world.lanes.filter(test).map(({ lane }) => lane);

/** No default route that works: missing, a black hole, not ours, or at a NAT that is broken whoever says so. */
function isStranded(step: Step, lane: Lane): boolean {
  const at = server(step, lane);
  const resort = resortOf(lane);
  if (resort !== undefined) return faultOf(resort) !== undefined;
  return at === undefined || isBroken(at.evidence);
}

/** A move that nobody needs. */
export const isComfort = ({ kind, because }: Action): boolean =>
  kind === "point-route" && because.endsWith("lanes are spread evenly");

/** Nothing was wrong with its NAT, and nobody asked. */
const movedFromWell = (step: Step): readonly Lane[] =>
  step.decision.world.lanes.filter((lane) => {
    const at = server(step, lane);
    const isWell = at !== undefined && at.zone === lane.zone && isHealthy(at.evidence) && !at.leaving && !lane.breached;
    return isWell && !askedFor(step, lane.lane) && moves(planOf(step, lane.lane)).length > 0;
  });

/** To a NAT of its zone that serves two lanes fewer, where every NAT is in service, stays and holds the flows. */
function isSpread(step: Step, lane: Lane): boolean {
  const { world, plan } = step.decision;
  const move = moves(plan).find((one) => one.lane === lane.lane);
  const from = server(step, lane);
  const lanesOf = (instanceId = "") => world.lanes.filter((one) => server(step, one)?.instanceId === instanceId).length;
  const nats = world.nats.filter(({ zone }) => zone === lane.zone);
  const areWell = nats.every(
    (nat) => nat.lifecycle === "InService" && nat.groupHealth === "Healthy" && !nat.leaving && isReplica(nat.evidence),
  );
  const target = move === undefined ? undefined : natOf(world, move.instanceId);
  return areWell && target?.zone === lane.zone && lanesOf(from?.instanceId) - lanesOf(target.instanceId) >= 2;
}

/** Off a NAT that ends, or after it, to one of the lane's zone that stays. */
function isHandover(step: Step, lane: Lane): boolean {
  const { nats } = step.decision.world;
  const has = ({ eni }: Nat) => lane.addresses.some(({ floating }) => eni?.addresses.includes(floating));
  const record = written(step);
  const isGoing = (nat: Nat) => isEnding(nat, record) || record.notices?.[nat.instanceId]?.by === "operator";
  const ends = nats.some((nat) => isGoing(nat) && (nat === server(step, lane) || has(nat)));
  const isHome = (eniId: string) => nats.some(({ eni, zone, leaving }) => eni?.eniId === eniId && zone === lane.zone && !leaving);
  return ends && planOf(step, lane.lane).every((action) => "eniId" in action && isHome(action.eniId));
}

export const RULES: Readonly<Record<string, Rule>> = {
  "a lane is pointed at a NAT that is positively healthy": (step) =>
    moves(step.decision.plan)
      .filter(({ instanceId }) => !isHealthy(natOf(step.decision.world, instanceId)?.evidence ?? { kind: "gone", state: "" }))
      .map(({ lane, instanceId }) => `${lane} goes to ${instanceId}`),

  "a stranded lane gets a NAT while one is healthy": (step) => {
    if (holdOf(step) !== undefined || !step.decision.world.nats.filter(isServer).some(({ evidence }) => isHealthy(evidence)))
      return [];
    return lanesWhere(step, (lane) => isStranded(step, lane) && moves(planOf(step, lane.lane)).length === 0);
  },

  "a lane goes to its own NAT Gateway only, and only when every NAT is broken, each by itself, and its path as well": (step) => {
    const { world } = step.decision;
    return falls(step.decision.plan).flatMap(({ lane: name, natGatewayId }) => {
      const lane = world.lanes.find((known) => known.lane === name);
      const at = lane === undefined ? undefined : server(step, lane);
      const isRight =
        lane?.lastResort?.natGatewayId === natGatewayId &&
        lane.lastResort.state === "available" &&
        lane.lastResort.path === "broken" &&
        (at === undefined || isBroken(at.evidence) || lane.breached === true) &&
        world.nats.every((nat) => isBroken(nat.evidence) || isComingOrGoing(nat) || (nat === at && lane.breached === true)) &&
        (world.nats.every(({ evidence }) => evidence.kind !== "unhealthy" || evidence.outside !== true) ||
          world.lanes.some(({ lastResort }) => lastResort?.path === "works"));
      return isRight ? [] : [`${name} goes to ${natGatewayId}`];
    });
  },

  "a lane returns from its NAT Gateway to a NAT that stays, when one has been healthy for long enough, or the gateway is faulty":
    (step) =>
      moves(step.decision.plan).flatMap(({ lane: name, instanceId }) => {
        const lane = step.decision.world.lanes.find((known) => known.lane === name);
        const resort = lane === undefined ? undefined : resortOf(lane);
        if (resort === undefined || faultOf(resort) !== undefined || askedFor(step, name)) return [];
        const since = step.before.lanes[name]?.homeHealthySince ?? null;
        const isRipe = since !== null && step.now.getTime() - Date.parse(since) >= POLICY.returnAfterMs;
        return isRipe && natOf(step.decision.world, instanceId)?.leaving === false ? [] : [`${name} returns to ${instanceId}`];
      }),

  "a lane that has a default route keeps one": (step, earlier) => {
    const had = (earlier.at(-1)?.world.lanes ?? []).filter(({ route }) => route.state !== "missing").map(({ lane }) => lane);
    return step.world.lanes.filter(({ lane, route }) => route.state === "missing" && had.includes(lane)).map(({ lane }) => lane);
  },

  "a lane whose NAT nobody observed stays there, unless its own probes find the path broken": (step) =>
    lanesWhere(step, (lane) => {
      const at = server(step, lane);
      const isUnobserved = at?.evidence.kind === "unobserved" && !at.leaving && !askedFor(step, lane.lane);
      return isUnobserved && !lane.breached && moves(planOf(step, lane.lane)).length > 0;
    }),

  "while all look broken nothing moves and nobody is replaced": (step) =>
    step.decision.world.nats.every(({ evidence }) => isBroken(evidence))
      ? step.decision.plan.filter(({ kind }) => kind === "point-route" || kind === "mark-unhealthy").map(({ kind }) => kind)
      : [],

  "a lane moves once per cooldown, unless it must": (step, earlier) =>
    moved(step)
      .filter(({ lane }) => !askedFor(step, lane))
      .flatMap(({ lane: name }) => {
        const lane = step.decision.world.lanes.find((known) => known.lane === name);
        const at = lane === undefined ? undefined : server(step, lane);
        if (at === undefined || at.leaving || isBroken(at.evidence)) return [];
        // Two runs in a row that moved it and could not write so leave no trace when the second brought it back.
        if (earlier.filter((one) => isUnwritten(one, name)).length > 1) return [];
        const last = earlier.findLast((one) => moved(one).some((move) => move.lane === name));
        const restMs = last === undefined ? Infinity : step.now.getTime() - last.now.getTime();
        const neededMs = POLICY.cooldownMs * (lane?.breached === true ? DISBELIEF_COOLDOWNS : 1);
        return restMs < neededMs ? [`${name} moves again after ${restMs} ms`] : [];
      }),

  "a lane whose NAT leaves is brought away when its patience ends, whatever the cooldown says": (step) => {
    if (holdOf(step) !== undefined || stays(step).length === 0) return [];
    return lanesWhere(step, (lane) => {
      const at = server(step, lane);
      if (at === undefined || !at.leaving) return false;
      const leftMs = patienceLeftMs(noticeOf(at, written(step), step.now), step.now);
      return leftMs === 0 && moves(planOf(step, lane.lane)).length === 0;
    });
  },

  "a NAT that leaves gets no lane while a healthy one stays": (step) =>
    stays(step).length === 0
      ? []
      : moves(step.decision.plan)
          .filter(({ instanceId }) => natOf(step.decision.world, instanceId)?.leaving === true)
          .map(({ lane, instanceId }) => `${lane} goes to ${instanceId}`),

  "a lane that is well at home stays there, unless lanes are spread": (step) =>
    movedFromWell(step)
      .filter((lane) => !isSpread(step, lane))
      .map(({ lane }) => lane),

  "during a hold only operators move lanes, but off a NAT that ends, within their zone; nobody is replaced": (step) => {
    if (holdOf(step) === undefined) return [];
    const marks = step.decision.plan.filter(({ kind }) => kind === "mark-unhealthy").map(({ kind }) => kind);
    const lanes = lanesWhere(step, (lane) => {
      const at = server(step, lane);
      const isOperators =
        askedFor(step, lane.lane) || (at !== undefined && written(step).notices?.[at.instanceId]?.by === "operator");
      return !isOperators && !isHandover(step, lane) && planOf(step, lane.lane).length > 0;
    });
    return [...marks, ...lanes];
  },

  "a NAT is replaced only when seen broken, alone in its zone, beside a healthy one": (step) =>
    step.decision.plan.flatMap((action) => {
      if (action.kind !== "mark-unhealthy") return [];
      const members = step.decision.world.nats.filter(({ zone, lifecycle }) => zone === action.zone && lifecycle !== "none");
      const marked = members.find(({ instanceId }) => instanceId === action.instanceId);
      const others = members.filter((nat) => nat !== marked);
      const isRight =
        marked !== undefined &&
        isSeenBroken(marked.evidence) &&
        !isExcused(marked, written(step)) &&
        others.some(({ evidence, leaving }) => isHealthy(evidence) && !leaving) &&
        members.every(({ lifecycle, groupHealth }) => lifecycle === "InService" && groupHealth === "Healthy");
      return isRight ? [] : [action.instanceId];
    }),

  "an egress address is one of the lane's own, in the zone that it belongs to": ({ world }) => {
    const zoneOf = new Map(
      world.lanes.flatMap((lane) => [
        ...lane.addresses.map(({ floating }) => [floating, lane.zone] as const),
        ...Object.entries(lane.guests).map(([zone, guest]) => [guest, zone] as const),
      ]),
    );
    const strayed = world.nats.flatMap(({ zone, eni }) =>
      (eni?.addresses ?? []).filter((address) => address !== eni?.primary && zoneOf.get(address) !== zone),
    );
    const foreign = world.lanes.flatMap(({ addresses, guests }) =>
      addresses.flatMap(({ floating, association, publicIp }) =>
        association === null || [floating, ...Object.values(guests)].includes(association.address) ? [] : [publicIp],
      ),
    );
    return [...strayed, ...foreign];
  },

  "the same input gives the same plan, in whatever order it was observed": (
    { now, seen, before, requests, decision },
    _,
    decide,
  ) => {
    const again = decide({ world: seen, record: before, requests, now, policy: POLICY });
    const shuffled = decide({ world: { ...seen, nats: seen.nats.toReversed() }, record: before, requests, now, policy: POLICY });
    const words = (plan: readonly Action[]) => JSON.stringify(plan.filter(isLaneAction));
    const isSame = JSON.stringify(again) === JSON.stringify(decision) && words(shuffled.plan) === words(decision.plan);
    return isSame ? [] : ["the plan differs"];
  },

  "a plan that is carried out and looked at again leaves nothing to do, but to spread lanes once": (step, _, decide) => {
    const look = (world: World, record: FleetRecord) => decide({ world, record, now: step.now, policy: POLICY }).plan;
    const world = applyPlan(step.decision.world, step.decision.plan);
    const again = look(world, written(step));
    // What was put right may have been all that comfort waited for.
    const { record } = again.find((action) => action.kind === "record") ?? { record: written(step) };
    const left = again.some(isComfort) ? look(applyPlan(world, again), record) : again;
    return left.filter(({ kind }) => kind !== "none").map((action) => `${action.kind}: ${action.because}`);
  },
};
