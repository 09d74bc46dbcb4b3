import { handle } from "../../../../lambdas/functions/nat-route-failover/handler";
import { decide } from "../../../../lambdas/functions/nat-route-failover/decide";
import { driftMendedBy } from "../../../../lambdas/lib/domain/drift";
import {
  ago,
  atGateway,
  lane,
  PERFECT,
  RECORD,
  SILENT,
  situation,
  to,
  UNOBSERVED,
  withGateway,
  worldWith,
} from "./support/builders";
import { Cloud } from "./support/cloud";
import { batch, delivered, SWEEP } from "./support/messages";

const LANE = lane("az1-l1", "az1-a");
const drifts = (world = PERFECT, record = RECORD) => {
  const decision = decide(situation({ world, record }));
  return driftMendedBy(decision.plan, decision.world, record);
};

describe("what somebody else changed of a lane is told with before and after", () => {
  test.each([
    ["a deleted route", { state: "missing" } as const, "no default route"],
    ["a route to a foreign interface", to("foreign"), "a default route to eni-foreign"],
    ["a route to a gateway", { state: "active", eniId: null } as const, "a default route to something that is no interface"],
  ])("%s", (_name, route, before) => {
    expect(drifts(worldWith({}, [{ ...LANE, route }]))).toEqual([
      { kind: "default-route", subject: "az1-l1", before, after: expect.stringMatching(/^a default route to eni-az1-/) },
    ]);
  });

  test.each([
    ["a lane that was never served", worldWith({}, [{ ...LANE, route: { state: "missing" } }]), { ...RECORD, lanes: {} }],
    ["a move from a broken NAT", worldWith({ "az1-a": { evidence: SILENT } }), RECORD],
    ["a black hole", worldWith({}, [{ ...LANE, route: { state: "blackhole", eniId: "eni-az1-a" } }]), RECORD],
    [
      "a route to a NAT that EC2 forgets",
      worldWith({ "az1-a": { eni: null, evidence: { kind: "gone", state: "shutting-down" } } }),
      RECORD,
    ],
    ["a world in order", PERFECT, RECORD],
    [
      "a fall back to the NAT Gateway",
      { lanes: [withGateway(LANE)], nats: PERFECT.nats.map((known) => ({ ...known, evidence: SILENT })) },
      RECORD,
    ],
    [
      "a return from it",
      { ...PERFECT, lanes: [atGateway(LANE)] },
      { ...RECORD, lanes: { "az1-l1": { servedBy: "nat-az1-l1", movedAt: ago(1e7), homeHealthySince: ago(1e6) } } },
    ],
  ])("but not %s", (_name, world, record) => {
    expect(drifts(world, record)).toEqual([]);
  });

  test("nor the rest of a move that was not carried through", () => {
    const addresses = LANE.addresses.map((address) => ({ ...address, association: null }));
    const world = worldWith({}, [{ ...LANE, addresses }]);
    const halfway = {
      ...RECORD,
      lanes: { ...RECORD.lanes, "az1-l1": { servedBy: "i-az1-b", movedAt: null, homeHealthySince: null } },
    };

    expect(drifts(world, RECORD)).toHaveLength(1);
    expect(drifts(world, halfway)).toEqual([]);
  });

  test("as lines and metrics, found and mended", async () => {
    const cloud = new Cloud(worldWith({}, [{ ...LANE, route: { state: "missing" } }]));

    await handle(batch(delivered(SWEEP)), cloud.services());

    expect(cloud.lines.map(({ message }) => message)).toEqual(expect.arrayContaining(["drift", "drift mended"]));
    expect(cloud.metrics).toContain('DriftFound 1 {"Env":"test","Function":"nat-route-failover"}');
    expect(cloud.metrics).toContain('DriftMended 1 {"Env":"test","Function":"nat-route-failover"}');
  });
});

describe("a replacement that config-guard asks for", () => {
  const replace = (instanceId: string) => ({
    ...SWEEP,
    kind: "replace",
    by: "config-guard",
    instanceId,
    because: "the ruleset stays wrong",
  });
  const marks = async (cloud: Cloud, instanceId = "i-az1-a") => {
    await handle(batch(delivered(replace(instanceId))), cloud.services());
    return cloud.calls.filter((call) => call.startsWith("mark"));
  };

  test("is done where the zone has another healthy NAT", async () => {
    const cloud = new Cloud();

    expect(await marks(cloud)).toEqual(["mark i-az1-a"]);
    expect(cloud.record.marks["az1"]?.instanceId).toBe("i-az1-a");
  });

  test.each([
    ["the other one is silent", { "az1-b": { evidence: SILENT } }],
    ["the other one was not observed", { "az1-b": { evidence: UNOBSERVED } }],
    ["the other one is about to leave", { "az1-b": { leaving: true } }],
    ["the other one still comes", { "az1-b": { lifecycle: "Pending:Wait" } }],
    ["one of the zone is being replaced already", { "az1-b": { groupHealth: "Unhealthy" as const } }],
  ])("is not done when %s", (_name, nats) => {
    const world = worldWith(nats);
    const request = { kind: "replace", by: "config-guard", instanceId: "i-az1-a", because: "x" } as const;

    expect(decide(situation({ world, requests: [request] })).plan.filter(({ kind }) => kind === "mark-unhealthy")).toEqual([]);
  });

  test("is not done soon after another one of its zone, nor during a hold", async () => {
    const recent = new Cloud();
    recent.record = { ...RECORD, marks: { az1: { instanceId: "i-old", at: ago(60_000) } } };
    const held = new Cloud();
    held.record = { ...RECORD, hold: { until: ago(-60_000), by: "ana", because: "work" } };

    expect(await marks(recent)).toEqual([]);
    expect(await marks(held)).toEqual([]);
  });

  test("of an instance that is none of ours is dropped; by a NAT, it is forged", async () => {
    const unknown = new Cloud();
    const forged = new Cloud();
    await handle(batch(delivered(replace("i-az1-b"), { sender: "i-0a" })), forged.services());

    expect(await marks(unknown, "i-stranger")).toEqual([]);
    expect(unknown.metrics).toContain('DroppedMessages 1 {"Env":"test","Reason":"unknown"}');
    expect(forged.metrics).toContain('DroppedMessages 1 {"Env":"test","Reason":"forged"}');
    expect(forged.calls).toEqual(["keep"]);
  });

  test("of two NATs of a zone replaces one", () => {
    const requests = ["i-az1-a", "i-az1-b"].map(
      (instanceId) => ({ kind: "replace", by: "config-guard", instanceId, because: "x" }) as const,
    );

    expect(decide(situation({ requests })).plan.filter(({ kind }) => kind === "mark-unhealthy")).toHaveLength(1);
  });
});
