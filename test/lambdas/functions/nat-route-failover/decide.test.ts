import { decide, isHeld } from "../../../../lambdas/functions/nat-route-failover/decide";
import type { Situation } from "../../../../lambdas/functions/nat-route-failover/decide";
import type { FleetRecord, LeaveCause } from "../../../../contract/parameters";
import type { Evidence } from "../../../../lambdas/lib/domain/evidence";
import type { Nat, World } from "../../../../lambdas/lib/domain/fleet";
import { HEALTHY, laneSaid, PERFECT, RECORD, SILENT, UNHEALTHY, UNOBSERVED, UNSYNCED } from "./support/builders";
import { ago, at, floatingOf, guestOf, lane, nat, situation, to, worldWith } from "./support/builders";
import { acts } from "./support/notation";

const l1 = lane("az1-l1", "az1-a");
const moved = (ms: number) => laneSaid({ movedAt: ago(ms) });
/** Lane az1-l1 is served by az2-a under its guest address. */
const away: World = {
  lanes: [lane("az1-l1", "az2-a"), lane("az2-l1", "az2-a")],
  nats: [
    nat("az1-a", {}, floatingOf("az1-l1")),
    nat("az1-b"),
    nat("az2-a", {}, floatingOf("az2-l1"), guestOf("az1-l1", "az2")),
    nat("az2-b"),
  ],
};
const homeSince = (ms: number, movedMs = 3_600_000) =>
  laneSaid({ homeHealthySince: ago(ms), movedAt: ago(movedMs), servedBy: "i-az2-a" });
const without = { ...worldWith({}, [lane("az1-l1", null)]) };
const nowhere = {
  "az1-a": { evidence: SILENT },
  "az1-b": { evidence: UNHEALTHY },
  "az2-a": { evidence: SILENT },
  "az2-b": { evidence: SILENT },
};
/** az1-a is about to leave, and how az1-b is. */
const leaver = (other: Partial<Nat>, itself: Partial<Nat> = {}) =>
  worldWith({ "az1-a": { leaving: true, ...itself }, "az1-b": other });
const said = (because: LeaveCause, ms: number, force = false): FleetRecord => ({
  ...RECORD,
  notices: { "i-az1-a": { at: ago(ms), because, force, by: "nat" } },
});
const atHome = (world: World, evidence: Readonly<Record<string, Evidence>>): World => ({
  ...world,
  nats: world.nats.map((known) => ({ ...known, evidence: evidence[known.instanceId.slice(2)] ?? known.evidence })),
});
const unsyncedHome = atHome(away, { "az1-a": UNSYNCED, "az1-b": UNSYNCED });
const checked = (name: string) => ({ eniId: `eni-${name}`, primary: name, addresses: [], sourceDestCheck: true });
const toB = ["route az1-l1 → az1-b", "floating-az1-l1 → az1-b"];
const toZ2 = ["route az1-l1 → az2-b", "guest-az1-l1-in-az2 → az2-b", "public-az1-l1 → guest-az1-l1-in-az2 of az2-b"];
const toA = ["floating-az1-l1 → az1-a", "public-az1-l1 → floating-az1-l1 of az1-a"];

const twoLanes = PERFECT.nats.map((known) =>
  known.instanceId === "i-az1-a" ? nat("az1-a", {}, floatingOf("az1-l1"), floatingOf("az1-l2")) : known,
);

