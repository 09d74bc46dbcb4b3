import type { Action } from "./actions";
import { presentLoad } from "./election";
import type { Load } from "./election";
import { isReplica } from "./evidence";
import { byZone, isServer, serverOf } from "./fleet";
import type { Lane, Nat, Server, World } from "./fleet";
import { groupBy } from "./per-array";

export interface Decided {
  readonly lane: Lane;
  readonly actions: readonly Action[];
}

/** A lane that moves for comfort. */
export interface Shift {
  readonly lane: Lane;
  readonly target: Server;
  readonly because: string;
}

/**
 * The one lane that moves so that the NATs of its zone serve as many lanes each, give or take one; undefined when no zone is uneven.
 * Nobody needs this move, so all must be well in the zone: every NAT is in service, stays, is not to be replaced, and holds the
 * flows of the others (one that boots is worth waiting for: then its lanes move once), every lane is at home with nothing else to do,
 * and guests of other zones are gone. From the fullest NAT to the emptiest: the fewest moves.
 * @param decided what is done besides
 * @param doomed instances that somebody wants replaced, and why
 */
export function evenOut(world: World, decided: readonly Decided[], doomed: ReadonlyMap<string, string>): Shift | undefined {
  const load = presentLoad(world);
  const idle = new Set(decided.flatMap(({ lane, actions }) => (actions.every(({ kind }) => kind === "none") ? [lane] : [])));
  for (const [zone, lanes] of groupBy(world.lanes, (lane) => lane.zone)) {
    const nats = byZone(world.nats).get(zone) ?? [];
    const isCalm =
      lanes.every((lane) => idle.has(lane) && lane.breached !== true) &&
      nats.every((nat) => isAtEase(nat) && !doomed.has(nat.instanceId));
    const shift = isCalm ? evenOutZone(lanes, nats.filter(isServer), load) : undefined;
    if (shift !== undefined) return shift;
  }
  return undefined;
}

function evenOutZone(lanes: readonly Lane[], nats: readonly Server[], load: Load): Shift | undefined {
  const lanesOf = ({ instanceId }: Nat): number => load.get(instanceId) ?? 0;
  const served = nats.reduce((sum, nat) => sum + lanesOf(nat), 0);
  const byLoad = nats.toSorted((a, b) => lanesOf(a) - lanesOf(b) || a.instanceId.localeCompare(b.instanceId));
  const [target] = byLoad;
  const fullest = byLoad.at(-1);
  const areHome = lanes.every((lane) => serverOf(lane, nats) !== undefined) && served === lanes.length;
  if (target === undefined || fullest === undefined || !areHome) return undefined;
  const lane = lanes.find((one) => serverOf(one, nats) === fullest);
  if (lane === undefined || lanesOf(fullest) - lanesOf(target) < 2) return undefined;
  const words = `${fullest.instanceId} serves ${lanesOf(fullest)} lanes and ${target.instanceId} ${lanesOf(target)}`;
  return { lane, target, because: `${words}: lanes are spread evenly` };
}

/** It loses no connection when a lane comes to it or goes from it. */
function isAtEase(nat: Nat): boolean {
  const { lifecycle, groupHealth, leaving, evidence } = nat;
  return lifecycle === "InService" && groupHealth === "Healthy" && !leaving && isReplica(evidence) && isServer(nat);
}
