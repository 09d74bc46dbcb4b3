/*
 * Which NAT serves which lane. Healthy, broken, unobserved and synced are evidence (lib/domain/evidence.ts).
 *
 *  #  the lane's default route    its NAT is              a healthy NAT is            then
 *  1  missing                     -                       at home or elsewhere        create the route, bring the addresses
 *  2  black hole, or not ours     -                       at home or elsewhere        replace the route, bring the addresses
 *  3  at a NAT                    broken                  in the lane's zone          move there; cooldown does not matter
 *  4  at a NAT                    broken                  in another zone only        move there; EIP to its guest address
 *  5  any of the above            broken or none          nowhere                     nothing: hold static, say so
 *  6  at a NAT                    unobserved, stays       anywhere                    only mend the addresses: no move without an observation
 *  7  at a NAT                    leaving                 at home, staying, synced    move there; cooldown does not matter
 *  8  at a NAT                    leaving, works          staying; a better expected  wait for it, within the notice's patience; mend
 *  9  at a NAT                    leaving                 staying, anywhere           move there; cooldown does not matter
 * 10  at a NAT                    leaving                 nowhere else staying        only mend the addresses
 * 11  at a NAT of another zone    healthy                 at home long enough, synced return, unless within the cooldown
 * 12  at a NAT of another zone    healthy                 at home, not so             only mend the addresses
 * 13  at a NAT                    healthy                 -                           only mend the addresses
 * 14  at a NAT, addresses right   healthy                 -                           nothing
 * 15  at a NAT, path broken       not seen broken         another one that stays      mend its EIP; if right, move, at most once in five cooldowns
 * 16  at a NAT, all is well       healthy, the fullest    at home, two lanes fewer    one lane moves there; none within a cooldown
 * 17  as in 5, its path broken    broken or none          nowhere, positively         to the NAT Gateway of its zone, where there is one
 * 18  at its NAT Gateway          -                       nowhere, or not long enough nothing
 * 19  at its NAT Gateway          -                       anywhere, long enough       return, unless within the cooldown
 * 20  at its NAT Gateway, faulty  -                       anywhere                    move there, bring the addresses
 *
 * Addresses are mended towards where the route is, whoever is there: with the two at different NATs the lane has no answers at all.
 *
 * An operator's move goes before all rows. A hold goes before all but that, an operator's drain, and rows 3, 7 and 9 of a NAT that ends
 * (Spot, its group, a shutdown) to another of the lane's zone (lib/domain/hold.ts): what any other row wants is said, not done.
 * What is asked for is judged in lib/domain/admit.ts. Row 8 expects a NAT of the lane's zone that boots or still copies the flows (after a
 * rebalance recommendation: one that Auto Scaling has yet to launch); patience is in lib/domain/leaving.ts. Row 11: a home that does
 * not become synced for ten minutes more is taken as it is. Row 16 is comfort: all must be well in the zone (lib/domain/spread.ts), and
 * no lane of the fleet may have moved within the cooldown.
 *
 * Row 17 cuts connections and changes the public address: lib/domain/last-resort.ts has what must have been seen. "Long enough" in 18 and
 * 19 is counted from when any NAT is healthy without a break, synced or not: no NAT holds the flows of a gateway. Row 20: EC2 says that the
 * gateway is lost, or the lane's own prober reaches no target.
 *
 * "At home" comes before "elsewhere", a NAT that stays before one that leaves, a zone with a guest address before one without, the
 * zone with fewer lanes per NAT, synced before unsynced, InService before Pending, the NAT with fewer lanes. A lane that need not
 * move stays where it is. Besides: an instance seen broken for long enough, or whose replacement config-guard asks for, is marked
 * Unhealthy under the rules of lib/domain/marking.ts, never during a hold.
 */
