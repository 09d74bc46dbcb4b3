import type { FleetRecord, LaneRecord } from "../../../../contract/parameters";
import type { BringPublicAddress, MarkUnhealthy, PointRoute } from "../../../../lambdas/lib/domain/actions";
import type { Nat, World } from "../../../../lambdas/lib/domain/fleet";
import {
  differs,
  EMPTY_LANE_RECORD,
  EMPTY_RECORD,
  keepFailed,
  nextRecord,
  withUnwrittenMoves,
} from "../../../../lambdas/lib/domain/record";
import {
  ago,
  HEALTHY,
  lane,
  NOW,
  PERFECT,
  RECORD,
  SILENT,
  UNOBSERVED,
  worldWith,
} from "../../functions/nat-route-failover/support/builders";

const at = NOW.toISOString();
const served = (servedBy: string | null, difference: Partial<LaneRecord> = {}): LaneRecord => ({
  ...{ servedBy, movedAt: null, homeHealthySince: null },
  ...difference,
});
const move: PointRoute = {
  ...{ kind: "point-route", lane: "az1-l1", routeTableId: "rtb-az1-l1", eniId: "eni-az1-b", instanceId: "i-az1-b" },
  ...{ create: false, because: "x" },
};
const mend: BringPublicAddress = {
  ...{ kind: "bring-public-address", lane: "az1-l1", allocationId: "eipalloc-az1-l1", publicIp: "public-az1-l1" },
  ...{ address: "floating-az1-l1", eniId: "eni-az1-a", because: "x" },
};
const mark: MarkUnhealthy = { kind: "mark-unhealthy", zone: "az1", instanceId: "i-az1-a", because: "x" };
const next = (world: World, record: FleetRecord = RECORD) => nextRecord(world, record, [], NOW);
/** Lane az1-l1 is served by az2-a; how the NATs of its own zone are. */
const away = (home: Readonly<Record<string, Partial<Nat>>>) => worldWith(home, [lane("az1-l1", "az2-a")]);

describe("before the first election", () => {
  test("the record is of this schema and says nothing of anybody", () => {
    expect(EMPTY_RECORD).toEqual({ schema: 1, updatedAt: "1970-01-01T00:00:00.000Z", lanes: {}, marks: {} });
    expect(EMPTY_LANE_RECORD).toEqual({ servedBy: null, movedAt: null, homeHealthySince: null });
  });

  test("what is found is written down, without a move", () => {
    expect(next(worldWith({}, [lane("az2-l1", null)]), EMPTY_RECORD).lanes).toEqual({
      "az1-l1": served("i-az1-a"),
      "az2-l1": served(null),
    });
  });
});

