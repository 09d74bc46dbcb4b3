import type { LaneAddress, LaneResort } from "../../../contract/parameters";
import type { Evidence } from "./evidence";
import { groupBy, perArray } from "./per-array";

/** An instance as EC2 describes it. */
export interface ObservedInstance {
  readonly instanceId: string;
  /** AZ ID, from its tag. */
  readonly zone: string;
  /** `pending`, `running`, `shutting-down`, `stopping` or `stopped`. */
  readonly state: string;
  /** Primary network interface; null only while the instance does not run. */
  readonly eni: ObservedEni | null;
}

export interface ObservedEni {
  readonly eniId: string;
  /** Primary private IPv4. */
  readonly primary: string;
  /** All private IPv4, the primary included. */
  readonly addresses: readonly string[];
  /** EC2 drops what the interface forwards. Undefined when EC2 did not say. */
  readonly sourceDestCheck?: boolean;
  /** Security groups. Undefined when EC2 did not say. */
  readonly groupIds?: readonly string[];
}

/** An instance as its Auto Scaling group describes it. */
export interface GroupMember {
  readonly instanceId: string;
  /** e.g. `Pending:Wait`, `InService`, `Terminating`. */
  readonly lifecycle: string;
  readonly health: "Healthy" | "Unhealthy";
}

/** The lane's `0.0.0.0/0`. */
export type DefaultRoute =
  | { readonly state: "missing" }
  /** The target's interface is gone, or its instance is. */
  | { readonly state: "blackhole"; readonly eniId: string | null }
  /** `eniId` is null when the target is no interface: a NAT Gateway, or another that somebody put there. */
  | { readonly state: "active"; readonly eniId: string | null; readonly natGatewayId?: string };

/** Where an Elastic IP is; null when it is not associated. */
export type Association = { readonly eniId: string; readonly address: string } | null;

export interface Nat {
  readonly instanceId: string;
  readonly zone: string;
  readonly eni: ObservedEni | null;
  /** Lifecycle state in its group; `none` when it is in no group of ours. */
  readonly lifecycle: string;
  readonly groupHealth: "Healthy" | "Unhealthy" | "none";
  /** About to go: on its way out of its group, or announced (record.notices). */
  readonly leaving: boolean;
  /** Its group takes it out, or has it out of service; or no group has it, and another of its zone can do its work. */
  readonly departing: boolean;
  readonly evidence: Evidence;
}

export interface LaneAddressAt extends LaneAddress {
  readonly association: Association;
}

/** The NAT Gateway of a lane's zone. */
export interface LastResort extends LaneResort {
  /** As EC2 says: `available`, or why not; `missing` when it has others and not this one. Absent when nobody asked, or EC2 did not answer. */
  readonly state?: string;
  /** What the lane's prober finds on its path, whoever serves it. Asked only while no NAT is healthy, or the gateway serves; absent when nobody was told. */
  readonly path?: "works" | "broken";
}

export interface Lane {
  readonly lane: string;
  /** Home zone. */
  readonly zone: string;
  readonly routeTableId: string;
  readonly route: DefaultRoute;
  readonly addresses: readonly LaneAddressAt[];
  /** Guest address per foreign zone. */
  readonly guests: Readonly<Record<string, string>>;
  /** Absent with `lastResort: none`. */
  readonly lastResort?: LastResort;
  /** Its prober answers, and finds the path broken, whatever its NAT says of itself. */
  readonly breached?: true;
}

/** Everything that was observed, in full. Lanes and NATs are sorted by name and by instance ID. */
export interface World {
  readonly lanes: readonly Lane[];
  readonly nats: readonly Nat[];
}

/** A NAT that can take a lane: it has an interface to point at. */
export type Server = Nat & { readonly eni: ObservedEni };

const byInterface = perArray((nats: readonly Nat[]) => {
  const servers = new Map<string, Server>();
  for (const nat of nats.filter(isServer)) if (!servers.has(nat.eni.eniId)) servers.set(nat.eni.eniId, nat);
  return servers;
});

/** NATs by zone. */
export const byZone = perArray((nats: readonly Nat[]) => groupBy(nats, ({ zone }) => zone));

/** NATs by instance ID. */
export const byInstance = perArray((nats: readonly Nat[]) => new Map(nats.map((nat) => [nat.instanceId, nat])));

/** The NAT the lane's default route points at; undefined when there is none of ours, or the route is a black hole. */
export function serverOf(lane: Lane, nats: readonly Nat[]): Server | undefined {
  const { route } = lane;
  if (route.state !== "active" || route.eniId === null) return undefined;
  return byInterface(nats).get(route.eniId);
}

/** Has an interface to point a route at. */
export function isServer(nat: Nat): nat is Server {
  return nat.eni !== null;
}

/** EC2 hands on what it forwards. A newcomer's check is switched off by asg-lifecycle-handler; until then it is well only by itself. */
export function isForwarding({ eni }: Server): boolean {
  return eni.sourceDestCheck !== true;
}