describe("decide, row by row of its matrix", () => {
  test.each<[string, Partial<Situation>, readonly string[]]>([
    [
      "16 one NAT of a zone where all is well serves two lanes, the other none: one moves there",
      { world: { ...PERFECT, lanes: [...PERFECT.lanes, lane("az1-l2", "az1-a")], nats: twoLanes } },
      toB,
    ],
    [
      "1 missing route: created at home",
      { world: without },
      ["create az1-l1 → az1-a", "public-az1-l1 → floating-az1-l1 of az1-a"],
    ],
    [
      "2 black hole: replaced",
      { world: worldWith({}, [{ ...l1, route: { state: "blackhole", eniId: "eni-gone" } }]) },
      ["route az1-l1 → az1-a"],
    ],
    [
      "2 not ours: replaced",
      { world: worldWith({}, [{ ...l1, route: { state: "active", eniId: null } }]) },
      ["route az1-l1 → az1-a"],
    ],
    ["3 silent: the other NAT of the zone", { world: worldWith({ "az1-a": { evidence: SILENT } }) }, toB],
    ["3 unhealthy: the other NAT of the zone", { world: worldWith({ "az1-a": { evidence: UNHEALTHY } }) }, toB],
    [
      "3 accused by two: the other NAT of the zone",
      { world: worldWith({ "az1-a": { evidence: { kind: "accused", by: ["i-1", "i-2"] } } }) },
      toB,
    ],
    [
      "3 not running: the other NAT of the zone",
      { world: worldWith({ "az1-a": { evidence: { kind: "gone", state: "stopping" } } }) },
      toB,
    ],
    ["3 within the cooldown all the same", { world: worldWith({ "az1-a": { evidence: SILENT } }), record: moved(1000) }, toB],
    [
      "4 zone lost: another zone, EIP to its guest address",
      { world: worldWith({ "az1-a": { evidence: SILENT }, "az1-b": { evidence: SILENT } }) },
      ["route az1-l1 → az2-b", "guest-az1-l1-in-az2 → az2-b", "public-az1-l1 → guest-az1-l1-in-az2 of az2-b"],
    ],
    ["5 all look broken: nothing", { world: worldWith(nowhere) }, []],
    ["5 no route and all look broken: nothing", { world: worldWith(nowhere, [lane("az1-l1", null)]) }, []],
    ["6 unobserved: nothing", { world: worldWith({ "az1-a": { evidence: UNOBSERVED } }) }, []],
    [
      "6 unobserved with a wrong address: mended, for the route is there",
      { world: worldWith({ "az1-a": { evidence: UNOBSERVED, ...{ eni: nat("az1-a").eni } } }) },
      toA,
    ],
    ["7 leaving: a NAT that stays and holds the flows", { world: leaver({}) }, toB],
    ["7 leaving within the cooldown: all the same", { world: leaver({}), record: moved(1000) }, toB],
    ["7 leaving and not to be seen any more: its notice is known", { world: leaver({}, { evidence: UNOBSERVED }) }, toB],
    [
      "8 leaving, the other still copies the flows: waits",
      { world: leaver({ evidence: UNSYNCED }), record: said("drain", 59_999) },
      [],
    ],
    ["8 terminating: waits", { world: leaver({ evidence: UNSYNCED }), record: said("terminating", 4_999) }, []],
    ["8 Spot: waits", { world: leaver({ evidence: UNSYNCED }), record: said("spot-interruption", 29_999) }, []],
    ["8 shutdown: waits", { world: leaver({ evidence: UNSYNCED }), record: said("shutdown", 2_999) }, []],
    [
      "8 leaving, the other boots: waits, though another zone is ready",
      { world: leaver({ evidence: SILENT, lifecycle: "Pending:Wait" }), record: said("spot-interruption", 1000) },
      [],
    ],
    [
      "8 rebalance, nobody else in the zone: waits for the one that Auto Scaling launches",
      { world: leaver({ evidence: SILENT }), record: said("rebalance", 59_999) },
      [],
    ],
    ["9 drain, no longer patient", { world: leaver({ evidence: UNSYNCED }), record: said("drain", 60_000) }, toB],
    ["9 terminating, no longer patient", { world: leaver({ evidence: UNSYNCED }), record: said("terminating", 5_000) }, toB],
    ["9 Spot, no longer patient", { world: leaver({ evidence: UNSYNCED }), record: said("spot-interruption", 30_000) }, toB],
    ["9 shutdown, no longer patient", { world: leaver({ evidence: UNSYNCED }), record: said("shutdown", 3_000) }, toB],
    ["9 forced: at once", { world: leaver({ evidence: UNSYNCED }), record: said("drain", 0, true) }, toB],
    [
      "9 leaving and not to be seen any more: nothing to wait for",
      { world: leaver({ evidence: UNSYNCED }, { evidence: UNOBSERVED }), record: said("drain", 0) },
      toB,
    ],
    [
      "9 Spot, nobody else in the zone: another zone at once",
      { world: leaver({ evidence: SILENT }), record: said("spot-interruption", 0) },
      toZ2,
    ],
    [
      "10 all leave: nothing",
      { world: worldWith(Object.fromEntries(["az1-a", "az1-b", "az2-a", "az2-b"].map((id) => [id, { leaving: true }]))) },
      [],
    ],
    [
      "11 home for long enough: returns",
      { world: away, record: homeSince(300_000) },
      ["route az1-l1 → az1-a", "public-az1-l1 → floating-az1-l1 of az1-a"],
    ],
    ["11 home for long enough within the cooldown: stays", { world: away, record: homeSince(300_000, 59_000) }, []],
    [
      "11 home for long enough, one of two synced: returns to that one",
      { world: atHome(away, { "az1-a": UNSYNCED }), record: homeSince(300_000) },
      ["route az1-l1 → az1-b", "floating-az1-l1 → az1-b", "public-az1-l1 → floating-az1-l1 of az1-b"],
    ],
    ["12 home for long enough, unsynced: stays", { world: unsyncedHome, record: homeSince(899_999) }, []],
    [
      "11 home that does not become synced: taken as it is after ten minutes more",
      { world: unsyncedHome, record: homeSince(900_000) },
      ["route az1-l1 → az1-a", "public-az1-l1 → floating-az1-l1 of az1-a"],
    ],
    ["12 home not for long: stays", { world: away, record: homeSince(299_000) }, []],
    [
      "12 home not for long, EIP left behind: mended",
      { world: { ...away, lanes: [{ ...l1, route: to("az2-a") }, lane("az2-l1", "az2-a")] }, record: homeSince(1000) },
      ["public-az1-l1 → guest-az1-l1-in-az2 of az2-a"],
    ],
    [
      "13 address elsewhere: mended, route untouched",
      {
        world: worldWith({ "az1-a": { eni: nat("az1-a").eni } }, [
          { ...l1, addresses: [{ ...l1.addresses[0], association: null }] as never },
        ]),
      },
      toA,
    ],
    [
      "13 EIP on the wrong interface: mended",
      {
        world: worldWith({}, [
          { ...l1, addresses: [{ ...l1.addresses[0], association: at("az1-b", "floating-az1-l1") }] as never },
        ]),
      },
      ["public-az1-l1 → floating-az1-l1 of az1-a"],
    ],
    ["14 all right: nothing", {}, []],
    [
      "3 silent, and the other NAT of the zone has its source/destination check on: to another zone",
      { world: worldWith({ "az1-a": { evidence: SILENT }, "az1-b": { eni: checked("az1-b") } }) },
      toZ2,
    ],
  ])("%s", (_row, difference, expected) => {
    expect(acts(difference)).toEqual(expected);
  });

  test("every decision about a lane says why", () => {
    const plan = decide(situation({ world: worldWith({ "az1-a": { evidence: SILENT } }) })).plan;

    expect(plan.map(({ because }) => because)).toContain("i-az1-a is silent");
    expect(plan.every(({ because }) => because.length > 0)).toBe(true);
  });

  test("a lane without anywhere to go is held, and it is said", () => {
    expect(isHeld(decide(situation({ world: worldWith(nowhere) })).plan)).toBe(true);
    expect(isHeld(decide(situation()).plan)).toBe(false);
  });

  test("a healthy NAT that is still booting serves before nobody does, but not before one in service", () => {
    const pending = { lifecycle: "Pending:Wait" };
    const dead = { evidence: SILENT };

    expect(acts({ world: worldWith({ "az1-a": dead, "az1-b": pending }) })).toEqual(toB);
    expect(
      acts({
        world: worldWith({ "az1-a": pending, "az1-b": { evidence: HEALTHY } }, [
          { ...l1, route: { state: "blackhole", eniId: null } },
        ]),
      })[0],
    ).toBe("route az1-l1 → az1-b");
  });

  test("an emergency takes who holds the flows before who does not, and an unsynced neighbour before another zone", () => {
    const dead = { evidence: SILENT };
    const c = nat("az1-c");
    const three = worldWith({ "az1-a": dead, "az1-b": { evidence: UNSYNCED } });

    expect(acts({ world: { ...three, nats: [...three.nats, c] } })[0]).toBe("route az1-l1 → az1-c");
    expect(acts({ world: three })).toEqual(toB);
  });

  test("without a guest address the route moves and the address stays", () => {
    const noGuests = { ...l1, guests: {} };

    expect(acts({ world: worldWith({ "az1-a": { evidence: SILENT }, "az1-b": { evidence: SILENT } }, [noGuests]) })).toEqual([
      "route az1-l1 → az2-b",
    ]);
  });
});

