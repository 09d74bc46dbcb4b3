import fc from "fast-check";
import type { FleetRecord } from "../../../../contract/parameters";
import { decide } from "../../../../lambdas/functions/nat-route-failover/decide";
import type { Situation } from "../../../../lambdas/functions/nat-route-failover/decide";
import type { PointRoute } from "../../../../lambdas/lib/domain/actions";
import type { Evidence } from "../../../../lambdas/lib/domain/evidence";
import { serverOf } from "../../../../lambdas/lib/domain/fleet";
import type { Nat, World } from "../../../../lambdas/lib/domain/fleet";
import { EMPTY_RECORD } from "../../../../lambdas/lib/domain/record";
import { numberOfRuns } from "../../support/runs";
import { applyPlan } from "./support/apply";
import { ago, floatingOf, guestOf, lane, nat, NOW, POLICY, SILENT, situation, UNSYNCED } from "./support/builders";

const NO_COPIES: Evidence = { kind: "healthy", by: "healthz", synced: true };
const RUNS = numberOfRuns({ normal: 200, deep: 100_000 });

const LETTERS = ["a", "b", "c", "d"];

/** `["a", "a", "b"]` → lanes l1, l2, l3 of the zone on these NATs. */
function zoneWith(
  zone: string,
  nats: number,
  served: readonly string[],
  changes: Readonly<Record<string, Partial<Nat>>> = {},
): World {
  const lanes = served.map((letter, index) => lane(`${zone}-l${index + 1}`, `${zone}-${letter}`));
  const floating = (letter: string) => lanes.flatMap((one, index) => (served[index] === letter ? [floatingOf(one.lane)] : []));
  return {
    lanes,
    nats: LETTERS.slice(0, nats).map((letter) => nat(`${zone}-${letter}`, changes[letter], ...floating(letter))),
  };
}

const both = (...worlds: readonly World[]): World => ({
  lanes: worlds.flatMap(({ lanes }) => lanes),
  nats: worlds.flatMap(({ nats }) => nats),
});

const recordOf = (world: World, movedMs: Readonly<Record<string, number>> = {}): FleetRecord => ({
  ...EMPTY_RECORD,
  lanes: Object.fromEntries(
    world.lanes.map((one) => {
      const ms = movedMs[one.lane];
      return [
        one.lane,
        {
          servedBy: serverOf(one, world.nats)?.instanceId ?? null,
          movedAt: ms === undefined ? null : ago(ms),
          homeHealthySince: null,
        },
      ];
    }),
  ),
});

const look = (world: World, difference: Partial<Situation> = {}) =>
  decide(situation({ world, record: recordOf(world), ...difference })).plan;
const movesOf = (world: World, difference: Partial<Situation> = {}): readonly PointRoute[] =>
  look(world, difference).filter((action) => action.kind === "point-route");
const words = (moves: readonly PointRoute[]) => moves.map(({ lane: name, instanceId }) => `${name} → ${instanceId.slice(2)}`);

const uneven = zoneWith("az1", 2, ["a", "a", "a"]);
const quiet = zoneWith("az2", 2, ["a"]);
const blamed: World = {
  ...uneven,
  lanes: uneven.lanes.map((one) => (one.lane === "az1-l3" ? { ...one, breached: true } : one)),
};
const changed = (changes: Readonly<Record<string, Partial<Nat>>>) => both(zoneWith("az1", 2, ["a", "a", "a"], changes), quiet);
const HOLD = { until: "2999-01-01T00:00:00.000Z", by: "ana", because: "migration" };

