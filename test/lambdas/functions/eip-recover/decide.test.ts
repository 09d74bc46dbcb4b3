import fc from "fast-check";
import { decide, judge, strays } from "../../../../lambdas/functions/eip-recover/decide";
import { decide as failoverDecide } from "../../../../lambdas/functions/nat-route-failover/decide";
import type { Drift } from "../../../../lambdas/lib/domain/drift";
import { applyPlan } from "../nat-route-failover/support/apply";
import {
  at,
  atGateway,
  floatingOf,
  guestOf,
  lane,
  nat,
  PERFECT,
  situation,
  to,
  worldWith,
} from "../nat-route-failover/support/builders";

const LANE = lane("az1-l1", "az1-a");
const [ADDRESS] = LANE.addresses;
const withAddress = (association: (typeof LANE.addresses)[number]["association"]) =>
  worldWith({}, [{ ...LANE, addresses: LANE.addresses.map((address) => ({ ...address, association })) }]);

describe("an address strays", () => {
  test("1: not, while its lane is at its NAT Gateway, whoever else is healthy", () => {
    expect(strays({ ...PERFECT, lanes: [atGateway(lane("az1-l1", null))] })).toEqual([]);
  });

  test("2: never where everything is right", () => {
    expect(ADDRESS).toBeDefined();
    expect(strays(PERFECT)).toEqual([]);
  });

  test("11: to nowhere, when somebody released it", () => {
    const gone: Drift = { kind: "address", subject: "az1-l1", before: "eipalloc-1 does not exist", after: "deploy again" };

    expect(strays(PERFECT, [gone])).toEqual([gone]);
  });

  test("5: to nothing, when somebody took the association away", () => {
    expect(strays(withAddress(null))).toEqual([
      {
        kind: "address",
        subject: "az1-l1",
        before: "public-az1-l1 associated with nothing",
        after: `public-az1-l1 at ${floatingOf("az1-l1")} of eni-az1-a`,
      },
    ]);
  });

  test("to another interface, when somebody stole it", () => {
    const [drift] = strays(withAddress({ eniId: "eni-foreign", address: "10.0.0.99" }));

    expect(drift?.before).toBe("public-az1-l1 at 10.0.0.99 of eni-foreign");
  });

  test("with its floating address, which is told where it is", () => {
    const world = {
      ...PERFECT,
      nats: PERFECT.nats.map((known) =>
        known.instanceId === "i-az1-a"
          ? nat("az1-a")
          : known.instanceId === "i-az1-b"
            ? nat("az1-b", {}, floatingOf("az1-l1"))
            : known,
      ),
    };

    expect(strays(world)).toContainEqual({
      kind: "address",
      subject: "az1-l1",
      before: `${floatingOf("az1-l1")} on eni-az1-b`,
      after: `${floatingOf("az1-l1")} on eni-az1-a`,
    });
  });

  test("3: not, when the lane is away and the guest address carries it", () => {
    const away = lane("az1-l1", "az2-a");
    const nats = PERFECT.nats.map((known) =>
      known.instanceId === "i-az2-a" ? nat("az2-a", {}, floatingOf("az2-l1"), guestOf("az1-l1", "az2")) : known,
    );

    expect(strays({ lanes: [away, lane("az2-l1", "az2-a")], nats })).toEqual([]);
  });

  test("4: not, when the lane is away and guests were given up", () => {
    const away = { ...lane("az1-l1", "az2-a"), guests: {} };

    expect(strays({ lanes: [away], nats: PERFECT.nats })).toEqual([]);
  });

  test.each([
    ["1: missing", { state: "missing" } as const],
    ["1: a black hole", { state: "blackhole", eniId: "eni-gone" } as const],
    ["1: at somebody else's interface", to("foreign")],
  ])("%s route: nothing strays, for routes come first", (_name, route) => {
    expect(strays(worldWith({}, [{ ...LANE, route }]))).toEqual([]);
  });
});

describe("what is done", () => {
  const drift = (before: string): Drift => ({ kind: "address", subject: "az1-l1", before, after: "right" });

  test.each([
    ["2, 3: nothing, when nothing strays", [], null, { kind: "end" }],
    [
      "5: another look, when something strays for the first time",
      [drift("a")],
      null,
      { kind: "look-again", suspected: [drift("a")] },
    ],
    ["6: nothing, when it went right meanwhile", [], [drift("a")], { kind: "end" }],
    ["6: nothing, when it strays otherwise: it moves", [drift("b")], [drift("a")], { kind: "end" }],
    ["7: a repair of what both looks agree on", [drift("a"), drift("b")], [drift("a")], { kind: "repair", drifts: [drift("a")] }],
  ] as const)("%s", (_name, now, earlier, expected) => {
    expect(decide(now, earlier)).toEqual(expected);
  });

  test("8, 9, 10: what is no longer as reported was mended; what is elsewhere wrong is left", () => {
    const other = { ...drift("a"), subject: "az2-l1" };

    expect(judge([drift("a"), other], [drift("b")])).toEqual({ mended: [other], left: [drift("a")] });
  });
});

test("whatever strays, nat-route-failover's next plan leaves nothing strayed", () => {
  const places = fc.constantFrom(null, at("az1-b", "primary-az1-b"), at("az2-b", "primary-az2-b"), {
    eniId: "eni-x",
    address: "10.9.9.9",
  });

  fc.assert(
    fc.property(places, places, fc.boolean(), (one, two, stolen) => {
      const lanes = PERFECT.lanes.map((known, index) => ({
        ...known,
        addresses: known.addresses.map((address) => ({ ...address, association: index === 0 ? one : two })),
      }));
      const nats = stolen ? PERFECT.nats.map((known) => nat(known.instanceId.slice(2))) : PERFECT.nats;
      const world = { lanes, nats };

      expect(strays(world).length).toBeGreaterThan(0);
      expect(strays(applyPlan(world, failoverDecide(situation({ world })).plan))).toEqual([]);
    }),
  );
});
