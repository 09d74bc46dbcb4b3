import fc from "fast-check";
import type { FleetRecord } from "../../../../../contract/parameters";
import type { Evidence } from "../../../../../lambdas/lib/domain/evidence";
import type { Association, DefaultRoute, Lane, Nat, World } from "../../../../../lambdas/lib/domain/fleet";
import { ago, floatingOf, guestOf, HEALTHY, lane, nat, SILENT, UNHEALTHY, UNOBSERVED, UNSYNCED } from "./builders";

const GONE: Evidence = { kind: "gone", state: "shutting-down" };
const ACCUSED: Evidence = { kind: "accused", by: ["i-1", "i-2"] };

const SHUT_IN: Evidence = { kind: "unhealthy", by: "healthz", reasons: ["self-probe: 3 failures"], outside: true };

export const anyEvidence = fc.constantFrom<Evidence>(
  HEALTHY,
  HEALTHY,
  UNSYNCED,
  UNHEALTHY,
  SHUT_IN,
  SILENT,
  UNOBSERVED,
  GONE,
  ACCUSED,
);
export const brokenEvidence = fc.constantFrom<Evidence>(UNHEALTHY, SILENT, GONE, ACCUSED);

export interface Shape {
  readonly evidence: fc.Arbitrary<Evidence>;
  readonly leaving: fc.Arbitrary<boolean>;
  /** Of lanes. */
  readonly breached: fc.Arbitrary<boolean>;
}

export const anyShape: Shape = {
  evidence: anyEvidence,
  leaving: fc.constantFrom(false, false, false, true),
  breached: fc.constantFrom(false, false, false, true),
};

interface Draw {
  readonly natsPerZone: readonly number[];
  readonly lanesPerZone: readonly number[];
}

/** Fleets of 2–6 zones with 1–4 lanes and 1–4 NATs each: any route, any holder of any address, any evidence. */
export function anyWorld(shape: Shape = anyShape): fc.Arbitrary<World> {
  return fc
    .integer({ min: 2, max: 6 })
    .chain((zones) => {
      const perZone = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: zones, maxLength: zones });
      return fc.record({ natsPerZone: perZone, lanesPerZone: perZone });
    })
    .chain((draw) => worldOf(draw, shape));
}

function worldOf({ natsPerZone, lanesPerZone }: Draw, shape: Shape): fc.Arbitrary<World> {
  const zones = natsPerZone.map((_count, index) => `az${index + 1}`);
  const natNames = natsPerZone.flatMap((count, zone) =>
    ["a", "b", "c", "d"].slice(0, count).map((letter) => `${zones[zone]}-${letter}`),
  );
  const laneNames = lanesPerZone.flatMap((count, zone) =>
    [1, 2, 3, 4].slice(0, count).map((number) => `${zones[zone]}-l${number}`),
  );
  const lanes = laneNames.map((name) => lane(name, null, zones));
  const homes = lanes.flatMap(({ lane: name, zone }) =>
    zones.map((other) => ({ zone: other, address: other === zone ? floatingOf(name) : guestOf(name, other) })),
  );
  return fc
    .record({
      routes: fc.tuple(...lanes.map(() => anyRoute(natNames))),
      // Each address is on a NAT of its own zone, or on none.
      holders: fc.tuple(
        ...homes.map(({ zone }) => fc.option(fc.constantFrom(...natNames.filter((name) => name.startsWith(`${zone}-`))))),
      ),
      eips: fc.tuple(...lanes.map(() => fc.option(fc.nat()))),
      breaches: fc.tuple(...lanes.map(() => shape.breached)),
      nats: fc.tuple(
        ...natNames.map(() =>
          fc.record({
            evidence: shape.evidence,
            leaving: shape.leaving,
            lifecycle: fc.constantFrom("InService", "InService", "InService", "Pending:Wait", "Terminating:Wait", "none"),
            groupHealth: fc.constantFrom<"Healthy" | "Unhealthy">("Healthy", "Healthy", "Unhealthy"),
          }),
        ),
      ),
    })
    .map(({ routes, holders, eips, breaches, nats }) => {
      const held = homes.flatMap(({ address }, index) => (holders[index] == null ? [] : [{ name: holders[index], address }]));
      const addressesOf = (name: string) => held.filter((one) => one.name === name).map(({ address }) => address);
      return {
        nats: natNames.map((name, index) => nat(name, nats[index] as Partial<Nat>, ...addressesOf(name))),
        lanes: lanes.map((known, index) => ({
          ...dress(known, routes[index] ?? { state: "missing" }, eips[index] ?? null, held),
          ...(breaches[index] === true ? { breached: true } : {}),
        })),
      };
    });
}

function dress(known: Lane, route: DefaultRoute, pick: number | null, held: readonly { name: string; address: string }[]): Lane {
  const own = held.filter(({ address }) => address === floatingOf(known.lane) || address.startsWith(`guest-${known.lane}-in-`));
  const chosen = pick === null ? undefined : own[pick % Math.max(own.length, 1)];
  const association: Association = chosen === undefined ? null : { eniId: `eni-${chosen.name}`, address: chosen.address };
  return { ...known, route, addresses: known.addresses.map((address) => ({ ...address, association })) };
}

function anyRoute(natNames: readonly string[]): fc.Arbitrary<DefaultRoute> {
  const nats = fc.constantFrom(...natNames).map((name): DefaultRoute => ({ state: "active", eniId: `eni-${name}` }));
  const other = fc.constantFrom<DefaultRoute>(
    { state: "missing" },
    { state: "blackhole", eniId: "eni-gone" },
    { state: "active", eniId: null },
  );
  return fc.oneof({ weight: 5, arbitrary: nats }, { weight: 1, arbitrary: other });
}

const anyTime = fc.option(fc.integer({ min: 0, max: 1_000_000 }).map(ago));

/** A record that may have been written for the world, a minute or an hour ago. */
export function anyRecord(world: World): fc.Arbitrary<FleetRecord> {
  const lanes = world.lanes.map(({ lane: name }) =>
    fc.record({ movedAt: anyTime, homeHealthySince: anyTime }).map((times) => [name, { servedBy: null, ...times }] as const),
  );
  const zones = [...new Set(world.nats.map(({ zone }) => zone))];
  const marks = zones.map((zone) => anyTime.map((at) => (at === null ? [] : [[zone, { instanceId: "i-marked", at }] as const])));
  const broken = world.nats.map(({ instanceId }) => anyTime.map((at) => (at === null ? [] : [[instanceId, at] as const])));
  return fc.tuple(fc.tuple(...lanes), fc.tuple(...marks), fc.tuple(...broken)).map(([drawnLanes, drawnMarks, drawnBroken]) => ({
    schema: 1,
    updatedAt: ago(0),
    lanes: Object.fromEntries(drawnLanes),
    marks: Object.fromEntries(drawnMarks.flat()),
    brokenSince: Object.fromEntries(drawnBroken.flat()),
  }));
}

export const anySituation = (shape: Shape = anyShape) =>
  anyWorld(shape).chain((world) => anyRecord(world).map((record) => ({ world, record })));
