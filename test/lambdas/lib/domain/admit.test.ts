import type { FleetRecord, LeaveCause, Notice } from "../../../../contract/parameters";
import { admit } from "../../../../lambdas/lib/domain/admit";
import type { Request } from "../../../../lambdas/lib/domain/admit";
import { decide } from "../../../../lambdas/functions/nat-route-failover/decide";
import type { Evidence } from "../../../../lambdas/lib/domain/evidence";
import type { Nat, World } from "../../../../lambdas/lib/domain/fleet";
import {
  ago,
  HEALTHY,
  NOW,
  PERFECT,
  RECORD,
  SILENT,
  situation,
  UNHEALTHY,
  UNOBSERVED,
  UNSYNCED,
  worldWith,
} from "../../functions/nat-route-failover/support/builders";

type LeaveRequest = Request & { readonly kind: "leave" };

const A = "i-az1-a";
const leave = (difference: Partial<LeaveRequest> = {}): LeaveRequest => ({
  ...{ kind: "leave", instanceId: A, because: "drain", force: false, by: "operator" },
  ...difference,
});
const move = (to: string, lane = "az1-l1"): Request => ({ kind: "move", by: "ana", lane, to });
const HOLD = { until: "2026-03-01T13:00:00.000Z", by: "ben", because: "migration" };
const held: FleetRecord = { ...RECORD, hold: HOLD };
const noticed = (difference: Partial<Notice>): FleetRecord => ({
  ...RECORD,
  notices: { [A]: { at: ago(10_000), because: "drain", force: false, by: "nat", ...difference } },
});
const judged = (requests: readonly Request[], world: World = PERFECT, record: FleetRecord = RECORD) =>
  admit(world, record, requests, NOW);
/** Where lanes go, by what was asked. */
const routes = (requests: readonly Request[], world: World = PERFECT, record: FleetRecord = RECORD) =>
  decide(situation({ world, record, requests })).plan.flatMap((action) =>
    action.kind === "point-route" ? [`${action.lane} → ${action.instanceId}: ${action.because}`] : [],
  );

describe("a drain", () => {
  test.each([
    ["silent", SILENT],
    ["unhealthy", UNHEALTHY],
    ["unobserved", UNOBSERVED],
  ])("is refused when the other NAT of the zone is %s", (kind, evidence) => {
    const { record, world, refused } = judged([leave()], worldWith({ "az1-b": { evidence } }));

    expect(refused).toEqual([expect.stringContaining(`last healthy NAT of az1 (i-az1-b is ${kind})`)]);
    expect(record.refusals?.[A]).toEqual({ at: NOW.toISOString(), because: refused[0] });
    expect(record.notices).toBeUndefined();
    expect(world.nats.filter(({ leaving }) => leaving)).toEqual([]);
  });

  test("is refused when the other NAT of the zone leaves, and so is the second of two at once", () => {
    expect(judged([leave()], worldWith({ "az1-b": { leaving: true, departing: true } })).refused).toHaveLength(1);
    expect(judged([leave(), leave({ instanceId: "i-az1-b" })]).refused).toEqual([expect.stringContaining("i-az1-b is the last")]);
  });

  test("of a NAT that is broken itself takes nothing from its zone", () => {
    expect(judged([leave()], worldWith({ "az1-a": { evidence: SILENT }, "az1-b": { evidence: SILENT } })).refused).toEqual([]);
  });

  test("that waits is refused after all when the NAT that was to take over is lost", () => {
    const lost = worldWith({ "az1-a": { leaving: true }, "az1-b": { evidence: SILENT } });
    const { record, world, refused } = judged([], lost, noticed({}));

    expect(refused).toHaveLength(1);
    expect(record.notices).toEqual({});
    expect(world.nats[0]?.leaving).toBe(false);
    expect(routes([], lost, noticed({}))).toEqual([]);
  });

  test("of a NAT that must take a lane after all is refused in the same look, and those who leave come to it", () => {
    const gone = { evidence: SILENT };
    const world = worldWith({
      "az1-a": { leaving: true },
      "az1-b": gone,
      "az2-a": { leaving: true, departing: true },
      "az2-b": gone,
    });
    const lanes = world.lanes.map((lane) => (lane.lane === "az1-l1" ? { ...lane, route: { state: "missing" as const } } : lane));
    const { plan, refused } = decide(situation({ world: { ...world, lanes }, record: noticed({}) }));

    expect(refused).toEqual([expect.stringContaining(`${A} is the last healthy NAT`)]);
    expect(plan.flatMap((action) => (action.kind === "point-route" ? [`${action.lane} ${action.instanceId}`] : []))).toEqual([
      `az1-l1 ${A}`,
      `az2-l1 ${A}`,
    ]);
  });

  test("that is done stands, whatever becomes of the others", () => {
    const lost = worldWith({ "az2-a": { leaving: true }, "az2-b": { evidence: SILENT } });
    const done = { ...RECORD, notices: { "i-az2-b": { at: ago(0), because: "drain", force: false, by: "nat" } } } as const;

    expect(judged([], lost, done).record.notices).toEqual(done.notices);
  });

  test("of no NAT of ours is refused", () => {
    expect(judged([leave({ instanceId: "i-0ff" })]).refused).toEqual(["i-0ff is no NAT of this fleet"]);
    expect(judged([leave({ instanceId: "i-0ff", because: "terminating", by: "control-plane" })])).toMatchObject({ refused: [] });
  });

  test("is taken back by an operator, but not one that its group takes out", () => {
    const resume: Request = { kind: "resume", by: "ana", instanceId: A };
    const leaving = worldWith({ "az1-a": { leaving: true } });

    expect(judged([resume], leaving, noticed({})).world.nats[0]?.leaving).toBe(false);
    expect(judged([resume], worldWith({ "az1-a": { leaving: true, departing: true } }), noticed({})).world.nats[0]?.leaving).toBe(
      true,
    );
    expect(judged([resume], leaving, noticed({ because: "spot-interruption" })).refused).toEqual([
      "i-az1-a leaves because of spot-interruption; only a drain can be taken back",
    ]);
    expect(judged([resume]).refused).toEqual(["no drain of i-az1-a is known"]);
  });
});

