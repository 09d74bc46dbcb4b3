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
import type { FleetRecord } from "../../../contract/parameters";
import { isLaneAction } from "./actions";
import type { Action, LaneAction } from "./actions";
import { serverOf } from "./fleet";
import type { Lane, Nat, World } from "./fleet";
import { isEnding } from "./leaving";

/** The lane's actions are carried out, although moves are held. */
export function isExempt(lane: Lane, actions: readonly Action[], world: World, record: FleetRecord): boolean {
  const isDrained = ({ instanceId }: Nat) => record.notices?.[instanceId]?.by === "operator";
  const server = serverOf(lane, world.nats);
  if (server !== undefined && isDrained(server)) return true;
  const wanted = actions.filter(isLaneAction);
  const isLeft = leftBy(lane, wanted, world).some((nat) => isDrained(nat) || isEnding(nat, record));
  return isLeft && wanted.every((action) => isHandover(action, lane, world));
}

/** Who serves the lane, when its route moves; who has its addresses still, when only these do. */
function leftBy(lane: Lane, wanted: readonly LaneAction[], { nats }: World): readonly Nat[] {
  const server = serverOf(lane, nats);
  if (wanted.some(({ kind }) => kind === "point-route")) return server === undefined ? [] : [server];
  return nats.filter(({ eni }) => lane.addresses.some(({ floating }) => eni?.addresses.includes(floating)));
}

function isHandover(action: LaneAction, { zone }: Lane, { nats }: World): boolean {
  if (action.kind === "point-route-to-gateway") return false;
  const target = nats.find(({ eni }) => eni?.eniId === action.eniId);
  return target !== undefined && target.zone === zone && !target.leaving;
}
