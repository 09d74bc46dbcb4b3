import type { FleetRecord } from "../../../../contract/parameters";
import type { Evidence } from "../../../../lambdas/lib/domain/evidence";
import type { Nat } from "../../../../lambdas/lib/domain/fleet";
import { markUnhealthy } from "../../../../lambdas/lib/domain/marking";
import {
  ago,
  nat,
  NOW,
  PERFECT,
  POLICY,
  RECORD,
  SILENT,
  UNHEALTHY,
  UNOBSERVED,
  worldWith,
} from "../../functions/nat-route-failover/support/builders";

const { markAfterMs, markIntervalMs } = POLICY;
const broken = (ms: number, ...names: readonly string[]): FleetRecord => ({
  ...RECORD,
  brokenSince: Object.fromEntries((names.length === 0 ? ["az1-a"] : names).map((name) => [`i-${name}`, ago(ms)])),
});
const marked = (
  nats: Readonly<Record<string, Partial<Nat>>>,
  record = broken(markAfterMs),
  asked?: ReadonlyMap<string, string>,
) => markUnhealthy(worldWith(nats), record, NOW, POLICY, asked).map(({ zone, instanceId }) => `${zone} ${instanceId}`);
const silentA = { "az1-a": { evidence: SILENT } };

describe("a NAT that is seen broken", () => {
  test("is replaced, with the reason, when it was seen so for long enough", () => {
    expect(markUnhealthy(worldWith(silentA), broken(markAfterMs), NOW, POLICY)).toEqual([
      {
        kind: "mark-unhealthy",
        zone: "az1",
        instanceId: "i-az1-a",
        because: `i-az1-a: it is silent since ${ago(markAfterMs)}; its zone has another healthy NAT`,
      },
    ]);
  });

  test("is not replaced a moment earlier, nor at the first look, nor when it was broken and is well", () => {
    expect(marked(silentA, broken(markAfterMs - 1))).toEqual([]);
    expect(marked(silentA, RECORD)).toEqual([]);
    expect(marked(silentA, broken(markAfterMs, "az1-b"))).toEqual([]);
    expect(marked({})).toEqual([]);
  });

  test.each<[string, Evidence]>([
    ["others accuse", { kind: "accused", by: ["i-1", "i-2"] }],
    ["accuses itself, and no prober reached", { kind: "unhealthy", by: "word", reasons: [] }],
    ["EC2 does not run: its group knows", { kind: "gone", state: "stopped" }],
    ["nobody observed", UNOBSERVED],
  ])("is never one that %s", (_how, evidence) => {
    expect(marked({ "az1-a": { evidence } })).toEqual([]);
  });

  test("is replaced for its own answer too", () => {
    expect(marked({ "az1-a": { evidence: UNHEALTHY } })).toEqual(["az1 i-az1-a"]);
  });

  test.each<[string, Readonly<Record<string, Partial<Nat>>>]>([
    ["is broken too", { "az1-b": { evidence: SILENT } }],
    ["was not observed", { "az1-b": { evidence: UNOBSERVED } }],
    ["is about to leave", { "az1-b": { leaving: true } }],
    ["still boots", { "az1-b": { lifecycle: "Pending:Wait" } }],
    ["is on its way out", { "az1-b": { lifecycle: "Terminating:Wait" } }],
    ["is being replaced", { "az1-b": { groupHealth: "Unhealthy" } }],
    ["is in no group: nobody would replace it in turn", { "az1-b": { lifecycle: "none", groupHealth: "none" } }],
  ])("stays while its only neighbour %s", (_how, nats) => {
    expect(marked({ ...silentA, ...nats })).toEqual([]);
  });

  test("stays when it is in no group: nobody would launch another", () => {
    expect(marked({ "az1-a": { evidence: SILENT, lifecycle: "none", groupHealth: "none" } })).toEqual([]);
  });

  test("is replaced beside a stranger that no group has, whatever that one is like", () => {
    const nats = [...worldWith(silentA).nats, nat("az1-c", { lifecycle: "none", groupHealth: "none", evidence: SILENT })];

    expect(markUnhealthy({ ...PERFECT, nats }, broken(markAfterMs), NOW, POLICY)).toHaveLength(1);
  });
});

describe("replacements", () => {
  const three = { ...PERFECT, nats: [...worldWith({ ...silentA, "az1-b": { evidence: SILENT } }).nats, nat("az1-c")] };

  test("are one per zone at a time", () => {
    const record = broken(markAfterMs, "az1-a", "az1-b");

    expect(markUnhealthy(three, record, NOW, POLICY).map(({ instanceId }) => instanceId)).toEqual(["i-az1-a"]);
  });

  test("of one zone keep their distance, whatever happens in others", () => {
    const last = (zone: string, ms: number) => ({
      ...broken(markAfterMs),
      marks: { [zone]: { instanceId: "i-old", at: ago(ms) } },
    });

    expect(marked(silentA, last("az1", markIntervalMs - 1))).toEqual([]);
    expect(marked(silentA, last("az1", markIntervalMs))).toEqual(["az1 i-az1-a"]);
    expect(marked(silentA, last("az2", 0))).toEqual(["az1 i-az1-a"]);
  });

  test("of several zones are told in the order of the zones, however the NATs were listed", () => {
    const { nats, lanes } = worldWith({ ...silentA, "az2-a": { evidence: SILENT } });
    const all = [...nats, nat("az3-a", { evidence: SILENT }), nat("az3-b")];
    const record = broken(markAfterMs, "az1-a", "az2-a", "az3-a");
    const order = (some: readonly Nat[]) => markUnhealthy({ lanes, nats: some }, record, NOW, POLICY).map(({ zone }) => zone);

    expect(order(all)).toEqual(["az1", "az2", "az3"]);
    expect(order(all.toReversed())).toEqual(["az1", "az2", "az3"]);
  });

  test("that are asked for come after those of the broken, and say who wants them", () => {
    const asked = new Map([["i-az1-a", "its ruleset stays wrong"]]);
    const world = { ...PERFECT, nats: [...worldWith({ "az1-b": { evidence: SILENT } }).nats, nat("az1-c")] };

    expect(markUnhealthy(PERFECT, RECORD, NOW, POLICY, asked)).toMatchObject([
      { instanceId: "i-az1-a", because: "i-az1-a: its ruleset stays wrong; its zone has another healthy NAT" },
    ]);
    expect(markUnhealthy(world, broken(markAfterMs, "az1-b"), NOW, POLICY, asked)).toMatchObject([{ instanceId: "i-az1-b" }]);
    expect(markUnhealthy(world, RECORD, NOW, POLICY, asked)).toMatchObject([{ instanceId: "i-az1-a" }]);
  });
});
