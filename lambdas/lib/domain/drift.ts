import type { FleetRecord } from "../../../contract/parameters";
import { isLaneAction } from "./actions";
import type { Action, BringAddress, BringPublicAddress, LaneAction } from "./actions";
import { bringEgress } from "./egress";
import { isServer, serverOf } from "./fleet";
import type { Lane, World } from "./fleet";
import { resortOf } from "./last-resort";

export type DriftKind = "default-route" | "address" | "source-dest-check" | "network-acl" | "security-group" | "instance";

/** Something of ours that is not as we left it, because somebody else changed it. */
export interface Drift {
  readonly kind: DriftKind;
  /** What it is: a lane, an instance, an ID of AWS. */
  readonly subject: string;
  /** What was found, and what it must be. */
  readonly before: string;
  readonly after: string;
}

/** What an EIP or a floating address has strayed to; empty for a lane that nobody of ours serves, and for one whose addresses are right. */
export function addressDrift(lane: Lane, world: World): readonly Drift[] {
  const server = serverOf(lane, world.nats);
  return server === undefined ? [] : bringEgress(lane, server, world, "").map((action) => strayed(lane, action, world));
}

/** The lane's route is gone, or leads to something that is no NAT. One at a NAT that died is no drift but a failure. */
export function routeDrift(lane: Lane, world: World, after: string): readonly Drift[] {
  const { route } = lane;
  if (route.state === "blackhole" || serverOf(lane, world.nats) !== undefined || resortOf(lane) !== undefined) return [];
  const before =
    route.state === "missing"
      ? "no default route"
      : `a default route to ${route.eniId ?? route.natGatewayId ?? "something that is no interface"}`;
  return [{ kind: "default-route", subject: lane.lane, before, after }];
}

/**
 * The drift that a plan mends. What follows from a move, or from one that was not carried through, is none: then the record does not
 * name the NAT that the route is at.
 */
export function driftMendedBy(plan: readonly Action[], world: World, record: FleetRecord): readonly Drift[] {
  return world.lanes.flatMap((lane) => {
    const servedBy = record.lanes[lane.lane]?.servedBy ?? null;
    const actions = plan.filter(isLaneAction).filter((action) => action.lane === lane.lane);
    const target = actions.map(targetOf).find((id) => id !== undefined);
    // Before the first election there is nothing to stray from.
    if (servedBy === null || actions.length === 0) return [];
    if (target !== undefined) return isThere(servedBy, world) ? routeDrift(lane, world, `a default route to ${target}`) : [];
    return servedBy === serverOf(lane, world.nats)?.instanceId ? addressDrift(lane, world) : [];
  });
}

/** The longest reason that nat-route-failover takes, characters. */
export const MOST_WORDS = 256;

/** What was found, for a log line and for a reason. A check of a NAT may have much to say. */
export function driftWords({ subject, before }: Drift): string {
  return `${subject}: ${before}`.slice(0, MOST_WORDS);
}

/** All that was found, as the reason of one message. */
export function reasonOf(drifts: readonly Drift[]): string {
  return drifts.map(driftWords).join("; ").slice(0, MOST_WORDS);
}

export function sameDrift(a: Drift, b: Drift): boolean {
  return a.kind === b.kind && a.subject === b.subject && a.before === b.before && a.after === b.after;
}

function targetOf(action: LaneAction): string | undefined {
  if (action.kind === "point-route") return action.eniId;
  return action.kind === "point-route-to-gateway" ? action.natGatewayId : undefined;
}

/** While EC2 forgets a NAT, the route to it looks foreign before it is a black hole. */
function isThere(instanceId: string, { nats }: World): boolean {
  return nats.some((nat) => nat.instanceId === instanceId && isServer(nat) && nat.evidence.kind !== "gone");
}

function strayed(lane: Lane, action: BringAddress | BringPublicAddress, world: World): Drift {
  const subject = lane.lane;
  if (action.kind !== "bring-public-address") {
    const { address } = action;
    const holder = world.nats.filter(isServer).find(({ eni }) => eni.addresses.includes(address));
    const before = holder === undefined ? `${address} on no NAT` : `${address} on ${holder.eni.eniId}`;
    return { kind: "address", subject, before, after: `${address} on ${action.eniId}` };
  }
  const { publicIp, address, eniId } = action;
  const now = lane.addresses.find(({ allocationId }) => allocationId === action.allocationId)?.association ?? null;
  const before = now === null ? `${publicIp} associated with nothing` : `${publicIp} at ${now.address} of ${now.eniId}`;
  return { kind: "address", subject, before, after: `${publicIp} at ${address} of ${eniId}` };
}