describe("what the next look must remember", () => {
  test("when an Elastic IP was put back, until its lane moves: what came before says nothing of the NAT", () => {
    const mended = nextRecord(PERFECT, RECORD, [mend], NOW);
    const later = new Date(NOW.getTime() + 60_000);

    expect(mended.lanes["az1-l1"]).toEqual({ ...RECORD.lanes["az1-l1"], mendedAt: at });
    expect(nextRecord(PERFECT, mended, [], later).lanes["az1-l1"]?.mendedAt).toBe(at);
    expect(nextRecord(PERFECT, mended, [move, mend], later).lanes["az1-l1"]).toEqual(
      served("i-az1-b", { movedAt: later.toISOString() }),
    );
    expect(mended.lanes["az2-l1"]).toEqual(RECORD.lanes["az2-l1"]);
  });

  test("of a lane that moves: who serves it and since when; of one that does not, when it last did", () => {
    const before = { ...RECORD, lanes: { ...RECORD.lanes, "az2-l1": served("i-az2-a", { movedAt: ago(5000) }) } };

    expect(nextRecord(PERFECT, before, [move], NOW)).toMatchObject({
      schema: 1,
      updatedAt: at,
      lanes: { "az1-l1": served("i-az1-b", { movedAt: at }), "az2-l1": served("i-az2-a", { movedAt: ago(5000) }) },
    });
  });

  test("of a mark: whom and when, until the zone's next one", () => {
    const before = { ...RECORD, marks: { az1: { instanceId: "i-old", at: ago(1) }, az2: { instanceId: "i-older", at: ago(2) } } };

    expect(nextRecord(PERFECT, before, [mark, move], NOW).marks).toEqual({
      az1: { instanceId: "i-az1-a", at },
      az2: { instanceId: "i-older", at: ago(2) },
    });
  });

  test("since when a NAT is seen broken: kept while nobody knows better, over when it is seen well or is gone", () => {
    const since = (nat: Partial<Nat>, brokenSince?: FleetRecord["brokenSince"]) =>
      next(worldWith({ "az1-a": nat }), brokenSince === undefined ? RECORD : { ...RECORD, brokenSince }).brokenSince;
    const known = { "i-az1-a": ago(5000) };

    expect(since({ evidence: SILENT })).toEqual({ "i-az1-a": at });
    expect(since({ evidence: SILENT }, known)).toEqual(known);
    expect(since({ evidence: UNOBSERVED }, known)).toEqual(known);
    expect(since({ evidence: UNOBSERVED })).toEqual({});
    expect(since({ evidence: HEALTHY }, known)).toEqual({});
    expect(since({}, { "i-gone": ago(5000) })).toEqual({});
  });

  test("since when a NAT leaves: until it does no more", () => {
    const since = (nat: Partial<Nat>, leaving?: FleetRecord["leaving"]) =>
      next(worldWith({ "az1-a": nat }), leaving === undefined ? RECORD : { ...RECORD, leaving }).leaving;

    expect(since({ leaving: true })).toEqual({ "i-az1-a": at });
    expect(since({ leaving: true }, { "i-az1-a": ago(5000) })).toEqual({ "i-az1-a": ago(5000) });
    expect(since({ leaving: false }, { "i-az1-a": ago(5000) })).toEqual({});
  });

  test("notices and refusals of instances that exist; a refusal only until it leaves after all", () => {
    const notice = { at: ago(1), because: "drain", force: false, by: "nat" } as const;
    const refusal = { at: ago(1), because: "it is the last one" };
    const before = {
      ...RECORD,
      notices: { "i-az1-a": notice, "i-gone": notice },
      refusals: { "i-az1-a": refusal, "i-az1-b": refusal, "i-gone": refusal },
    };
    const { notices, refusals } = next(worldWith({ "az1-a": { leaving: true } }), before);

    expect(notices).toEqual({ "i-az1-a": notice });
    expect(refusals).toEqual({ "i-az1-b": refusal });
  });

  test("the hold that is in force, and none otherwise", () => {
    const hold = { until: ago(-60_000), by: "ana", because: "migration" };

    expect(next(PERFECT, { ...RECORD, hold }).hold).toEqual(hold);
    expect(next(PERFECT)).not.toHaveProperty("hold");
  });
});

describe("the time of a healthy home, while a lane is away", () => {
  const since = (home: Readonly<Record<string, Partial<Nat>>>, known: string | null = ago(5000)) => {
    const record = { ...RECORD, lanes: { ...RECORD.lanes, "az1-l1": served("i-az2-a", { homeHealthySince: known }) } };
    return next(away(home), record).lanes["az1-l1"]?.homeHealthySince;
  };
  const both = (nat: Partial<Nat>) => ({ "az1-a": nat, "az1-b": nat });

  test.each<[string, Readonly<Record<string, Partial<Nat>>>, string | null, string | null]>([
    ["starts when one NAT of it is healthy", { "az1-b": { evidence: SILENT } }, null, at],
    ["goes on while one is", { "az1-b": { evidence: SILENT } }, ago(5000), ago(5000)],
    ["goes on while nobody could look", both({ evidence: UNOBSERVED }), ago(5000), ago(5000)],
    [
      "goes on while one is broken and nobody could look at the other",
      { ...both({ evidence: SILENT }), "az1-b": { evidence: UNOBSERVED } },
      ago(5000),
      ago(5000),
    ],
    ["does not start while nobody could look", both({ evidence: UNOBSERVED }), null, null],
    ["ends when all are broken", both({ evidence: SILENT }), ago(5000), null],
    ["ends when all leave, however healthy", both({ leaving: true }), ago(5000), null],
    ["ends when who stays is broken", { "az1-a": { leaving: true }, "az1-b": { evidence: SILENT } }, ago(5000), null],
    [
      "ends when nobody can look at who stays no more",
      { "az1-a": { leaving: true, evidence: UNOBSERVED }, "az1-b": { evidence: SILENT } },
      ago(5000),
      null,
    ],
  ])("%s", (_what, home, known, expected) => {
    expect(since(home, known)).toBe(expected);
  });

  test("ends when the zone has no NAT at all, and when the lane is home", () => {
    const known = { ...RECORD, lanes: { "az1-l1": served("i-az2-a", { homeHealthySince: ago(5000) }) } };
    const empty = away({});

    expect(next({ ...empty, nats: empty.nats.filter(({ zone }) => zone !== "az1") }, known).lanes["az1-l1"]).toMatchObject({
      servedBy: "i-az2-a",
      homeHealthySince: null,
    });
    expect(next(PERFECT, known).lanes["az1-l1"]?.homeHealthySince).toBeNull();
  });
});

