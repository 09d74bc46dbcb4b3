import type { FleetRecord, LeaveCause, Notice } from "../../../../contract/parameters";
import type { Evidence } from "../../../../lambdas/lib/domain/evidence";
import {
  bootOf,
  isEnding,
  laterNotice,
  noticeOf,
  patienceLeftMs,
  refusalOf,
  standing,
} from "../../../../lambdas/lib/domain/leaving";
import type { Nat } from "../../../../lambdas/lib/domain/fleet";
import {
  ago,
  nat,
  NOW,
  PERFECT,
  RECORD,
  SILENT,
  UNHEALTHY,
  UNOBSERVED,
  UNSYNCED,
  worldWith,
} from "../../functions/nat-route-failover/support/builders";

const at = "2026-11-21T12:00:00.000Z";
const after = (minutes: number) => new Date(Date.parse(at) + minutes * 60_000);
const notice = (because: Notice["because"], difference: Partial<Notice> = {}): Notice => ({
  ...{ at, because, force: false, by: "control-plane" },
  ...difference,
});

const boot = (bootId: string): Evidence => ({ kind: "healthy", by: "healthz", synced: true, bootId });

describe("a notice that a NAT leaves", () => {
  test("of a shutdown is over after ten minutes: an instance that is still there has rebooted and may carry lanes again", () => {
    expect(standing({ "i-a": notice("shutdown") }, after(10), [])).toHaveProperty("i-a");
    expect(standing({ "i-a": notice("shutdown") }, after(10.1), [])).toEqual({});
  });

  test.each<[string, Partial<Notice>, number, Evidence, boolean]>([
    ["over once another boot answers healthy", { bootId: "1" }, 0.1, boot("2"), true],
    ["not over while the same boot answers", { bootId: "1" }, 9, boot("1"), false],
    ["not over while another boot says that it is not well", { bootId: "1" }, 9, UNHEALTHY, false],
    ["not over while it is silent", { bootId: "1" }, 9, SILENT, false],
    ["not over while nobody can look", {}, 9, UNOBSERVED, false],
    ["of no known boot, not over within the minute in which it stops", {}, 1, boot("2"), false],
    ["of no known boot, over when it is healthy after that", {}, 1.1, boot("2"), true],
    [
      "not over within that minute by the NAT's own word, which names no boot",
      { bootId: "1" },
      1,
      { ...UNSYNCED, by: "word" } as Evidence,
      false,
    ],
    ["over after that minute by the NAT's own word as well", { bootId: "1" }, 1.1, { ...UNSYNCED, by: "word" } as Evidence, true],
  ])("of a shutdown is %s", (_what, said, minutes, evidence, isOver) => {
    const notices = { "i-az1-a": notice("shutdown", said) };

    expect(standing(notices, after(minutes), [nat("az1-a", { evidence })])).toEqual(isOver ? {} : notices);
  });

  test("of a shutdown leaves behind what was said besides, when it is over", () => {
    const drain = notice("drain", { by: "operator" });

    expect(standing({ "i-a": notice("shutdown", { lasting: drain }) }, after(10.1), [])).toEqual({ "i-a": drain });
  });

  test("knows a boot by the first of its name: a record does not grow by what a NAT says", () => {
    const long = "x".repeat(8);

    expect(bootOf(nat("az1-a", { evidence: boot(`${long}yyy`) }))).toBe(long);
    expect(
      standing({ "i-az1-a": notice("shutdown", { bootId: long }) }, after(2), [nat("az1-a", { evidence: boot(`${long}z`) })]),
    ).not.toEqual({});
  });

  test.each(["drain", "rebalance", "spot-interruption", "terminating"] as const)(
    "of a %s stands until the instance is gone",
    (because) => {
      expect(standing({ "i-a": notice(because) }, after(10_000), [])).toHaveProperty("i-a");
    },
  );

  test("that nobody gave does not stand", () => {
    expect(standing(undefined, after(0), [])).toEqual({});
  });
});

