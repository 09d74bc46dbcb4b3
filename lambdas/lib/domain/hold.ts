/**
 * What an operator's hold does not freeze of all that we would do for a lane by ourselves:
 *
 * | the lane leaves                                        | for                            |
 * |--------------------------------------------------------|--------------------------------|
 * | a NAT that an operator drains                          | any NAT                        |
 * | a NAT that ends (Spot, its group, a shutdown)          | a NAT of its zone, that stays  |
 *
 * A machine that ends takes its lanes' connections along, hold or not; handed over at home they live. Another zone is no such handover:
 * whoever holds is told, and decides. Where a route was moved, and its addresses not yet, they may follow.
 */
import type { FleetRecord, Hold } from "../../../contract/parameters";
import type { Action, LaneAction } from "./actions";
import { serverOf } from "./fleet";
import type { Lane, Nat, World } from "./fleet";
import { isEnding } from "./leaving";

/** The hold as the plan leaves it: it may have been asked for, ended or run out with this look. */
export function holdAfter(plan: readonly Action[], record: FleetRecord): Hold | undefined {
  const next = plan.find((action) => action.kind === "record");
  return (next?.record ?? record).hold;
}

/** What is wanted for the lane is done, although moves are held. */
export function isExempt(lane: Lane, wanted: readonly LaneAction[], world: World, record: FleetRecord): boolean {
  const isDrained = ({ instanceId }: Nat) => record.notices?.[instanceId]?.by === "operator";
  const server = serverOf(lane, world.nats);
  if (server !== undefined && isDrained(server)) return true;
  // Who serves the lane, when its route moves; who has its addresses still, when only these do.
  const isMoved = wanted.some(({ kind }) => kind === "point-route");
  const left = world.nats.filter((nat) => (isMoved ? nat === server : hasAddressOf(lane, nat)));
  return left.some((nat) => isDrained(nat) || isEnding(nat, record)) && wanted.every((action) => isHandover(action, lane, world));
}

function hasAddressOf({ addresses }: Lane, { eni }: Nat): boolean {
  return addresses.some(({ floating }) => eni?.addresses.includes(floating));
}

function isHandover(action: LaneAction, { zone }: Lane, { nats }: World): boolean {
  if (action.kind === "point-route-to-gateway") return false;
  return nats.some((nat) => nat.eni?.eniId === action.eniId && nat.zone === zone && !nat.leaving);
}