describe("a move that nobody wrote down", () => {
  const found = (record: FleetRecord, world: World = PERFECT) => withUnwrittenMoves(world, record, NOW);

  test("is taken for one of now: the cooldown begins", () => {
    const before = { ...RECORD, lanes: { ...RECORD.lanes, "az1-l1": served("i-az1-b", { homeHealthySince: ago(1) }) } };

    expect(found(before)).toEqual({
      ...before,
      lanes: { ...before.lanes, "az1-l1": served("i-az1-a", { movedAt: at, homeHealthySince: ago(1) }) },
    });
  });

  test("is none where the lane is as it was written, was never seen, or is served by nobody", () => {
    expect(found(RECORD)).toBe(RECORD);
    expect(found(EMPTY_RECORD)).toBe(EMPTY_RECORD);
    expect(found(RECORD, worldWith({}, [lane("az1-l1", null)]))).toBe(RECORD);
  });
});

describe("of what failed", () => {
  const before: FleetRecord = {
    ...RECORD,
    lanes: { "az1-l1": served("i-az1-a"), "az2-l1": served("i-az2-a") },
    marks: { az1: { instanceId: "i-old", at: ago(9) } },
  };
  const wanted: FleetRecord = {
    ...{ ...RECORD, updatedAt: at },
    lanes: { "az1-l1": served("i-az1-b"), "az2-l1": served("i-az2-b"), "az3-l1": served("i-az3-a") },
    marks: { az1: { instanceId: "i-az1-a", at }, az2: { instanceId: "i-az2-a", at } },
  };
  const kept = (lanes: readonly string[], zones: readonly string[]) =>
    keepFailed(before, wanted, { lanes: new Set(lanes), zones: new Set(zones) });

  test("nothing is expected: lanes and marks stay as they were, or unknown when they were", () => {
    expect(kept(["az1-l1", "az3-l1"], ["az2"])).toEqual({
      ...wanted,
      lanes: { "az1-l1": served("i-az1-a"), "az2-l1": served("i-az2-b") },
      marks: { az1: { instanceId: "i-az1-a", at } },
    });
    expect(kept([], ["az1"]).marks).toEqual({ az1: { instanceId: "i-old", at: ago(9) }, az2: { instanceId: "i-az2-a", at } });
  });

  test("and where nothing failed all is expected", () => {
    expect(kept([], [])).toEqual(wanted);
  });
});

describe("two records differ", () => {
  const notice = { at, because: "drain", force: false, by: "nat" } as const;
  const full: FleetRecord = {
    ...RECORD,
    marks: { az1: { instanceId: "i-1", at } },
    brokenSince: { "i-1": at },
    leaving: { "i-1": at },
    notices: { "i-1": notice },
    refusals: { "i-1": { at, because: "x" } },
    hold: { until: at, by: "ana", because: "x" },
  };

  test.each<[string, Partial<FleetRecord>]>([
    ["a lane", { lanes: {} }],
    ["a mark", { marks: {} }],
    ["who is broken", { brokenSince: {} }],
    ["who leaves", { leaving: { "i-2": at } }],
    ["why", { notices: { "i-1": { ...notice, force: true } } }],
    ["what was refused", { refusals: {} }],
    ["the hold", { hold: { until: ago(1), by: "ana", because: "x" } }],
  ])("by %s", (_what, difference) => {
    expect(differs(full, { ...full, ...difference })).toBe(true);
  });

  test("by a hold or none", () => {
    const { hold, ...rest } = full;

    expect(hold).toBeDefined();
    expect(differs(full, rest)).toBe(true);
  });

  test("not by the time of writing, by the order of names, nor by what is absent instead of empty", () => {
    const { "az1-l1": first, "az2-l1": second } = RECORD.lanes;

    expect(differs(RECORD, { ...RECORD, updatedAt: at })).toBe(false);
    expect(differs(RECORD, { ...RECORD, lanes: { "az2-l1": second, "az1-l1": first } as FleetRecord["lanes"] })).toBe(false);
    expect(differs(RECORD, { ...RECORD, brokenSince: {}, leaving: {}, notices: {}, refusals: {} })).toBe(false);
  });
});
