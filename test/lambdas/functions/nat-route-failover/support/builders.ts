import type { FleetRecord, LaneRecord } from "../../../../../contract/parameters";
import type { Evidence } from "../../../../../lambdas/lib/domain/evidence";
import type { Association, DefaultRoute, Lane, LastResort, Nat, World } from "../../../../../lambdas/lib/domain/fleet";
import type { Policy, Situation } from "../../../../../lambdas/functions/nat-route-failover/decide";

export const NOW = new Date("2026-03-01T12:00:00.000Z");
export const POLICY: Policy = { cooldownMs: 60_000, returnAfterMs: 300_000, markAfterMs: 30_000, markIntervalMs: 600_000 };

export const HEALTHY: Evidence = { kind: "healthy", by: "healthz", synced: true, replica: true };
export const UNSYNCED: Evidence = { kind: "healthy", by: "healthz", synced: false };
export const SILENT: Evidence = { kind: "silent", probers: 2 };
export const UNHEALTHY: Evidence = { kind: "unhealthy", by: "healthz", reasons: ["forwarding is off"] };
export const UNOBSERVED: Evidence = { kind: "unobserved", because: "no prober could be reached" };

export const ago = (ms: number): string => new Date(NOW.getTime() - ms).toISOString();

/** `az1-a` → a healthy NAT in service in zone az1 with the interface `eni-az1-a`, holding the given addresses besides its own. */
export function nat(name: string, difference: Partial<Nat> = {}, ...addresses: readonly string[]): Nat {
  const primary = `primary-${name}`;
  return {
    instanceId: `i-${name}`,
    zone: name.slice(0, name.lastIndexOf("-")),
    eni: { eniId: `eni-${name}`, primary, addresses: [primary, ...addresses] },
    lifecycle: "InService",
    groupHealth: "Healthy",
    leaving: false,
    departing: false,
    evidence: HEALTHY,
    ...difference,
  };
}

export const floatingOf = (lane: string): string => `floating-${lane}`;
export const guestOf = (lane: string, zone: string): string => `guest-${lane}-in-${zone}`;
export const at = (name: string, address: string): Association => ({ eniId: `eni-${name}`, address });
export const to = (name: string): DefaultRoute => ({ state: "active", eniId: `eni-${name}` });

/** `az1-l1` → a lane of zone az1 served as it should be by the NAT (`az1-a`), or by none. */
export function lane(name: string, served: string | null, zones: readonly string[] = ["az1", "az2"]): Lane {
  const zone = name.slice(0, name.lastIndexOf("-"));
  const servedZone = served?.slice(0, served.lastIndexOf("-"));
  const address = servedZone === undefined || servedZone === zone ? floatingOf(name) : guestOf(name, servedZone);
  const association = served === null ? null : at(served, address);
  return {
    lane: name,
    zone,
    routeTableId: `rtb-${name}`,
    route: served === null ? { state: "missing" } : to(served),
    addresses: [{ allocationId: `eipalloc-${name}`, publicIp: `public-${name}`, floating: floatingOf(name), association }],
    guests: Object.fromEntries(zones.filter((other) => other !== zone).map((other) => [other, guestOf(name, other)])),
  };
}

/** The lane with a NAT Gateway, when its path was found broken and every other thing is as wanted. */
export const withGateway = (known: Lane, seen: Partial<LastResort> = { state: "available", path: "broken" }): Lane => ({
  ...known,
  lastResort: { natGatewayId: `nat-${known.lane}`, publicIp: `gateway-${known.lane}`, ...seen },
});
/** Its default route leads to its NAT Gateway. */
export const atGateway = (known: Lane, seen?: Partial<LastResort>): Lane => ({
  ...withGateway(known, seen),
  route: { state: "active", eniId: null, natGatewayId: `nat-${known.lane}` },
});

/** Two zones, two NATs each, a lane each on its first NAT; everything right. */
export const PERFECT: World = {
  lanes: [lane("az1-l1", "az1-a"), lane("az2-l1", "az2-a")],
  nats: [nat("az1-a", {}, floatingOf("az1-l1")), nat("az1-b"), nat("az2-a", {}, floatingOf("az2-l1")), nat("az2-b")],
};

const served = (servedBy: string): LaneRecord => ({ servedBy, movedAt: null, homeHealthySince: null });

export const RECORD: FleetRecord = {
  schema: 1,
  updatedAt: ago(3_600_000),
  lanes: { "az1-l1": served("i-az1-a"), "az2-l1": served("i-az2-a") },
  marks: {},
};

/** The record, with something else of lane az1-l1. */
export const laneSaid = (difference: Partial<LaneRecord>): FleetRecord => ({
  ...RECORD,
  lanes: { ...RECORD.lanes, "az1-l1": { ...served("i-az1-a"), ...difference } },
});

export function situation(difference: Partial<Situation> = {}): Situation {
  return { world: PERFECT, record: RECORD, now: NOW, policy: POLICY, ...difference };
}

/** The perfect world with some NATs and lanes different. */
export function worldWith(nats: Readonly<Record<string, Partial<Nat>>>, lanes: readonly Lane[] = []): World {
  return {
    lanes: PERFECT.lanes.map((known) => lanes.find((other) => other.lane === known.lane) ?? known),
    nats: PERFECT.nats.map((known) => ({ ...known, ...nats[known.instanceId.slice(2)] })),
  };
}