describe("what is known of a departure", () => {
  const leaver = nat("az1-a", { leaving: true, departing: true });
  const drain = notice("drain", { by: "operator" });
  const group = { because: "terminating", force: false, by: "control-plane" };

  test.each<[string, Partial<FleetRecord>, object]>([
    ["is what was said", { notices: { "i-az1-a": drain }, leaving: { "i-az1-a": ago(5000) } }, drain],
    [
      "is that its group takes it out, since it was seen first",
      { leaving: { "i-az1-a": ago(5000) } },
      { ...group, at: ago(5000) },
    ],
    ["is that its group takes it out, now, when it is seen first", {}, { ...group, at: NOW.toISOString() }],
    [
      "is not what was said of another",
      { notices: { "i-az1-b": drain }, leaving: { "i-az1-b": ago(5000) } },
      { at: NOW.toISOString() },
    ],
  ])("%s", (_what, record, expected) => {
    expect(noticeOf(leaver, { ...RECORD, ...record }, NOW)).toMatchObject(expected);
  });
});

describe("a NAT ends for certain", () => {
  const ends = (difference: Partial<Nat>, because?: LeaveCause) =>
    isEnding(nat("az1-a", difference), because === undefined ? RECORD : { ...RECORD, notices: { "i-az1-a": notice(because) } });

  test.each<[LeaveCause, boolean]>([
    ["drain", false],
    ["rebalance", false],
    ["spot-interruption", true],
    ["terminating", true],
    ["shutdown", true],
  ])("by a notice of %s: %s", (because, expected) => {
    expect(ends({ leaving: true }, because)).toBe(expected);
  });

  test("when its group takes it out, and not when it only puts it aside", () => {
    expect(ends({ leaving: true, departing: true, lifecycle: "Terminating:Wait" })).toBe(true);
    expect(ends({ leaving: true, departing: true, lifecycle: "EnteringStandby" })).toBe(false);
    expect(ends({})).toBe(false);
  });
});

describe("patience with a NAT that leaves", () => {
  test.each<[LeaveCause, number]>([
    ["drain", 60_000],
    ["rebalance", 60_000],
    ["spot-interruption", 30_000],
    ["terminating", 5_000],
    ["shutdown", 3_000],
  ])("lasts from the notice, and for a %s %d ms", (because, ms) => {
    expect(patienceLeftMs(notice(because, { at: ago(0) }), NOW)).toBe(ms);
    expect(patienceLeftMs(notice(because, { at: ago(1_000) }), NOW)).toBe(ms - 1_000);
    expect(patienceLeftMs(notice(because, { at: ago(ms) }), NOW)).toBe(0);
  });

  test("is none for one that is forced, and never less than none", () => {
    expect(patienceLeftMs(notice("drain", { at: ago(0), force: true }), NOW)).toBe(0);
    expect(patienceLeftMs(notice("drain", { at: ago(3_600_000) }), NOW)).toBe(0);
  });
});

