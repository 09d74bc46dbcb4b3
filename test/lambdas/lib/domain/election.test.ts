import {
  elect,
  electHome,
  electOther,
  isComfortable,
  isHomeExpected,
  needOf,
  presentLoad,
} from "../../../../lambdas/lib/domain/election";
import type { DefaultRoute, Nat } from "../../../../lambdas/lib/domain/fleet";
import { HEALTHY, lane, nat, SILENT, to, UNOBSERVED, UNSYNCED } from "../../functions/nat-route-failover/support/builders";

const ZONES = ["az1", "az2", "az3"];
const LANE = lane("az1-l1", "az1-a", ZONES);
const dead: Partial<Nat> = { evidence: SILENT };
const leaving: Partial<Nat> = { leaving: true };
const loadOf = (lanes: Readonly<Record<string, number>>) =>
  new Map(Object.entries(lanes).map(([name, count]) => [`i-${name}`, count]));
// A copy: what is derived from an array is derived once, and must not be what an earlier run of the table left.
const elected = (nats: readonly Nat[], lanes: Readonly<Record<string, number>> = {}, known = LANE) =>
  elect(known, { lanes: [known], nats: [...nats] }, loadOf(lanes))?.instanceId.slice(2);

describe("what a lane needs", () => {
  const nats = (difference: Partial<Nat> = {}) => [nat("az1-a", difference), nat("az2-a", difference)];
  const need = (route: DefaultRoute, difference: Partial<Nat> = {}) => needOf({ ...LANE, route }, nats(difference));

  test.each<[string, DefaultRoute, Partial<Nat>, object]>([
    ["no default route", { state: "missing" }, {}, { kind: "must-move", because: "the lane has no default route" }],
    [
      "a black hole, though its interface is there",
      { state: "blackhole", eniId: "eni-az1-a" },
      {},
      { kind: "must-move", because: "the default route is a black hole" },
    ],
    [
      "a route to somebody else",
      to("foreign"),
      {},
      { kind: "must-move", because: "the default route points at nothing of ours" },
    ],
    ["a broken NAT", to("az1-a"), dead, { kind: "must-move", because: "i-az1-a is silent" }],
    ["a broken NAT that leaves too", to("az1-a"), { ...dead, ...leaving }, { kind: "must-move" }],
    ["a NAT that leaves", to("az1-a"), leaving, { kind: "should-leave", because: "i-az1-a is about to leave" }],
    ["a NAT that leaves and nobody saw", to("az1-a"), { ...leaving, evidence: UNOBSERVED }, { kind: "should-leave" }],
    ["a NAT that nobody saw", to("az1-a"), { evidence: UNOBSERVED }, { kind: "unknown", because: "i-az1-a was not observed" }],
    ["a healthy NAT of its zone", to("az1-a"), {}, { kind: "well" }],
    ["a healthy NAT of another zone", to("az2-a"), {}, { kind: "away" }],
  ])("with %s", (_what, route, difference, expected) => {
    expect(need(route, difference)).toMatchObject(expected);
  });
});

test("the load is the lanes whose routes are at a NAT, counted", () => {
  const lanes = [lane("az1-l1", "az1-a"), lane("az1-l2", "az1-a"), lane("az1-l3", "az1-b"), lane("az1-l4", null)];

  expect([...presentLoad({ lanes, nats: [nat("az1-a"), nat("az1-b"), nat("az1-c")] })]).toEqual([
    ["i-az1-a", 2],
    ["i-az1-b", 1],
  ]);
});

describe("of the NATs of its zone a lane goes to", () => {
  test.each<[string, readonly Nat[], Readonly<Record<string, number>>, string | undefined]>([
    ["the first by its ID, when all are alike", [nat("az1-b"), nat("az1-a")], {}, "az1-a"],
    ["the one with fewer lanes", [nat("az1-a"), nat("az1-b")], { "az1-a": 1 }, "az1-b"],
    [
      "the one in service, with however many lanes",
      [nat("az1-a", { lifecycle: "Pending:Wait" }), nat("az1-b")],
      { "az1-b": 9 },
      "az1-b",
    ],
    [
      "the one in service, wherever it is listed",
      [nat("az1-b"), nat("az1-a", { lifecycle: "Pending:Wait" })],
      { "az1-b": 9 },
      "az1-b",
    ],
    [
      "the one that has the flows, in service or not",
      [nat("az1-a", { evidence: UNSYNCED }), nat("az1-b", { lifecycle: "Pending:Wait" })],
      {},
      "az1-b",
    ],
    ["the one that stays, with flows or without", [nat("az1-a", leaving), nat("az1-b", { evidence: UNSYNCED })], {}, "az1-b"],
    [
      "one that leaves, when nobody stays anywhere",
      [nat("az1-a", dead), nat("az1-b", leaving), nat("az2-a", leaving)],
      {},
      "az1-b",
    ],
    ["none of another zone that leaves, while one stays elsewhere", [nat("az1-a", leaving), nat("az2-a")], {}, "az2-a"],
    ["none that has no interface", [nat("az1-a", { eni: null }), nat("az2-a")], {}, "az2-a"],
    ["nobody, when nobody is positively healthy", [nat("az1-a", dead), nat("az1-b", { evidence: UNOBSERVED })], {}, undefined],
    ["nobody, when there is nobody", [], {}, undefined],
  ])("%s", (_who, nats, load, expected) => {
    expect(elected(nats, load)).toBe(expected);
  });
});

