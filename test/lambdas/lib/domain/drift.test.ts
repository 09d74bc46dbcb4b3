import type { FleetRecord } from "../../../../contract/parameters";
import type { Action, PointRoute } from "../../../../lambdas/lib/domain/actions";
import { addressDrift, driftMendedBy, routeDrift, sameDrift } from "../../../../lambdas/lib/domain/drift";
import type { Drift } from "../../../../lambdas/lib/domain/drift";
import { bringEgress } from "../../../../lambdas/lib/domain/egress";
import type { Association, Lane, World } from "../../../../lambdas/lib/domain/fleet";
import { at, floatingOf, lane, nat, PERFECT, RECORD, to, worldWith } from "../../functions/nat-route-failover/support/builders";

const LANE = lane("az1-l1", "az1-a");
const [ADDRESS] = LANE.addresses;
/** Two addresses: the first as it must be, the second where it is told. */
const second = (association: Association): Lane => ({
  ...LANE,
  addresses: [...LANE.addresses, { allocationId: "eipalloc-2", publicIp: "public-2", floating: "floating-2", association }],
});
const MISSING: Lane = { ...LANE, route: { state: "missing" } };
const route = (name: string, instance = "az1-b"): PointRoute => ({
  ...{ kind: "point-route", lane: name, routeTableId: `rtb-${name}`, eniId: `eni-${instance}`, instanceId: `i-${instance}` },
  ...{ create: true, because: "x" },
});
const mended = (plan: readonly Action[], world: World, record: FleetRecord = RECORD) => driftMendedBy(plan, world, record);

describe("two drifts are the same", () => {
  const drift: Drift = { kind: "address", subject: "az1-l1", before: "a", after: "b" };

  test("when all that is told of them is", () => {
    expect(sameDrift(drift, { ...drift })).toBe(true);
  });

  test.each<Partial<Drift>>([{ kind: "default-route" }, { subject: "az2-l1" }, { before: "c" }, { after: "c" }])(
    "but not with another %j",
    (difference) => {
      expect(sameDrift(drift, { ...drift, ...difference })).toBe(false);
    },
  );
});

describe("an address that strayed", () => {
  test("is told with where that address was, and no other of the lane", () => {
    const nats = [nat("az1-a", {}, floatingOf("az1-l1"), "floating-2"), nat("az1-b")];

    expect(addressDrift(second(at("az1-b", "primary-az1-b")), { lanes: [], nats })).toEqual([
      {
        kind: "address",
        subject: "az1-l1",
        before: "public-2 at primary-az1-b of eni-az1-b",
        after: "public-2 at floating-2 of eni-az1-a",
      },
    ]);
  });

  test("from every NAT is told so, beside NATs that have no interface", () => {
    const nats = [nat("az1-0", { eni: null }), nat("az1-a"), nat("az1-b")];

    expect(addressDrift(LANE, { lanes: [LANE], nats })[0]).toMatchObject({
      before: `${floatingOf("az1-l1")} on no NAT`,
      after: `${floatingOf("az1-l1")} on eni-az1-a`,
    });
  });
});

test("a route is told with what it must be; one at a NAT of ours is none", () => {
  expect(routeDrift(MISSING, PERFECT, "a default route to eni-1")).toEqual([
    { kind: "default-route", subject: "az1-l1", before: "no default route", after: "a default route to eni-1" },
  ]);
  expect(routeDrift(LANE, PERFECT, "x")).toEqual([]);
});

describe("the drift that a plan mends", () => {
  const none: Action = { kind: "none", lane: "az1-l1", held: false, because: "x" };
  const mark: Action = { kind: "mark-unhealthy", zone: "az1", instanceId: "i-az1-b", because: "x" };

  test("is each lane's own: what is done for another lane mends nothing of this one", () => {
    const world = worldWith({}, [MISSING, { ...lane("az2-l1", "az2-a"), route: to("foreign") }]);

    expect(mended([route("az2-l1", "az2-a")], world)).toMatchObject([
      { subject: "az2-l1", before: "a default route to eni-foreign", after: "a default route to eni-az2-a" },
    ]);
    expect(mended([route("az1-l1"), route("az2-l1", "az2-a")], world).map(({ subject }) => subject)).toEqual([
      "az1-l1",
      "az2-l1",
    ]);
  });

  test("is nothing while nothing is done for the lane: held, frozen, or nobody marked it", () => {
    const stray = worldWith({}, [{ ...LANE, addresses: [] }, lane("az2-l1", "az2-a")]);

    expect(mended([none, mark], worldWith({}, [MISSING]))).toEqual([]);
    expect(mended([none, mark], stray)).toEqual([]);
  });

  test("is no address where the plan brings none, wherever that address is", () => {
    const lost: Lane = { ...LANE, addresses: LANE.addresses.map((address) => ({ ...address, association: null })) };

    expect(ADDRESS).toBeDefined();
    expect(mended([none], worldWith({}, [lost]))).toEqual([]);
  });

  test("is nothing of a lane that nobody was known to serve: it strayed from nothing", () => {
    const unknown = { ...RECORD, lanes: { "az1-l1": { servedBy: null, movedAt: null, homeHealthySince: null } } };

    expect(mended([route("az1-l1")], worldWith({}, [MISSING]), unknown)).toEqual([]);
    expect(mended([route("az1-l1")], worldWith({}, [MISSING]), { ...RECORD, lanes: {} })).toEqual([]);
  });

  test("is no address of a lane that is at none of our NATs", () => {
    const foreign: Lane = { ...LANE, route: to("foreign") };
    const [server] = PERFECT.nats;
    const bring = server?.eni == null ? [] : bringEgress(second(null), { ...server, eni: server.eni }, PERFECT, "x");

    expect(bring.length).toBeGreaterThan(0);
    expect(mended(bring, worldWith({}, [foreign]))).toEqual([]);
  });

  test("is none where EC2 already calls the NAT gone and still shows its interface", () => {
    const world = worldWith({ "az1-a": { evidence: { kind: "gone", state: "shutting-down" } } }, [MISSING]);

    expect(mended([route("az1-l1")], world)).toEqual([]);
  });
});