describe("of two notices of the same NAT", () => {
  const later = { at: "2026-11-21T12:00:09.000Z" };
  const said = (because: LeaveCause, difference: Partial<Notice> = {}) => notice(because, { ...later, by: "nat", ...difference });

  test("the first counts when there was none", () => {
    expect(laterNotice(undefined, said("rebalance"))).toEqual(said("rebalance"));
  });

  test.each<[string, Notice, Notice, Notice]>([
    ["the quicker counts, from when it was said", notice("rebalance"), said("spot-interruption"), said("spot-interruption")],
    [
      "the quicker counts, and stays forced when the slower was",
      notice("drain", { force: true }),
      said("shutdown"),
      said("shutdown", { force: true, lasting: notice("drain", { force: true }) }),
    ],
    [
      "the quicker counts, and is forced when it says so",
      notice("drain"),
      said("terminating", { force: true }),
      said("terminating", { force: true }),
    ],
    ["the slower changes nothing", notice("terminating"), said("drain"), notice("terminating")],
    ["the slower changes nothing, whoever says it", notice("rebalance"), said("drain", { by: "operator" }), notice("rebalance")],
    [
      "what a shutdown comes upon stands beside it",
      notice("drain", { by: "operator" }),
      said("shutdown", { bootId: "1" }),
      said("shutdown", { bootId: "1", lasting: notice("drain", { by: "operator" }) }),
    ],
    ["what comes upon a shutdown does, too", notice("shutdown"), said("drain"), notice("shutdown", { lasting: said("drain") })],
    [
      "what comes upon a shutdown forces it, and stands beside it as it was said",
      notice("shutdown"),
      said("drain", { force: true, by: "operator" }),
      notice("shutdown", { force: true, by: "operator", lasting: said("drain", { force: true, by: "operator" }) }),
    ],
    [
      "of two that stand beside a shutdown the quicker counts",
      notice("shutdown", { lasting: notice("drain") }),
      said("spot-interruption"),
      notice("shutdown", { lasting: said("spot-interruption") }),
    ],
    [
      "a shutdown said again keeps what stands beside it",
      notice("shutdown", { bootId: "1", lasting: notice("drain") }),
      said("shutdown", { bootId: "1" }),
      notice("shutdown", { bootId: "1", lasting: notice("drain") }),
    ],
    [
      "the slower forces the quicker, and whoever forces it is named",
      notice("rebalance"),
      said("drain", { force: true, by: "operator" }),
      notice("rebalance", { force: true, by: "operator" }),
    ],
    [
      "what was forced before is not forced again by another",
      notice("drain", { force: true, by: "operator" }),
      said("drain", { force: true }),
      notice("drain", { force: true, by: "operator" }),
    ],
    ["the same said again keeps its time", notice("drain", { by: "nat" }), said("drain"), notice("drain", { by: "nat" })],
    [
      "the same said again by an operator is an operator's, since it was first said",
      notice("drain", { by: "nat" }),
      said("drain", { by: "operator" }),
      notice("drain", { by: "operator" }),
    ],
    [
      "an operator's stays one when the NAT says it too",
      notice("drain", { by: "operator" }),
      said("drain"),
      notice("drain", { by: "operator" }),
    ],
  ])("%s", (_what, before, now, expected) => {
    expect(laterNotice(before, now)).toEqual(expected);
  });
});

describe("a drain", () => {
  test("takes nothing from a zone that keeps a healthy NAT, of a broken NAT, or of nobody we know", () => {
    expect(refusalOf("i-az1-a", PERFECT)).toBeUndefined();
    expect(refusalOf("i-az1-a", worldWith({ "az1-a": { evidence: SILENT }, "az1-b": { evidence: SILENT } }))).toBeUndefined();
    expect(refusalOf("i-stranger", worldWith({ "az1-b": { evidence: SILENT } }))).toBeUndefined();
  });

  test("of a zone's last healthy NAT is refused, with how each of the others is and what to do about it", () => {
    const three = { ...PERFECT, nats: [...PERFECT.nats, nat("az1-c", { evidence: UNOBSERVED })] };
    const world = {
      ...three,
      nats: three.nats.map((one) => (one.instanceId === "i-az1-b" ? { ...one, evidence: SILENT } : one)),
    };

    expect(refusalOf("i-az1-a", world)).toBe(
      "i-az1-a is the last healthy NAT of az1 (i-az1-b is silent, i-az1-c is unobserved): its lanes would leave their zone; force it to have that",
    );
  });

  test("of a NAT whose only neighbour leaves is refused too, and says that nobody else stays", () => {
    expect(refusalOf("i-az1-a", worldWith({ "az1-b": { leaving: true } }))).toContain("(it has no other NAT that stays)");
  });

  test("is not saved by its own health, nor by that of another zone", () => {
    const world = worldWith({ "az1-b": { evidence: SILENT } });

    expect(refusalOf("i-az1-a", world)).toContain("last healthy NAT of az1 (i-az1-b is silent)");
    expect(refusalOf("i-az2-a", world)).toBeUndefined();
  });
});