describe("of other zones a lane goes to", () => {
  test.each<[string, readonly Nat[], Readonly<Record<string, number>>, string]>([
    ["the one with fewer lanes per NAT", [nat("az2-a"), nat("az3-a")], { "az2-a": 1 }, "az3-a"],
    [
      "the one with fewer lanes per NAT, not the one with fewer lanes",
      [nat("az2-a"), nat("az3-a"), nat("az3-b")],
      { "az2-a": 2, "az3-a": 2, "az3-b": 1 },
      "az3-b",
    ],
    [
      "the one whose NATs carry less together, not the one with the idlest NAT",
      [nat("az2-a"), nat("az2-b"), nat("az3-a"), nat("az3-b")],
      { "az2-a": 3, "az3-a": 1, "az3-b": 1 },
      "az3-a",
    ],
    ["the first by name, when they are alike", [nat("az3-a"), nat("az2-a")], { "az2-a": 1, "az3-a": 1 }, "az2-a"],
  ])("%s", (_who, nats, load, expected) => {
    expect(elected([nat("az1-a", dead), ...nats], load)).toBe(expected);
  });

  test("one with a guest address of the lane, however crowded, where its public address survives", () => {
    const guests = { az3: "guest" };

    expect(elected([nat("az2-a"), nat("az3-a")], { "az3-a": 5 }, { ...LANE, guests })).toBe("az3-a");
  });

  test("any with a healthy NAT, when those with a guest address have none, or there are no guests", () => {
    expect(elected([nat("az2-a", dead), nat("az3-a")], { "az3-a": 5 }, { ...LANE, guests: { az2: "guest" } })).toBe("az3-a");
    expect(elected([nat("az2-a"), nat("az3-a")], { "az2-a": 5 }, { ...LANE, guests: {} })).toBe("az3-a");
  });
});

describe("a lane returns to", () => {
  const home = (nats: readonly Nat[]) => electHome(LANE, { lanes: [LANE], nats }, new Map())?.instanceId;

  test("a NAT of its zone that stays, and to none where its zone has none", () => {
    expect(home([nat("az1-a", leaving), nat("az1-b"), nat("az2-a")])).toBe("i-az1-b");
    expect(home([nat("az1-a", leaving), nat("az2-a")])).toBeUndefined();
    expect(home([nat("az2-a")])).toBeUndefined();
  });
});

describe("another NAT than its own is", () => {
  const other = (nats: readonly Nat[], known = LANE) => electOther(known, { lanes: [known], nats })?.instanceId;

  test("the best of those that stay and do not serve it", () => {
    expect(other([nat("az1-a"), nat("az1-b"), nat("az1-c")])).toBe("i-az1-b");
    expect(other([nat("az1-a"), nat("az1-b", leaving), nat("az2-a")])).toBe("i-az2-a");
    expect(other([nat("az1-a"), nat("az1-b", leaving)])).toBeUndefined();
    expect(other([nat("az1-a"), nat("az1-b")], { ...LANE, route: { state: "missing" } })).toBe("i-az1-a");
  });
});

describe("a move is worth waiting for", () => {
  test.each<[string, readonly Nat[], boolean]>([
    ["when a NAT of the zone boots", [nat("az1-b", { lifecycle: "Pending:Wait", evidence: UNOBSERVED })], true],
    ["when a NAT of the zone still copies", [nat("az1-b", { evidence: UNSYNCED })], true],
    [
      "not when one that booted is gone",
      [nat("az1-b", { lifecycle: "Pending:Wait", evidence: { kind: "gone", state: "x" } })],
      false,
    ],
    [
      "not when one that boots or copies leaves again",
      [nat("az1-b", { ...leaving, lifecycle: "Pending" }), nat("az1-c", { ...leaving, evidence: UNSYNCED })],
      false,
    ],
    ["not for one that has all, nor for one that is broken", [nat("az1-b", { evidence: HEALTHY }), nat("az1-c", dead)], false],
    ["not for one of another zone", [nat("az2-a", { evidence: UNSYNCED })], false],
    ["not for nobody", [], false],
  ])("%s", (_when, nats, expected) => {
    expect(isHomeExpected(LANE, nats)).toBe(expected);
  });

  test("to a NAT of its zone that has the flows alone loses no connection", () => {
    expect(
      [nat("az1-b"), nat("az1-b", { evidence: UNSYNCED }), nat("az2-a")].map((target) => isComfortable(LANE, target)),
    ).toEqual([true, false, false]);
  });
});
