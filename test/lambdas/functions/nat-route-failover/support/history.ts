import fc from "fast-check";
import type { FleetRecord } from "../../../../../contract/parameters";
import { LEAVE_CAUSES } from "../../../../../contract/parameters";
import type { Decision, Situation } from "../../../../../lambdas/functions/nat-route-failover/decide";
import { isLaneAction } from "../../../../../lambdas/lib/domain/actions";
import type { Action } from "../../../../../lambdas/lib/domain/actions";
import type { Request } from "../../../../../lambdas/lib/domain/admit";
import type { Evidence } from "../../../../../lambdas/lib/domain/evidence";
import { serverOf } from "../../../../../lambdas/lib/domain/fleet";
import type { Lane, Nat, World } from "../../../../../lambdas/lib/domain/fleet";
import type { ResortSeen } from "../../../../../lambdas/lib/domain/world";
import { EMPTY_LANE_RECORD, EMPTY_RECORD, keepFailed } from "../../../../../lambdas/lib/domain/record";
import { applyPlan, unbreached } from "./apply";
import { anyEvidence, anyWorld } from "./arbitraries";
import { nat, NOW, POLICY, withGateway } from "./builders";

export type Decide = (situation: Situation) => Decision;

/** What becomes of a run. */
export interface Fate {
  /** Bit n: the plan's nth call fails. */
  readonly failing: number;
  /** The function dies before it writes down what it did. */
  readonly dies: boolean;
  /** EC2 answers what was true before the last run, when that was seconds ago. */
  readonly stale: boolean;
}

export interface Round extends Fate {
  readonly seconds: number;
  /** By place in the fleet; so is `departing`. */
  readonly evidence: readonly Evidence[];
  readonly departing: readonly boolean[];
  /** Place of a NAT that has ended, and another stands in its place; null: none. */
  readonly replaced: number | null;
  /** By place of the lane: what is seen of its NAT Gateway, where it has one. */
  readonly resorts: readonly ResortSeen[];
  /** Messages that arrive, by number: again, late, out of order; one that no round names was lost. */
  readonly arrivals: readonly number[];
}

export interface History {
  readonly start: World;
  readonly messages: readonly Request[];
  readonly rounds: readonly Round[];
}

/** One run of the function, and what it left behind. */
export interface Step {
  readonly now: Date;
  readonly requests: readonly Request[];
  /** What decide was given, and (`decision.world`) with everybody who leaves. */
  readonly before: FleetRecord;
  readonly seen: World;
  readonly decision: Decision;
  /** What was true, whatever EC2 answered. */
  readonly actual: World;
  /** What was carried out of the plan. */
  readonly done: readonly Action[];
  readonly world: World;
  readonly record: FleetRecord;
}

const PLACES = 24;
const HOLD_MS = 600_000;
const STALE_MS = 5_000;

export function play({ start, messages, rounds }: History, decide: Decide): readonly Step[] {
  const steps: Step[] = [];
  let known = { world: start, record: recordOf(start), now: NOW };
  rounds.forEach((round, index) => {
    const now = new Date(known.now.getTime() + round.seconds * 1000);
    // A run that failed is taken up again after a pause (retry.ts), one that died after the visibility timeout: by then EC2 tells the truth.
    const before = rounds[index - 1];
    const isRetried = before !== undefined && (before.dies || before.failing !== 0);
    const isStale = round.stale && round.seconds * 1000 <= STALE_MS && !isRetried;
    const earlier = isStale ? (steps.at(-1)?.seen ?? known.world) : known.world;
    const actual = pass(known.world, round, index);
    const requests = round.arrivals.flatMap((number) => messages[number % messages.length] ?? []);
    const step = run({ world: actual, record: known.record, now }, stale(actual, earlier), requests, { round, decide });
    steps.push(step);
    known = { world: step.world, record: step.record, now };
  });
  return steps;
}

/** What the function knows of a fleet that it has looked at before. */
function recordOf({ lanes, nats }: World): FleetRecord {
  const entries = lanes.map((lane) => [lane.lane, { ...EMPTY_LANE_RECORD, servedBy: serverOf(lane, nats)?.instanceId ?? null }]);
  return { ...EMPTY_RECORD, lanes: Object.fromEntries(entries) };
}

