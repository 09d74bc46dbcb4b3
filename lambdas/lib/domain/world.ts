import type { FleetRecord, Topology } from "../../../contract/parameters";
import { isHealthy } from "./evidence";
import type { Evidence } from "./evidence";
import { isForwarding, isServer } from "./fleet";
import type { Association, DefaultRoute, GroupMember, Lane, LastResort, Nat, ObservedInstance, World } from "./fleet";

/** What the adapters answered, each in full. */
export interface Observations {
  readonly topology: Topology;
  readonly record: FleetRecord;
  readonly instances: readonly ObservedInstance[];
  readonly members: readonly GroupMember[];
  readonly routes: ReadonlyMap<string, DefaultRoute>;
  readonly associations: ReadonlyMap<string, Association>;
  readonly evidence: ReadonlyMap<string, Evidence>;
  /** By lane, where somebody looked. */
  readonly resorts?: ReadonlyMap<string, ResortSeen>;
  /** Lanes whose probers answer, and find the path broken. */
  readonly breached?: ReadonlySet<string>;
}

/** What was observed of a lane's NAT Gateway and path. */
export type ResortSeen = Pick<LastResort, "state" | "path">;

/** Puts the answers together. */
export function assemble(seen: Observations): World {
  const members = new Map(seen.members.map((member) => [member.instanceId, member]));
  const nats = seen.instances.map((instance): Nat => {
    const { instanceId, zone, eni } = instance;
    const member = members.get(instanceId);
    const departing = isDeparting(member);
    return {
      instanceId,
      zone,
      eni,
      lifecycle: member?.lifecycle ?? "none",
      groupHealth: member?.health ?? "none",
      leaving: departing || seen.record.notices?.[instanceId] !== undefined,
      departing,
      evidence: seen.evidence.get(instanceId) ?? { kind: "unobserved", because: "nobody asked" },
    };
  });
  const running = new Set(seen.instances.filter(({ state }) => state === "running").map(({ instanceId }) => instanceId));
  const isOut = (nat: Nat): boolean => running.has(nat.instanceId) && isDispensable(nat, nats);
  return {
    nats: nats.map((nat) => (isOut(nat) ? { ...nat, leaving: true, departing: true } : nat)),
    lanes: lanesOf(seen),
  };
}

/**
 * No group has it, since somebody took it out, and one of its zone that a group has can do its work. Until then it stays: an answer that lacks
 * a member, or a group, must take no lane out of its zone.
 */
function isDispensable({ zone, lifecycle }: Nat, nats: readonly Nat[]): boolean {
  const canStandIn = (other: Nat): boolean => other.lifecycle !== "none" && !other.leaving && isHealthy(other.evidence);
  return (
    lifecycle === "none" &&
    nats.some((other) => other.zone === zone && canStandIn(other) && isServer(other) && isForwarding(other))
  );
}

/** The world after the acts: EC2 as it answers now, health as it was observed. */
export function refresh(world: World, seen: Pick<Observations, "topology" | "instances" | "routes" | "associations">): World {
  const instances = new Map(seen.instances.map((instance) => [instance.instanceId, instance]));
  const nats = world.nats.map((nat): Nat => ({ ...nat, eni: instances.get(nat.instanceId)?.eni ?? null }));
  return { nats, lanes: lanesOf(seen) };
}

function isDeparting(member: GroupMember | undefined): boolean {
  return member !== undefined && /^(Terminat|Detach|Standby|EnteringStandby)/.test(member.lifecycle);
}

function lanesOf({
  topology,
  routes,
  associations,
  resorts,
  breached,
}: Pick<Observations, "topology" | "routes" | "associations" | "resorts" | "breached">): readonly Lane[] {
  const lanes = topology.lanes.map((lane): Lane => ({
    lane: lane.lane,
    zone: lane.zone,
    routeTableId: lane.routeTableId,
    route: routes.get(lane.routeTableId) ?? unread(lane.routeTableId),
    addresses: lane.addresses.map((address) => ({
      ...address,
      association:
        associations.get(address.allocationId) ?? (associations.has(address.allocationId) ? null : unread(address.allocationId)),
    })),
    guests: lane.guests,
    ...(lane.lastResort === undefined ? {} : { lastResort: { ...lane.lastResort, ...resorts?.get(lane.lane) } }),
    ...(breached?.has(lane.lane) === true ? { breached: true } : {}),
  }));
  return lanes.toSorted((a, b) => a.lane.localeCompare(b.lane));
}

function unread(id: string): never {
  throw new Error(`${id} is in the topology but was not observed; nothing is decided on part of an answer`);
}