describe("a drain during a shutdown", () => {
  const drain: Notice = { at: ago(0), because: "drain", force: false, by: "operator" };
  const resume: Request = { kind: "resume", by: "ana", instanceId: A };
  const leaving = worldWith({ "az1-a": { leaving: true, evidence: SILENT } });

  test("is taken back, and the shutdown stands", () => {
    const { record, world, refused } = judged([resume], leaving, noticed({ because: "shutdown", lasting: drain }));

    expect(refused).toEqual([]);
    expect(record.notices).toEqual({ [A]: { at: ago(10_000), because: "shutdown", force: false, by: "nat" } });
    expect(world.nats[0]?.leaving).toBe(true);
  });

  test.each<[string, Partial<Notice>]>([
    ["when nobody asked for it", {}],
    ["when another word stands beside the shutdown", { lasting: { ...drain, because: "rebalance" } }],
  ])("is not taken back %s", (_when, difference) => {
    expect(judged([resume], leaving, noticed({ because: "shutdown", ...difference })).refused).toEqual([
      "i-az1-a leaves because of shutdown; only a drain can be taken back",
    ]);
  });
});

describe("a shutdown", () => {
  const booted = (bootId: string, difference: Partial<Nat> = {}) =>
    worldWith({ "az1-a": { leaving: true, evidence: { ...HEALTHY, bootId } as Evidence, ...difference } });
  const shutdown = noticed({ because: "shutdown", bootId: "1" });

  test("is of the boot that answers, and no other notice is", () => {
    expect(judged([leave({ because: "shutdown" })], booted("1")).record.notices?.[A]).toHaveProperty("bootId", "1");
    expect(judged([leave({ because: "terminating" })], booted("1")).record.notices?.[A]).not.toHaveProperty("bootId");
  });

  test("is over when another boot is healthy: the NAT stays, unless its group takes it out or a drain stands beside", () => {
    const drain = { at: ago(0), because: "drain", force: false, by: "operator" } as const;
    const leaves = (world: World, record: FleetRecord) => judged([], world, record).world.nats[0]?.leaving;

    expect(judged([], booted("2"), shutdown).record.notices).toEqual({});
    expect(leaves(booted("1"), shutdown)).toBe(true);
    expect(leaves(booted("2"), shutdown)).toBe(false);
    expect(leaves(booted("2", { departing: true }), shutdown)).toBe(true);
    expect(leaves(booted("2"), noticed({ because: "shutdown", bootId: "1", lasting: drain }))).toBe(true);
  });

  test("of the next boot is one of its own", () => {
    expect(judged([leave({ because: "shutdown" })], booted("2"), shutdown).record.notices?.[A]).toMatchObject({
      at: NOW.toISOString(),
      bootId: "2",
    });
  });
});

describe("a notice", () => {
  test.each<[LeaveCause]>([["spot-interruption"], ["rebalance"], ["shutdown"], ["terminating"]])(
    "of %s is not refused, though nobody else of the zone is healthy",
    (because) => {
      const alone = worldWith({ "az1-b": { evidence: SILENT } });

      expect(judged([leave({ because })], alone).refused).toEqual([]);
      expect(judged([leave({ because })], alone).world.nats[0]?.leaving).toBe(true);
    },
  );

  test("keeps its time when it is said again, and gives way to one that leaves less time", () => {
    const again = (because: LeaveCause, force = false) => {
      const { record } = judged([leave({ because, force, by: "nat" })], PERFECT, noticed({ because: "rebalance" }));
      return record.notices?.[A];
    };

    expect(again("rebalance")).toMatchObject({ at: ago(10_000), because: "rebalance", force: false });
    expect(again("drain")).toMatchObject({ at: ago(10_000), because: "rebalance" });
    expect(again("drain", true)).toMatchObject({ at: ago(10_000), because: "rebalance", force: true });
    expect(again("spot-interruption")).toMatchObject({ at: NOW.toISOString(), because: "spot-interruption" });
  });
});