import type { FleetRecord } from "../../../contract/parameters";
import { isLaneAction } from "../../lib/domain/actions";
import type { Action } from "../../lib/domain/actions";
import { admit, holdWords, rejudgeDrains } from "../../lib/domain/admit";
import type { Admitted, Asked, Request } from "../../lib/domain/admit";
import { bringEgress } from "../../lib/domain/egress";
import { elect, electHome, electOther, isComfortable, isHomeExpected, needOf, presentLoad } from "../../lib/domain/election";
import { isHealthy, isSynced } from "../../lib/domain/evidence";
import { serverOf } from "../../lib/domain/fleet";
import type { Lane, LastResort, Server, World } from "../../lib/domain/fleet";
import { isExempt } from "../../lib/domain/hold";
import { fallBack, faultOf, resortOf } from "../../lib/domain/last-resort";
import { noticeOf, patienceLeftMs } from "../../lib/domain/leaving";
import { markUnhealthy } from "../../lib/domain/marking";
import type { MarkPolicy } from "../../lib/domain/marking";
import { differs, nextRecord, withUnwrittenMoves } from "../../lib/domain/record";
import { evenOut } from "../../lib/domain/spread";
import type { Decided } from "../../lib/domain/spread";

/** A path that stays broken behind whichever NAT serves it is not mended by moving it to and fro. */
const DISBELIEF_COOLDOWNS = 5;

const ALL_RIGHT = "route and addresses are right, its NAT is healthy";

/** How much longer than a synced one an unsynced home waits: its lane has a working address abroad meanwhile. */
const UNSYNCED_RETURN_MS = 600_000;

export interface Policy extends MarkPolicy {
  /** At most one move per lane in this time, unless its NAT is broken or leaves. */
  readonly cooldownMs: number;
  /** How long a home NAT must be healthy before the lane returns. */
  readonly returnAfterMs: number;
}

export interface Situation {
  readonly world: World;
  readonly record: FleetRecord;
  /** What was asked for since the last look, in order. */
  readonly requests?: readonly Request[];
  readonly now: Date;
  readonly policy: Policy;
}

export interface Decision {
  /** Per lane its actions or the reason for none, then marks, then the record where it changes. */
  readonly plan: readonly Action[];
  /** The world with everybody who leaves. */
  readonly world: World;
  readonly refused: readonly string[];
}

export function decide({ world: seen, record: before, requests = [], now, policy }: Situation): Decision {
  const { admitted, lanes } = decideLanes(admit(seen, withUnwrittenMoves(seen, before, now), requests, now), now, policy);
  const { world, record, replacements, refused } = admitted;
  const actions = [...lanes, ...(record.hold === undefined ? markUnhealthy(world, record, now, policy, replacements) : [])];
  const next = nextRecord(world, record, actions, now);
  if (!differs(before, next)) return { plan: actions, world, refused };
  const remember: Action = { kind: "record", record: next, because: "what must be remembered has changed" };
  return { plan: [...actions, remember], world, refused };
}

/** A NAT that waits to be drained and must take a lane after all stays; and with one more that stays, others may choose it. */
function decideLanes(
  admitted: Admitted,
  now: Date,
  policy: Policy,
): { readonly admitted: Admitted; readonly lanes: readonly Action[] } {
  const { world, record, moves } = admitted;
  const situation = { world, record, now, policy };
  const load = presentLoad(world);
  const decided = world.lanes.map((lane) => {
    const asked = moves.get(lane.lane);
    const isThere = asked?.target.instanceId === serverOf(lane, world.nats)?.instanceId;
    const actions =
      asked === undefined || isThere ? underHold(lane, decideLane(lane, situation, load), admitted) : obey(lane, asked, world);
    for (const action of actions) if (action.kind === "point-route") shift(load, serverOf(lane, world.nats), action.instanceId);
    return { lane, actions };
  });
  const lanes = spread(decided, admitted, situation);
  const called = new Set(lanes.flatMap((action) => (action.kind === "point-route" ? [action.instanceId] : [])));
  const rejudged = rejudgeDrains(admitted, now, called);
  return rejudged === admitted ? { admitted, lanes } : decideLanes(rejudged, now, policy);
}