/** A run of a world in which nothing fails and nobody says anything. */
export function quietRun(step: Step, now: Date, decide: Decide, change: (nat: Nat) => Nat = (same) => same): Step {
  const world = { lanes: step.world.lanes.map(unbreached), nats: step.world.nats.map(change) };
  return run({ world, record: step.record, now }, world, [], { round: { failing: 0, dies: false, stale: false }, decide });
}

interface Known {
  readonly world: World;
  readonly record: FleetRecord;
  readonly now: Date;
}

function run(
  { world, record, now }: Known,
  seen: World,
  requests: readonly Request[],
  { round, decide }: { readonly round: Fate; readonly decide: Decide },
): Step {
  const withNotices = { ...seen, nats: seen.nats.map((one) => withNotice(one, record)) };
  const decision = decide({ world: withNotices, record, requests, now, policy: POLICY });
  const { done, unsettled } = carryOut(decision.plan, world, round.failing);
  const marksDone = unsettled.size === 0 ? done : done.filter(({ kind }) => kind !== "mark-unhealthy");
  const wanted = decision.plan.find((action) => action.kind === "record");
  const missed = decision.plan.filter((action) => action.kind === "mark-unhealthy" && !marksDone.includes(action));
  const zones = new Set(missed.flatMap((action) => (action.kind === "mark-unhealthy" ? [action.zone] : [])));
  const written = wanted === undefined || round.dies ? record : keepFailed(record, wanted.record, { lanes: unsettled, zones });
  const after = applyPlan(world, marksDone);
  return {
    now,
    requests,
    before: record,
    seen: withNotices,
    decision,
    actual: world,
    done: marksDone,
    world: after,
    record: written,
  };
}

/** As assembled from the answers: who was announced to leave, leaves. */
function withNotice(one: Nat, record: FleetRecord): Nat {
  return { ...one, leaving: one.departing || record.notices?.[one.instanceId] !== undefined };
}

/** Calls that concern one address run in order; a failure ends theirs and no other. */
function carryOut(plan: readonly Action[], world: World, failing: number) {
  const failed = new Set<string>();
  const unsettled = new Set<string>();
  const exists = new Set(world.nats.map(({ instanceId }) => instanceId));
  const interfaces = new Set(world.nats.flatMap(({ eni }) => (eni === null ? [] : [eni.eniId])));
  const done = plan.filter((action, index) => {
    if (action.kind === "none" || action.kind === "record") return false;
    const fails = ((failing >> (index % 31)) & 1) === 1;
    if (action.kind === "mark-unhealthy") return !fails && exists.has(action.instanceId);
    const chain = "routeTableId" in action ? action.routeTableId : `${action.eniId} ${action.address}`;
    const isThere = action.kind === "point-route-to-gateway" || interfaces.has(action.eniId);
    if (!fails && !failed.has(chain) && isThere && isHeldOrBrought(action, world, plan)) return true;
    failed.add(chain);
    unsettled.add(action.lane);
    return false;
  });
  return { done, unsettled };
}

/** EC2 associates an EIP only with an address that the interface has: a plan made from a stale answer may think so wrongly. */
function isHeldOrBrought(action: Action, world: World, plan: readonly Action[]): boolean {
  if (action.kind !== "bring-public-address") return true;
  const holder = world.nats.find(({ eni }) => eni?.eniId === action.eniId);
  const brought = plan.some(
    (other) =>
      isLaneAction(other) && other.kind === "bring-address" && other.address === action.address && other.eniId === action.eniId,
  );
  return brought || holder?.eni?.addresses.includes(action.address) === true;
}

