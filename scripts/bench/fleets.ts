import type { FleetRecord } from "../../contract/parameters";
import type { Situation } from "../../lambdas/functions/nat-route-failover/decide";
import type { Evidence } from "../../lambdas/lib/domain/evidence";
import type { Lane, Nat } from "../../lambdas/lib/domain/fleet";

export type FleetCase = "quiet" | "a NAT of every zone is dead" | "every second zone is lost";

const LANES_PER_ZONE = 4;
/** A zone with a guest address for lanes of more zones would need more slots than an interface has. */
const GUEST_ZONES = 5;

const HEALTHY: Evidence = { kind: "healthy", by: "healthz", synced: true };
const SILENT: Evidence = { kind: "silent", probers: 2 };
const NOW = new Date("2026-01-01T00:00:00Z");

interface Place {
  readonly zone: string;
  readonly index: number;
}

/** Zones of four lanes and eight NATs; the situation anew at every call, with nothing shared that could be indexed before. */
export function anyFleet(count: number, fleet: FleetCase): () => Situation {
  const zones = Math.ceil(count / LANES_PER_ZONE);
  const places = Array.from({ length: count }, (_, at): Place => ({
    zone: zoneName(Math.floor(at / LANES_PER_ZONE)),
    index: at,
  }));
  return () => {
    const lanes = places.map((place) => lane(place, zones));
    const nats = places.flatMap((place) => ["a", "b"].map((letter) => nat(place, letter, fleet)));
    const record: FleetRecord = {
      schema: 1,
      updatedAt: NOW.toISOString(),
      lanes: Object.fromEntries(
        places.map(({ index }) => [`l${index}`, { servedBy: `i-${index}-a`, movedAt: null, homeHealthySince: null }]),
      ),
      marks: {},
    };
    const policy = { cooldownMs: 60_000, returnAfterMs: 300_000, markAfterMs: 30_000, markIntervalMs: 600_000 };
    return { world: { lanes, nats }, record, now: NOW, policy };
  };
}

const zoneName = (zone: number): string => `z${String(zone).padStart(5, "0")}`;

function lane({ zone, index }: Place, zones: number): Lane {
  const home = Math.floor(index / LANES_PER_ZONE);
  const others = Array.from({ length: Math.min(GUEST_ZONES, zones - 1) }, (_, step) => zoneName((home + step + 1) % zones));
  return {
    lane: `l${index}`,
    zone,
    routeTableId: `rtb-${index}`,
    route: { state: "active", eniId: `eni-${index}-a` },
    addresses: [
      {
        allocationId: `eipalloc-${index}`,
        publicIp: `public-${index}`,
        floating: `floating-${index}`,
        association: { eniId: `eni-${index}-a`, address: `floating-${index}` },
      },
    ],
    guests: Object.fromEntries(others.map((other) => [other, `guest-${index}-${other}`])),
  };
}

function nat({ zone, index }: Place, letter: string, fleet: FleetCase): Nat {
  const name = `${index}-${letter}`;
  const isFirst = index % LANES_PER_ZONE === 0 && letter === "a";
  const isLost = Math.floor(index / LANES_PER_ZONE) % 2 === 0;
  const isDead = fleet === "quiet" ? false : fleet === "every second zone is lost" ? isLost : isFirst;
  return {
    instanceId: `i-${name}`,
    zone,
    eni: {
      eniId: `eni-${name}`,
      primary: `p-${name}`,
      addresses: [`p-${name}`, ...(letter === "a" ? [`floating-${index}`] : [])],
    },
    lifecycle: "InService",
    groupHealth: "Healthy",
    leaving: false,
    departing: false,
    evidence: isDead ? SILENT : HEALTHY,
  };
}