describe("row 16: lanes are spread over the NATs of their zone", () => {
  test.each<[string, World, Partial<Situation>, readonly string[]]>([
    ["three lanes and none: one moves", both(uneven, quiet), {}, ["az1-l1 → az1-b"]],
    ["two lanes and none: one moves", zoneWith("az1", 2, ["b", "b"]), {}, ["az1-l1 → az1-a"]],
    ["two lanes and one: as even as can be", zoneWith("az1", 2, ["a", "a", "b"]), {}, []],
    ["four NATs: from the fullest to the emptiest", zoneWith("az1", 4, ["a", "b", "b", "b"]), {}, ["az1-l2 → az1-c"]],
    ["two zones are uneven: one lane of both", both(uneven, zoneWith("az2", 2, ["a", "a"])), {}, ["az1-l1 → az1-b"]],
    ["the emptiest copies nothing: its flows would be lost", changed({ b: { evidence: NO_COPIES } }), {}, []],
    ["the emptiest still copies", changed({ b: { evidence: UNSYNCED } }), {}, []],
    ["the emptiest is silent", changed({ b: { evidence: SILENT } }), {}, []],
    ["the emptiest boots", changed({ b: { lifecycle: "Pending:Wait" } }), {}, []],
    ["the emptiest is to be replaced", changed({ b: { groupHealth: "Unhealthy" } }), {}, []],
    ["the emptiest leaves", changed({ b: { leaving: true } }), {}, []],
    ["a third NAT is not in service", both(zoneWith("az1", 3, ["a", "a"], { c: { lifecycle: "Pending:Wait" } }), quiet), {}, []],
    [
      "somebody wants the emptiest replaced",
      both(uneven, quiet),
      { requests: [{ kind: "replace", by: "config-guard", instanceId: "i-az1-b", because: "rules differ" }] },
      [],
    ],
    [
      "an address of a lane of the zone is not where it belongs",
      both(
        {
          ...uneven,
          nats: uneven.nats.map((one) => (one.eni ? { ...one, eni: { ...one.eni, addresses: [one.eni.primary] } } : one)),
        },
        quiet,
      ),
      {},
      [],
    ],
    ["the probes of a lane of the zone fail, whoever serves it", blamed, { record: recordOf(blamed, { "az1-l3": 60_000 }) }, []],
    [
      "a NAT of another zone is silent: that is its zone's matter",
      both(uneven, zoneWith("az2", 2, ["a"], { b: { evidence: SILENT } })),
      {},
      ["az1-l1 → az1-b"],
    ],
    [
      "a lane of the fleet moved within the cooldown",
      both(uneven, quiet),
      { record: recordOf(both(uneven, quiet), { "az2-l1": 59_999 }) },
      [],
    ],
    [
      "the last move is a cooldown ago",
      both(uneven, quiet),
      { record: recordOf(both(uneven, quiet), { "az2-l1": 60_000 }) },
      ["az1-l1 → az1-b"],
    ],
    ["during a hold", both(uneven, quiet), { record: { ...recordOf(both(uneven, quiet)), hold: HOLD } }, []],
  ])("%s", (_case, world, difference, expected) => {
    expect(words(movesOf(world, difference))).toEqual(expected);
  });

  test("a guest of another zone is on its way home: nothing moves for its sake", () => {
    const guest = { ...lane("az2-l1", "az1-a") };
    const nats = [
      nat("az1-a", {}, floatingOf("az1-l1"), guestOf("az2-l1", "az1")),
      nat("az1-b"),
      nat("az2-a", { evidence: SILENT }),
    ];

    expect(movesOf({ lanes: [lane("az1-l1", "az1-a"), guest], nats })).toEqual([]);
  });

  test("a lane that is away is on its way home: nothing moves before it is there", () => {
    const lanes = [lane("az1-l1", "az1-a"), lane("az1-l2", "az1-a"), lane("az1-l3", "az2-a"), lane("az2-l1", "az1-a")];
    const here = nat("az1-a", {}, floatingOf("az1-l1"), floatingOf("az1-l2"), guestOf("az2-l1", "az1"));

    expect(movesOf({ lanes, nats: [here, nat("az1-b"), nat("az2-a", {}, guestOf("az1-l3", "az2"))] })).toEqual([]);
  });

  test("the move takes the address along and says why", () => {
    const plan = look(uneven).filter(({ kind }) => kind !== "none" && kind !== "record");

    expect(plan).toMatchObject([
      { kind: "point-route", because: "i-az1-a serves 3 lanes and i-az1-b 0: lanes are spread evenly" },
      { kind: "bring-address", address: "floating-az1-l1", eniId: "eni-az1-b" },
    ]);
  });

  test("during a hold it is said what would move", () => {
    const plan = look(uneven, { record: { ...recordOf(uneven), hold: HOLD } });

    expect(plan).toContainEqual(expect.objectContaining({ kind: "none", lane: "az1-l1", frozen: true }));
  });
});

/** Fleets in which all is well, but for where the lanes are. */
const wellFleet = fc
  .array(
    fc
      .record({ nats: fc.integer({ min: 1, max: 4 }), served: fc.array(fc.nat({ max: 3 }), { minLength: 1, maxLength: 4 }) })
      .map(({ nats, served }) => ({ nats, served: served.map((place) => LETTERS[place % nats] ?? "a") })),
    { minLength: 1, maxLength: 4 },
  )
  .map((zones) => both(...zones.map(({ nats, served }, index) => zoneWith(`az${index + 1}`, nats, served))));

const loads = (world: World, zone: string) =>
  world.nats
    .filter((one) => one.zone === zone)
    .map((one) => world.lanes.filter((known) => serverOf(known, world.nats) === one).length);

/** Lanes beyond what their NAT has when all is even: each has to move, and no other. */
function fewestMoves(world: World): number {
  const zones = [...new Set(world.nats.map(({ zone }) => zone))];
  return zones.reduce((sum, zone) => {
    const all = loads(world, zone).toSorted((a, b) => b - a);
    const total = all.reduce((a, b) => a + b, 0);
    const even = all.map((_, place) => Math.floor(total / all.length) + (place < total % all.length ? 1 : 0));
    return sum + all.reduce((moves, load, place) => moves + Math.max(0, load - (even[place] ?? 0)), 0);
  }, 0);
}

describe("in a quiet world", () => {
  test(
    "lanes become even, a lane a cooldown, by the fewest moves; then nothing is left to do",
    () => {
      fc.assert(
        fc.property(wellFleet, (start) => {
          let world = start;
          let record = recordOf(start);
          const expected = fewestMoves(start);
          const moved: string[] = [];
          for (let run = 0; run <= expected; run += 1) {
            const now = new Date(NOW.getTime() + run * POLICY.cooldownMs);
            const { plan } = decide({ world, record, now, policy: POLICY });
            moved.push(...plan.flatMap((action) => (action.kind === "point-route" ? [action.lane] : [])));

            expect(moved).toHaveLength(Math.min(run + 1, expected));
            world = applyPlan(world, plan);
            record = plan.find((action) => action.kind === "record")?.record ?? record;
            const again = decide({ world, record, now, policy: POLICY }).plan;
            expect(again.filter(({ kind }) => kind !== "none")).toEqual([]);
          }

          for (const { zone } of world.nats) {
            const all = loads(world, zone);
            expect(Math.max(...all) - Math.min(...all)).toBeLessThanOrEqual(1);
          }
          expect(new Set(moved).size).toBe(moved.length);
        }),
        RUNS,
      );
    },
    RUNS.timeoutMs,
  );
});