describe("the record", () => {
  test("is written when a lane moves, and only then", () => {
    const next = decide(situation({ world: worldWith({ "az1-a": { evidence: SILENT } }) })).plan.find(
      ({ kind }) => kind === "record",
    );

    expect(next).toMatchObject({ record: { lanes: { "az1-l1": { servedBy: "i-az1-b", movedAt: "2026-03-01T12:00:00.000Z" } } } });
    expect(decide(situation()).plan.map(({ kind }) => kind)).toEqual(["none", "none"]);
  });

  test("starts the time of a healthy home, keeps it while home is unobserved and stops it when home is broken", () => {
    const since = (world: World, record = RECORD) => {
      const action = decide(situation({ world, record })).plan.find(({ kind }) => kind === "record");
      return action?.kind === "record" ? action.record.lanes["az1-l1"]?.homeHealthySince : "unchanged";
    };
    const home = (evidence: typeof SILENT) => ({
      ...away,
      nats: away.nats.map((known) => (known.zone === "az1" ? { ...known, evidence } : known)),
    });

    expect(since(away)).toBe("2026-03-01T12:00:00.000Z");
    expect(since(home(UNOBSERVED), homeSince(5000))).toBe("unchanged");
    expect(since(home(SILENT), homeSince(5000))).toBeNull();
  });
});