/** At most one lane, and none when any has moved within the cooldown: comfort waits until all is quiet. */
function spread(decided: readonly Decided[], admitted: Admitted, situation: Known): readonly Action[] {
  const { world, replacements } = admitted;
  const isQuiet = !world.lanes.some((lane) => isCoolingDown(lane, situation));
  const comfort = isQuiet ? evenOut(world, decided, replacements) : undefined;
  return decided.flatMap(({ lane, actions }) =>
    lane === comfort?.lane ? underHold(lane, moveTo(lane, comfort.target, world, comfort.because), admitted) : actions,
  );
}

function obey(lane: Lane, { target, because }: Asked, world: World): readonly Action[] {
  const why = target.zone === lane.zone ? "it does not hold their flows yet" : "it is of another zone";
  return moveTo(lane, target, world, isComfortable(lane, target) ? because : `${because}; connections may break, ${why}`);
}

/** During a hold nothing is done for a lane, but what lib/domain/hold.ts exempts. */
function underHold(lane: Lane, actions: readonly Action[], { world, record }: Admitted): readonly Action[] {
  const { hold } = record;
  const wanted = actions.filter(isLaneAction);
  const [first] = wanted;
  if (hold === undefined || first === undefined || isExempt(lane, wanted, world, record)) return actions;
  return [
    { kind: "none", lane: lane.lane, held: false, frozen: true, because: `${first.because}, but moves are ${holdWords(hold)}` },
  ];
}

type Known = Omit<Situation, "requests">;

function decideLane(lane: Lane, situation: Known, load: ReadonlyMap<string, number>): readonly Action[] {
  const { world } = situation;
  const resort = resortOf(lane);
  if (resort !== undefined) return comeBack(lane, resort, situation, elect(lane, world, load));
  const need = needOf(lane, world.nats);
  if (need.kind === "must-move") {
    const target = elect(lane, world, load);
    return target === undefined ? fallBack(lane, world, need.because) : moveTo(lane, target, world, need.because);
  }
  const { server } = need;
  if (need.kind === "should-leave") return leave(lane, need, situation, elect(lane, world, load));
  if (lane.breached === true) return disbelieve(lane, server, situation, load);
  switch (need.kind) {
    case "away": {
      const home = electHome(lane, world, load);
      if (home === undefined || !isTimeToReturn(lane, situation, patienceMs(home, situation.policy)))
        return mend(lane, server, world);
      return moveTo(lane, home, world, `the lane is away and ${home.instanceId} of its own zone is healthy again`);
    }
    case "unknown":
      return mend(lane, server, world, `${need.because}: no move without an observation`);
    case "well":
      return mend(lane, server, world);
  }
}

/** Its connections are cut once more and its own public address returns: only for a NAT that will last, or when the gateway is lost. */
function comeBack(lane: Lane, resort: LastResort, situation: Known, target: Server | undefined): readonly Action[] {
  const { natGatewayId } = resort;
  const fault = faultOf(resort);
  if (fault !== undefined) {
    if (target === undefined) return none(lane, `${fault}, but no NAT is positively healthy: hold static`, true);
    return moveTo(lane, target, situation.world, fault);
  }
  if (target === undefined || target.leaving || !isTimeToReturn(lane, situation, situation.policy.returnAfterMs))
    return none(lane, `${natGatewayId} serves until a NAT is healthy for long enough`);
  return moveTo(lane, target, situation.world, `${target.instanceId} is healthy again: back from ${natGatewayId}`);
}

interface Leaving {
  readonly because: string;
  readonly server: Server;
}