/** The world goes on: evidence changes, a NAT ends and takes its interface along, a new one boots in its place. */
function pass(world: World, round: Round, index: number): World {
  const place = round.replaced === null ? -1 : round.replaced % world.nats.length;
  const ended = world.nats[place];
  const nats = world.nats.map((one, at): Nat => {
    const evidence = round.evidence[at % PLACES] ?? one.evidence;
    const departing = round.departing[at % PLACES] === true;
    if (at === place) return nat(`${one.zone}-x${index}`, { lifecycle: "Pending:Wait", evidence });
    const lifecycle = departing ? "Terminating:Wait" : one.lifecycle.startsWith("Terminat") ? "InService" : one.lifecycle;
    return { ...one, evidence, departing, leaving: departing, lifecycle };
  });
  const seen = world.lanes.map((lane, at): Lane => {
    if (lane.lastResort === undefined) return lane;
    const { natGatewayId, publicIp } = lane.lastResort;
    return { ...lane, lastResort: { natGatewayId, publicIp, ...round.resorts[at % PLACES] } };
  });
  if (ended?.eni == null) return { lanes: seen, nats };
  const { eniId } = ended.eni;
  const lanes = seen.map((lane) => ({
    ...lane,
    route: lane.route.state === "active" && lane.route.eniId === eniId ? ({ state: "blackhole", eniId } as const) : lane.route,
    addresses: lane.addresses.map((one) => (one.association?.eniId === eniId ? { ...one, association: null } : one)),
  }));
  return { lanes, nats };
}

/** Routes, associations and addresses as they were; who there is and how they are is known afresh. */
function stale(actual: World, earlier: World): World {
  const held = new Map(earlier.nats.map((one) => [one.instanceId, one.eni]));
  return { lanes: earlier.lanes, nats: actual.nats.map((one) => ({ ...one, eni: held.get(one.instanceId) ?? one.eni })) };
}

const often = <T>(usual: T, other: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: other });

const anyResort: fc.Arbitrary<ResortSeen> = fc.record(
  {
    state: fc.constantFrom("available", "available", "available", "failed", "deleting"),
    path: fc.constantFrom("broken", "broken", "works"),
  },
  { requiredKeys: [] },
);

const anyRound: fc.Arbitrary<Round> = fc.record({
  resorts: fc.array(anyResort, { minLength: PLACES, maxLength: PLACES }),
  seconds: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 20, max: 700 })),
  evidence: fc.array(anyEvidence, { minLength: PLACES, maxLength: PLACES }),
  departing: fc.array(often(false, fc.boolean()), { minLength: PLACES, maxLength: PLACES }),
  replaced: often<number | null>(null, fc.nat()),
  arrivals: fc.array(fc.nat({ max: 7 }), { maxLength: 3 }),
  failing: often(0, fc.nat()),
  dies: often(false, fc.boolean()),
  stale: often(false, fc.boolean()),
});

function anyMessages(world: World): fc.Arbitrary<readonly Request[]> {
  const instanceId = fc.constantFrom(...world.nats.map((one) => one.instanceId), "i-stranger");
  const lane = fc.constantFrom(...world.lanes.map((one) => one.lane), "no-such-lane");
  const by = fc.constant("ana");
  const until = fc.integer({ min: 1, max: HOLD_MS }).map((ms) => new Date(NOW.getTime() + ms).toISOString());
  const message = fc.oneof<fc.Arbitrary<Request>[]>(
    fc.record({
      kind: fc.constant("leave" as const),
      instanceId,
      because: fc.constantFrom(...LEAVE_CAUSES),
      force: fc.boolean(),
      by: fc.constantFrom("nat" as const, "operator" as const, "control-plane" as const),
    }),
    fc.record({ kind: fc.constant("move" as const), lane, to: fc.oneof(instanceId, fc.constant("auto")), by }),
    fc.record({ kind: fc.constant("hold" as const), until, by, because: fc.constant("migration") }),
    fc.record({ kind: fc.constant("resume" as const), by }, { requiredKeys: ["kind", "by"] }),
    fc.record({ kind: fc.constant("resume" as const), by, instanceId }),
  );
  return fc.array(message, { minLength: 1, maxLength: 8 });
}

/** Fleets of 2–6 zones, 1–4 lanes and NATs each; 2–8 runs of the function while everything that may go wrong does. */
export const anyHistory: fc.Arbitrary<History> = anyWorld().chain((start) =>
  fc.record({
    start: fc.constantFrom(start, { ...start, lanes: start.lanes.map((lane) => withGateway(lane)) }),
    messages: anyMessages(start),
    rounds: fc.array(anyRound, { minLength: 2, maxLength: 8 }),
  }),
);
