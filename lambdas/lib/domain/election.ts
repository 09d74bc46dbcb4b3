import { isBroken, isHealthy, isSynced } from "./evidence";
import { byZone, isForwarding, isServer, serverOf } from "./fleet";
import type { Lane, Nat, Server, World } from "./fleet";
import { groupBy, perArray } from "./per-array";

/** Lanes per instance ID, as they will be once the plan so far is carried out. */
export type Load = ReadonlyMap<string, number>;

/** What the lane's state asks for, before anybody asks who could take it. */
export type Need =
  /** No working route, or its NAT is broken: now, whatever the cooldown says. */
  | { readonly kind: "must-move"; readonly because: string }
  /** Its NAT will go: at once, whatever the cooldown says, but the better target is worth a wait. */
  | { readonly kind: "should-leave"; readonly because: string; readonly server: Server }
  | { readonly kind: "away"; readonly server: Server }
  | { readonly kind: "unknown"; readonly because: string; readonly server: Server }
  | { readonly kind: "well"; readonly server: Server };

export function needOf(lane: Lane, nats: readonly Nat[]): Need {
  if (lane.route.state === "missing") return { kind: "must-move", because: "the lane has no default route" };
  if (lane.route.state === "blackhole") return { kind: "must-move", because: "the default route is a black hole" };
  const server = serverOf(lane, nats);
  if (server === undefined) return { kind: "must-move", because: "the default route points at nothing of ours" };
  if (isBroken(server.evidence)) return { kind: "must-move", because: `${server.instanceId} is ${server.evidence.kind}` };
  // Its notice is known, whether or not the NAT itself can be seen: one that shuts down no longer answers.
  if (server.leaving) return { kind: "should-leave", because: `${server.instanceId} is about to leave`, server };
  if (!isHealthy(server.evidence)) return { kind: "unknown", because: `${server.instanceId} was not observed`, server };
  return { kind: server.zone === lane.zone ? "well" : "away", server };
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

/** Who can be chosen, by zone. */
type Candidates = ReadonlyMap<string, readonly Server[]>;

const candidates = perArray((nats: readonly Nat[]): { readonly healthy: Candidates; readonly staying: Candidates } => {
  const healthy = nats.filter(isServer).filter((nat) => isHealthy(nat.evidence) && isForwarding(nat));
  const zoneOf = ({ zone }: Nat) => zone;
  return {
    healthy: groupBy(healthy, zoneOf),
    staying: groupBy(
      healthy.filter(({ leaving }) => !leaving),
      zoneOf,
    ),
  };
});

/**
 * The NAT a lane should go to: healthy, and best of all staying, of the lane's own zone (no traffic between zones is paid; with
 * `replicateTo: zone` connections survive nowhere else), then of the zone with the fewest lanes per NAT that has a guest address (the
 * public address survives). Ties go by instance ID: same input, same answer.
 */
export function elect(lane: Lane, world: World, load: Load): Server | undefined {
  const { healthy, staying } = candidates(world.nats);
  return best(lane, staying, load) ?? best(lane, healthy, load);
}

function best(lane: Lane, among: Candidates, load: Load): Server | undefined {
  const zone = among.has(lane.zone) ? lane.zone : bestAbroad(lane, among, load);
  return zone === undefined ? undefined : bestOf(among.get(zone) ?? [], load);
}

function bestAbroad(lane: Lane, among: Candidates, load: Load): string | undefined {
  const guests = Object.keys(lane.guests).filter((zone) => among.has(zone));
  const crowds = (guests.length > 0 ? guests : [...among.keys()]).map((zone) => {
    const members = among.get(zone) ?? [];
    return { zone, crowd: members.reduce((sum, { instanceId }) => sum + (load.get(instanceId) ?? 0), 0) / members.length };
  });
  const [first] = crowds.toSorted((a, b) => a.crowd - b.crowd || a.zone.localeCompare(b.zone));
  return first?.zone;
}

function bestOf(members: readonly Server[], load: Load): Server | undefined {
  const lanesOf = ({ instanceId }: Nat) => load.get(instanceId) ?? 0;
  return members.toSorted(
    (a, b) =>
      Number(isSynced(b.evidence)) - Number(isSynced(a.evidence)) ||
      Number(a.lifecycle !== "InService") - Number(b.lifecycle !== "InService") ||
      lanesOf(a) - lanesOf(b) ||
      a.instanceId.localeCompare(b.instanceId),
  )[0];
}

/** A NAT of the lane's own zone that it could return to. */
export function electHome(lane: Lane, world: World, load: Load): Server | undefined {
  return bestOf(candidates(world.nats).staying.get(lane.zone) ?? [], load);
}

/** The best NAT that stays and does not serve the lane now. */
export function electOther(lane: Lane, world: World, load: Load = presentLoad(world)): Server | undefined {
  const server = serverOf(lane, world.nats);
  const others = world.nats.filter(({ instanceId, leaving }) => !leaving && instanceId !== server?.instanceId);
  return elect(lane, { ...world, nats: others }, load);
}

/** A lane that moves there loses no connection: it is in the lane's own zone and holds the flows. */
export function isComfortable(lane: Lane, target: Nat): boolean {
  return target.zone === lane.zone && isSynced(target.evidence);
}

/** Somebody of the lane's own zone boots, or still copies the flows: worth waiting for. */
export function isHomeExpected(lane: Lane, nats: readonly Nat[]): boolean {
  return (byZone(nats).get(lane.zone) ?? []).some(
    ({ leaving, lifecycle, evidence }) =>
      !leaving && (lifecycle.startsWith("Pending") ? evidence.kind !== "gone" : isHealthy(evidence) && !isSynced(evidence)),
  );
}
