import { isBroken, isHealthy, isSynced } from "./evidence";
import { isServer, serverOf } from "./fleet";
import type { Lane, Nat, Server, World } from "./fleet";

/** Lanes per instance ID, as they will be once the plan so far is carried out. */
export type Load = ReadonlyMap<string, number>;

/** What the lane's state asks for, before anybody asks who could take it. */
export type Need =
  /** No working route, or its NAT is broken: now, whatever the cooldown says. */
  | { readonly kind: "must-move"; readonly because: string }
  /** Its NAT will go: at once, whatever the cooldown says, but the better target is worth a wait. */
  | { readonly kind: "should-leave"; readonly because: string; readonly server: Server }
  | { readonly kind: "away" }
  | { readonly kind: "unknown"; readonly because: string }
  | { readonly kind: "well" };

export function needOf(lane: Lane, nats: readonly Nat[]): Need {
  if (lane.route.state === "missing") return { kind: "must-move", because: "the lane has no default route" };
  if (lane.route.state === "blackhole") return { kind: "must-move", because: "the default route is a black hole" };
  const server = serverOf(lane, nats);
  if (server === undefined) return { kind: "must-move", because: "the default route points at nothing of ours" };
  if (isBroken(server.evidence)) return { kind: "must-move", because: `${server.instanceId} is ${server.evidence.kind}` };
  // Its notice is known, whether or not the NAT itself can be seen: one that shuts down no longer answers.
  if (server.leaving) return { kind: "should-leave", because: `${server.instanceId} is about to leave`, server };
  if (!isHealthy(server.evidence)) return { kind: "unknown", because: `${server.instanceId} was not observed` };
  return server.zone === lane.zone ? { kind: "well" } : { kind: "away" };
}

/** The load before any move: what every lane's route says now. */
export function presentLoad(world: World): Map<string, number> {
  const load = new Map<string, number>();
  for (const lane of world.lanes) {
    const server = serverOf(lane, world.nats);
    if (server !== undefined) load.set(server.instanceId, (load.get(server.instanceId) ?? 0) + 1);
  }
  return load;
}

/**
 * The NAT a lane should go to: healthy, and best of all staying, of the lane's own zone (connections survive), then of the zone with
 * the fewest lanes per NAT that has a guest address (the public address survives). Ties go by instance ID: same input, same answer.
 */
export function elect(lane: Lane, world: World, load: Load): Server | undefined {
  const healthy = world.nats.filter(isServer).filter(({ evidence }) => isHealthy(evidence));
  const staying = healthy.filter(({ leaving }) => !leaving);
  return best(lane, staying, load) ?? best(lane, healthy, load);
}

function best(lane: Lane, candidates: readonly Server[], load: Load): Server | undefined {
  const lanesOf = ({ instanceId }: Nat) => load.get(instanceId) ?? 0;
  const members = (zone: string) => candidates.filter((nat) => nat.zone === zone);
  const crowd = (zone: string) => members(zone).reduce((sum, nat) => sum + lanesOf(nat), 0) / members(zone).length;
  const distance = ({ zone }: Nat) => (zone === lane.zone ? 0 : lane.guests[zone] === undefined ? 2 : 1);
  return candidates.toSorted(
    (a, b) =>
      distance(a) - distance(b) ||
      crowd(a.zone) - crowd(b.zone) ||
      a.zone.localeCompare(b.zone) ||
      Number(isSynced(b.evidence)) - Number(isSynced(a.evidence)) ||
      Number(a.lifecycle !== "InService") - Number(b.lifecycle !== "InService") ||
      lanesOf(a) - lanesOf(b) ||
      a.instanceId.localeCompare(b.instanceId),
  )[0];
}

/** A NAT of the lane's own zone that it could return to. */
export function electHome(lane: Lane, world: World, load: Load): Server | undefined {
  const home = world.nats.filter(({ zone, leaving }) => zone === lane.zone && !leaving);
  return elect(lane, { ...world, nats: home }, load);
}

/** The best NAT that stays and does not serve the lane now. */
export function electOther(lane: Lane, world: World): Server | undefined {
  const server = serverOf(lane, world.nats);
  const others = world.nats.filter(({ instanceId, leaving }) => !leaving && instanceId !== server?.instanceId);
  return elect(lane, { ...world, nats: others }, presentLoad(world));
}

/** A lane that moves there loses no connection: it is in the lane's own zone and holds the flows. */
export function isComfortable(lane: Lane, target: Nat): boolean {
  return target.zone === lane.zone && isSynced(target.evidence);
}

/** Somebody of the lane's own zone boots, or still copies the flows: worth waiting for. */
export function isHomeExpected(lane: Lane, nats: readonly Nat[]): boolean {
  return nats.some(
    ({ zone, leaving, lifecycle, evidence }) =>
      zone === lane.zone &&
      !leaving &&
      (lifecycle.startsWith("Pending") ? evidence.kind !== "gone" : isHealthy(evidence) && !isSynced(evidence)),
  );
}