describe("an operator's move", () => {
  test("goes where it is told, within a cooldown and during a hold, and says when connections may break", () => {
    const recent: FleetRecord = {
      ...held,
      lanes: { ...RECORD.lanes, "az1-l1": { servedBy: A, movedAt: ago(1), homeHealthySince: null } },
    };

    expect(routes([move("i-az1-b")], PERFECT, recent)).toEqual(["az1-l1 → i-az1-b: ana asked for it"]);
    expect(routes([move("auto")])).toEqual(["az1-l1 → i-az1-b: ana asked for it"]);
    expect(routes([move("i-az1-b")], worldWith({ "az1-b": { evidence: UNSYNCED } }))[0]).toContain(
      "connections may break, it does not hold their flows yet",
    );
    expect(routes([move("i-az2-b")])[0]).toContain("connections may break, it is of another zone");
  });

  test("to where the lane is already changes nothing", () => {
    expect(routes([move(A)])).toEqual([]);
  });

  test.each<[string, Request, World, string]>([
    ["a NAT that is not healthy", move("i-az1-b"), worldWith({ "az1-b": { evidence: UNOBSERVED } }), "i-az1-b is unobserved"],
    ["a NAT that leaves", move("i-az1-b"), worldWith({ "az1-b": { leaving: true } }), "i-az1-b is about to leave"],
    [
      "a NAT whose traffic EC2 would drop",
      move("i-az1-b"),
      worldWith({ "az1-b": { eni: { eniId: "eni-az1-b", primary: "p", addresses: ["p"], sourceDestCheck: true } } }),
      "source/destination check of i-az1-b is on",
    ],
    ["a NAT without an interface", move("i-az1-b"), worldWith({ "az1-b": { eni: null } }), "has no network interface"],
    ["a stranger", move("i-0ff"), PERFECT, "i-0ff is no NAT of this fleet"],
    ["anybody, of an unknown lane", move("auto", "az9-l1"), PERFECT, "az9-l1 is no lane of this fleet"],
    [
      "anybody, when nobody else is healthy",
      move("auto"),
      worldWith({ "az1-b": { evidence: SILENT }, "az2-a": { evidence: SILENT }, "az2-b": { evidence: SILENT } }),
      "no other healthy NAT stays",
    ],
  ])("to %s is refused", (_to, request, world, because) => {
    expect(judged([request], world).refused).toEqual([expect.stringContaining(because)]);
    expect(routes([request], world).filter((route) => route.includes("asked for it"))).toEqual([]);
  });
});

describe("a hold", () => {
  test.each<[string, World, readonly Request[]]>([
    ["an emergency", worldWith({ "az1-a": { evidence: SILENT } }), []],
    ["a recommendation to rebalance", PERFECT, [leave({ because: "rebalance", by: "nat" })]],
    ["a wrong address", worldWith({ "az1-a": { eni: { eniId: "eni-az1-a", primary: "p", addresses: ["p"] } } }), []],
  ])("freezes %s, and says what it would have done", (_what, world, requests) => {
    const { plan } = decide(situation({ world, record: held, requests }));

    expect(plan.filter(({ kind }) => kind !== "none" && kind !== "record")).toEqual([]);
    expect(plan).toContainEqual(
      expect.objectContaining({ frozen: true, because: expect.stringMatching(/but moves are held by ben until .*migration/) }),
    );
  });

  test("that has ended before it was heard freezes nothing, and is refused", () => {
    const { plan, refused } = decide(
      situation({ world: worldWith({ "az1-a": { evidence: SILENT } }), requests: [{ kind: "hold", ...HOLD, until: ago(0) }] }),
    );

    expect(refused).toEqual([expect.stringContaining("before it was heard")]);
    expect(plan.map(({ kind }) => kind)).toContain("point-route");
  });

  test("freezes replacements", () => {
    const world = worldWith({ "az1-b": { evidence: SILENT } });
    const broken = { ...held, brokenSince: { "i-az1-b": ago(60_000) } };

    expect(decide(situation({ world, record: broken })).plan.map(({ kind }) => kind)).not.toContain("mark-unhealthy");
  });

  test("refuses a NAT's own drain and carries out an operator's", () => {
    expect(judged([leave({ by: "nat" })], PERFECT, held).refused).toEqual([
      "moves are held by ben until 2026-03-01T13:00:00.000Z: migration",
    ]);
    expect(routes([leave()], PERFECT, held)).toEqual(["az1-l1 → i-az1-b: i-az1-a is about to leave (drain)"]);
  });

  test("ends by itself", () => {
    const over = { ...RECORD, hold: { ...HOLD, until: NOW.toISOString() } };

    expect(judged([], PERFECT, over).record.hold).toBeUndefined();
    expect(routes([], worldWith({ "az1-a": { evidence: SILENT } }), over)).toHaveLength(1);
  });
});