function leave(lane: Lane, need: Leaving, { world, record, now }: Known, target: Server | undefined): readonly Action[] {
  const { because, server } = need;
  if (target === undefined || target.leaving) return mend(lane, server, world, `${because}, but no healthy NAT stays`);
  const notice = noticeOf(server, record, now);
  const leftMs = isHealthy(server.evidence) && lane.breached !== true ? patienceLeftMs(notice, now) : 0;
  const expected = notice.because === "rebalance" || isHomeExpected(lane, world.nats);
  if (leftMs > 0 && expected && !isComfortable(lane, target))
    return mend(
      lane,
      server,
      world,
      `${because}; it still works, and waits ${Math.ceil(leftMs / 1000)} s at most for a NAT that holds its flows`,
    );
  return moveTo(lane, target, world, `${because} (${notice.because})`);
}

/**
 * Its NAT says that it is well, or nobody knows, and the lane's own probes find that it is not: for this lane only. What lies behind every
 * NAT of the zone breaks the path too: then a move mends nothing, and the next one no more.
 */
function disbelieve(lane: Lane, server: Server, situation: Known, load: ReadonlyMap<string, number>): readonly Action[] {
  const { world } = situation;
  const because = `the probes of ${lane.lane} fail, whatever ${server.instanceId} says`;
  const amiss = bringEgress(lane, server, world, `${because}: the address is not where the route is`);
  // Without its Elastic IP no NAT's path works; that takes no move to mend. A private address that is elsewhere is what a broken-off move
  // leaves: that one is finished.
  if (amiss.length > 0 && amiss.every(({ kind }) => kind === "bring-public-address")) return amiss;
  if (isWithin(situation.record.lanes[lane.lane]?.mendedAt, situation.policy.cooldownMs, situation.now))
    return mend(lane, server, world, `${because}, but its Elastic IP was put back a moment ago, maybe after them`);
  if (isCoolingDown(lane, situation, DISBELIEF_COOLDOWNS))
    return mend(lane, server, world, `${because}, but the lane moved not long ago: the fault is not the NAT's`);
  const target = electOther(lane, world, load);
  if (target === undefined) return fallBack(lane, world, because);
  return moveTo(lane, target, world, because);
}

function moveTo(lane: Lane, target: Server, world: World, because: string): readonly Action[] {
  const { eniId } = target.eni;
  const create = lane.route.state === "missing";
  const { routeTableId } = lane;
  return [
    { kind: "point-route", lane: lane.lane, routeTableId, eniId, instanceId: target.instanceId, create, because },
    ...bringEgress(lane, target, world, because),
  ];
}

function mend(lane: Lane, server: Server, world: World, otherwise = ALL_RIGHT): readonly Action[] {
  const actions = bringEgress(lane, server, world, "the address is not where the route is");
  return actions.length > 0 ? actions : none(lane, otherwise);
}

function none(lane: Lane, because: string, held = false): readonly Action[] {
  return [{ kind: "none", lane: lane.lane, held, because }];
}

function patienceMs(home: Server, { returnAfterMs }: Policy): number {
  return returnAfterMs + (isSynced(home.evidence) ? 0 : UNSYNCED_RETURN_MS);
}

function isTimeToReturn(lane: Lane, situation: Known, waitMs: number): boolean {
  const since = situation.record.lanes[lane.lane]?.homeHealthySince ?? null;
  if (since === null || isCoolingDown(lane, situation)) return false;
  return situation.now.getTime() - Date.parse(since) >= waitMs;
}

function isCoolingDown(lane: Lane, { record, now, policy }: Known, times = 1): boolean {
  return isWithin(record.lanes[lane.lane]?.movedAt, times * policy.cooldownMs, now);
}

function isWithin(at: string | null | undefined, ms: number, now: Date): boolean {
  return typeof at === "string" && now.getTime() - Date.parse(at) < ms;
}

function shift(load: Map<string, number>, from: Server | undefined, to: string): void {
  if (from !== undefined) load.set(from.instanceId, (load.get(from.instanceId) ?? 0) - 1);
  load.set(to, (load.get(to) ?? 0) + 1);
}

/** Some lane would need a move and there is nowhere to go. */
export function isHeld(plan: readonly Action[]): boolean {
  return plan.some((action) => action.kind === "none" && action.held);
}
