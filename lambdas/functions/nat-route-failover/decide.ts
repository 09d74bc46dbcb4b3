/*
 * Which NAT serves which lane. Healthy, broken and unobserved are evidence (lib/domain/evidence.ts).
 *
 *  #  the lane's default route    its NAT is              a healthy NAT is            then
 *  1  missing                     -                       at home or elsewhere        create the route, bring the addresses
 *  2  black hole, or not ours     -                       at home or elsewhere        replace the route, bring the addresses
 *  3  at a NAT                    broken                  in the lane's zone          move there; cooldown does not matter
 *  4  at a NAT                    broken                  in another zone only        move there; EIP to its guest address
 *  5  any of the above            broken or none          nowhere                     nothing: hold static, say so
 *  6  at a NAT                    unobserved              anywhere                    nothing: never act on a missing observation
 *  7  at a NAT                    healthy but leaving     staying, anywhere           move there, unless within the cooldown
 *  8  at a NAT                    healthy but leaving     nowhere else staying        nothing
 *  9  at a NAT of another zone    healthy                 at home for long enough     return, unless within the cooldown
 * 10  at a NAT of another zone    healthy                 at home, not for long       only mend the addresses
 * 11  at a NAT                    healthy                 -                           only mend the addresses
 * 12  at a NAT, addresses right   healthy                 -                           nothing
 *
 * "At home" comes before "elsewhere", a NAT that stays before one that leaves, a zone with a guest address before one without,
 * the zone with fewer lanes per NAT, InService before Pending, the NAT with fewer lanes. A lane that need not move stays where it is.
 * Besides: an instance seen broken for long enough is marked Unhealthy under the rules of lib/domain/marking.ts.
 */
import type { FleetRecord } from "../../../contract/parameters";
import { isLaneAction } from "../../lib/domain/actions";
import type { Action } from "../../lib/domain/actions";
import { bringEgress } from "../../lib/domain/egress";
import { elect, electHome, needOf, presentLoad } from "../../lib/domain/election";
import { serverOf } from "../../lib/domain/fleet";
import type { Lane, Server, World } from "../../lib/domain/fleet";
import { markUnhealthy } from "../../lib/domain/marking";
import type { MarkPolicy } from "../../lib/domain/marking";
import { differs, nextRecord } from "../../lib/domain/record";

export interface Policy extends MarkPolicy {
  /** At most one move per lane in this time, unless its NAT is broken. */
  readonly cooldownMs: number;
  /** How long a home NAT must be healthy before the lane returns. */
  readonly returnAfterMs: number;
}

export interface Situation {
  readonly world: World;
  readonly record: FleetRecord;
  readonly now: Date;
  readonly policy: Policy;
}

/** The plan: per lane its actions or the reason for none, then marks, then the record where it changes. */
export function decide(situation: Situation): readonly Action[] {
  const { world, record, now, policy } = situation;
  const load = presentLoad(world);
  const lanes = world.lanes.flatMap((lane) => {
    const actions = decideLane(lane, situation, load);
    for (const action of actions) if (action.kind === "point-route") shift(load, serverOf(lane, world.nats), action.instanceId);
    return actions;
  });
  const actions = [...lanes, ...markUnhealthy(world, record, now, policy)];
  const next = nextRecord(world, record, actions, now);
  if (!differs(record, next)) return actions;
  return [...actions, { kind: "record", record: next, because: "what must be remembered has changed" }];
}

function decideLane(lane: Lane, situation: Situation, load: ReadonlyMap<string, number>): readonly Action[] {
  const { world } = situation;
  const need = needOf(lane, world.nats);
  const server = serverOf(lane, world.nats);
  switch (need.kind) {
    case "must-move": {
      const target = elect(lane, world, load);
      if (target !== undefined) return moveTo(lane, target, world, need.because);
      return none(lane, `${need.because}, but no NAT is positively healthy: hold static`, true);
    }
    case "should-leave": {
      const target = elect(lane, world, load);
      if (target === undefined || target.leaving) return none(lane, `${need.because}, but no healthy NAT stays`);
      if (isCoolingDown(lane, situation)) return none(lane, `${need.because}, but the lane moved less than a cooldown ago`);
      return moveTo(lane, target, world, need.because);
    }
    case "away": {
      const home = electHome(lane, world, load);
      if (home === undefined || !isTimeToReturn(lane, situation)) return mend(lane, server, world);
      return moveTo(lane, home, world, `the lane is away and ${home.instanceId} of its own zone is healthy again`);
    }
    case "unknown":
      return none(lane, `${need.because}: no move without an observation`);
    case "well":
      return mend(lane, server, world);
  }
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

function mend(lane: Lane, server: Server | undefined, world: World): readonly Action[] {
  const actions = server === undefined ? [] : bringEgress(lane, server, world, "the address is not where the route is");
  return actions.length > 0 ? actions : none(lane, "route and addresses are right, its NAT is healthy");
}

function none(lane: Lane, because: string, held = false): readonly Action[] {
  return [{ kind: "none", lane: lane.lane, held, because }];
}

function isTimeToReturn(lane: Lane, situation: Situation): boolean {
  const since = situation.record.lanes[lane.lane]?.homeHealthySince ?? null;
  if (since === null || isCoolingDown(lane, situation)) return false;
  return situation.now.getTime() - Date.parse(since) >= situation.policy.returnAfterMs;
}

function isCoolingDown(lane: Lane, { record, now, policy }: Situation): boolean {
  const movedAt = record.lanes[lane.lane]?.movedAt ?? null;
  return movedAt !== null && now.getTime() - Date.parse(movedAt) < policy.cooldownMs;
}

function shift(load: Map<string, number>, from: Server | undefined, to: string): void {
  if (from !== undefined) load.set(from.instanceId, (load.get(from.instanceId) ?? 0) - 1);
  load.set(to, (load.get(to) ?? 0) + 1);
}

/** The lane would need a move and there is nowhere to go. */
export function isHeld(plan: readonly Action[]): boolean {
  return plan.some((action) => action.kind === "none" && action.held) && !plan.some(isLaneAction);
}
