import type { FleetRecord, LaneRecord } from "../../../../contract/parameters";
import type { Action, PointRouteToGateway } from "../../../../lambdas/lib/domain/actions";
import { driftMendedBy, routeDrift } from "../../../../lambdas/lib/domain/drift";
import { fallBack } from "../../../../lambdas/lib/domain/last-resort";
import { nextRecord, withUnwrittenMoves } from "../../../../lambdas/lib/domain/record";
import { assemble } from "../../../../lambdas/lib/domain/world";
import {
  ago,
  atGateway,
  lane,
  NOW,
  PERFECT,
  RECORD,
  SILENT,
  withGateway,
  worldWith,
} from "../../functions/nat-route-failover/support/builders";
import { topology } from "../../support/topology";

const LANE = lane("az1-l1", "az1-a");
const served = (servedBy: string, difference: Partial<LaneRecord> = {}): LaneRecord => ({
  ...{ servedBy, movedAt: null, homeHealthySince: null },
  ...difference,
});
const recordOf = (record: LaneRecord): FleetRecord => ({ ...RECORD, lanes: { ...RECORD.lanes, "az1-l1": record } });
const toGateway: PointRouteToGateway = {
  ...{ kind: "point-route-to-gateway", lane: "az1-l1", routeTableId: "rtb-az1-l1", natGatewayId: "nat-az1-l1" },
  ...{ create: false, because: "x" },
};
const rest = atGateway(LANE);
const at = NOW.toISOString();

describe("a lane's NAT Gateway", () => {
  const [first, second] = topology.lanes;
  const resort = { natGatewayId: "nat-1", publicIp: "198.51.100.9" };
  const lanes = first === undefined || second === undefined ? [] : [{ ...first, lastResort: resort }, second];
  const seen = {
    ...{ topology: { ...topology, lanes }, record: RECORD, instances: [], members: [], evidence: new Map() },
    routes: new Map(["rtb-z1", "rtb-z2"].map((id) => [id, { state: "missing" } as const])),
    associations: new Map(["eipalloc-z1", "eipalloc-z2"].map((id) => [id, null])),
  };

  test("is as the topology says and as it was observed; without a look only the first is known", () => {
    const resorts = new Map([["z1-l1", { state: "available", path: "broken" as const }]]);

    expect(assemble({ ...seen, resorts }).lanes[0]?.lastResort).toEqual({ ...resort, state: "available", path: "broken" });
    expect(assemble(seen).lanes[0]?.lastResort).toEqual(resort);
  });

  test("is none where the topology has none", () => {
    expect(assemble({ ...seen, resorts: new Map([["z2-l1", { state: "available" }]]) }).lanes[1]).not.toHaveProperty(
      "lastResort",
    );
  });
});

describe("a lane that has nowhere else to go", () => {
  const broken = {
    "az1-a": { evidence: SILENT },
    "az1-b": { evidence: SILENT },
    "az2-a": { evidence: SILENT },
    "az2-b": { evidence: SILENT },
  };

  test("goes to its NAT Gateway and says under which address, or holds static and says no more than there is", () => {
    const [goes] = fallBack(withGateway(LANE), worldWith(broken, [withGateway(LANE)]), "i-az1-a is silent");
    const [stays] = fallBack(LANE, worldWith(broken), "i-az1-a is silent");

    expect(goes?.because).toContain("no NAT is positively healthy and its path is broken: the last resort, from gateway-az1-l1");
    expect(stays?.because).toBe("i-az1-a is silent, but no NAT is positively healthy: hold static");
  });
});

describe("a lane at its NAT Gateway", () => {
  test("is served by it, and remembered so since it went there", () => {
    const lanes = (world = PERFECT, actions: readonly Action[] = [], record = RECORD) =>
      nextRecord(world, record, actions, NOW).lanes["az1-l1"];

    expect(lanes(worldWith({ "az1-a": { evidence: SILENT } }, [withGateway(LANE)]), [toGateway])).toMatchObject({
      servedBy: "nat-az1-l1",
      movedAt: at,
    });
    expect(lanes(worldWith({}, [rest]), [], recordOf(served("nat-az1-l1", { movedAt: ago(1) })))).toMatchObject({
      servedBy: "nat-az1-l1",
      movedAt: ago(1),
    });
  });

  test("that nobody wrote down has moved now", () => {
    expect(withUnwrittenMoves(worldWith({}, [rest]), RECORD, NOW).lanes["az1-l1"]).toEqual(served("nat-az1-l1", { movedAt: at }));
  });

  test("waits for any NAT of the fleet: the time of a healthy one runs wherever that is", () => {
    const home = { "az1-a": { evidence: SILENT }, "az1-b": { evidence: SILENT } };

    expect(nextRecord(worldWith(home, [rest]), RECORD, [], NOW).lanes["az1-l1"]?.homeHealthySince).toBe(at);
    expect(nextRecord(worldWith(home, [lane("az1-l1", "az2-a")]), RECORD, [], NOW).lanes["az1-l1"]?.homeHealthySince).toBeNull();
  });

  test("did not drift; at another's, it did, and the plan that leads it to its own mends that", () => {
    const other = { ...withGateway(LANE), route: { state: "active" as const, eniId: null, natGatewayId: "nat-other" } };
    const drift = {
      kind: "default-route",
      subject: "az1-l1",
      before: "a default route to nat-other",
      after: "a default route to nat-az1-l1",
    };

    expect(routeDrift(rest, PERFECT, "x")).toEqual([]);
    expect(driftMendedBy([toGateway], worldWith({}, [other]), RECORD)).toEqual([drift]);
    expect(driftMendedBy([toGateway], worldWith({}, [rest]), RECORD)).toEqual([]);
  });
});
