import type { FleetRecord } from "../../../../contract/parameters";
import type { Evidence } from "../../../../lambdas/lib/domain/evidence";
import type { Association, DefaultRoute, GroupMember, ObservedInstance } from "../../../../lambdas/lib/domain/fleet";
import { assemble, refresh } from "../../../../lambdas/lib/domain/world";
import type { Observations } from "../../../../lambdas/lib/domain/world";
import { ago, HEALTHY, RECORD, SILENT } from "../../functions/nat-route-failover/support/builders";
import { topology } from "../../support/topology";

const eni = { eniId: "eni-1", primary: "10.0.0.4", addresses: ["10.0.0.4"] };
const instance: ObservedInstance = { instanceId: "i-1", zone: "z1", state: "running", eni };
const member = (lifecycle: string): GroupMember => ({ instanceId: "i-1", lifecycle, health: "Healthy" });
const route: DefaultRoute = { state: "active", eniId: "eni-1" };
const held: Association = { eniId: "eni-1", address: "10.0.0.10" };

const seen = (difference: Partial<Observations> = {}): Observations => ({
  topology,
  record: RECORD,
  instances: [instance],
  members: [member("InService")],
  routes: new Map<string, DefaultRoute>([
    ["rtb-z1", route],
    ["rtb-z2", { state: "missing" }],
  ]),
  associations: new Map([
    ["eipalloc-z1", held],
    ["eipalloc-z2", null],
  ]),
  evidence: new Map([["i-1", HEALTHY]]),
  ...difference,
});
const natOf = (difference: Partial<Observations>) => assemble(seen(difference)).nats[0];
const noticed = (instanceId: string): FleetRecord => ({
  ...RECORD,
  notices: { [instanceId]: { at: ago(0), because: "rebalance", force: false, by: "nat" } },
});

describe("a NAT", () => {
  test("is what EC2, its group and the probers say together", () => {
    expect(natOf({})).toEqual({
      ...{ instanceId: "i-1", zone: "z1", eni, lifecycle: "InService", groupHealth: "Healthy" },
      ...{ leaving: false, departing: false, evidence: HEALTHY },
    });
  });

  test("that no group of ours has is one all the same, and says so", () => {
    expect(natOf({ members: [] })).toMatchObject({ lifecycle: "none", groupHealth: "none", leaving: false, departing: false });
  });

  describe("that runs in no group of ours, as after detach-instances,", () => {
    const beside = (changes: Partial<ObservedInstance> & { readonly lifecycle?: string; readonly evidence?: Evidence } = {}) => {
      const { lifecycle = "InService", evidence = HEALTHY, ...more } = changes;
      const other: ObservedInstance = { ...instance, instanceId: "i-2", eni: { ...eni, eniId: "eni-2" }, ...more };
      return {
        instances: [instance, other],
        members: lifecycle === "none" ? [] : [{ ...member(lifecycle), instanceId: "i-2" }],
        evidence: new Map<string, Evidence>([
          ["i-1", HEALTHY],
          ["i-2", evidence],
        ]),
      };
    };

    test.each(["InService", "Pending:Wait"])("departs when another of its zone is healthy and %s", (lifecycle) => {
      expect(natOf(beside({ lifecycle }))).toMatchObject({ lifecycle: "none", leaving: true, departing: true });
    });

    test.each<[string, Partial<Observations>]>([
      ["is not healthy", beside({ evidence: SILENT })],
      ["is of another zone", beside({ zone: "z2" })],
      ["leaves", beside({ lifecycle: "Terminating:Wait" })],
      ["was announced to leave", { ...beside(), record: noticed("i-2") }],
      ["is in no group either", beside({ lifecycle: "none" })],
      ["drops what it forwards", beside({ eni: { ...eni, eniId: "eni-2", sourceDestCheck: true } })],
    ])("stays while the other %s", (_why, difference) => {
      expect(natOf(difference)).toMatchObject({ leaving: false, departing: false });
    });

    test("stays while it boots: its group may list it a moment later", () => {
      const { instances, ...more } = beside();

      expect(natOf({ ...more, instances: [{ ...instance, state: "pending" }, ...instances.slice(1)] })?.departing).toBe(false);
    });

    test("says nothing against those that a group has", () => {
      expect(assemble(seen(beside())).nats[1]).toMatchObject({ instanceId: "i-2", leaving: false, departing: false });
    });
  });

  test("that nobody was asked about is unobserved, not broken", () => {
    expect(natOf({ evidence: new Map() })?.evidence).toEqual({ kind: "unobserved", because: "nobody asked" });
  });

  test.each(["Terminating", "Terminating:Wait", "Detaching", "Detached", "Standby", "EnteringStandby"])(
    "that is %s in its group departs, whether or not it was announced",
    (lifecycle) => {
      expect(natOf({ members: [member(lifecycle)] })).toMatchObject({ leaving: true, departing: true });
      expect(natOf({ members: [member(lifecycle)], record: noticed("i-1") })).toMatchObject({ leaving: true, departing: true });
    },
  );

  test.each(["Pending", "Pending:Wait", "InService", "Warmed:Terminating:Wait"])("that is %s in its group stays", (lifecycle) => {
    expect(natOf({ members: [member(lifecycle)] })).toMatchObject({ leaving: false, departing: false });
  });

  test("that was announced leaves, and its group still has it", () => {
    expect(natOf({ record: noticed("i-1") })).toMatchObject({ leaving: true, departing: false });
    expect(natOf({ record: noticed("i-2") })?.leaving).toBe(false);
  });
});

describe("lanes", () => {
  test("have the route and the association that EC2 described, an address without one included", () => {
    expect(assemble(seen()).lanes).toMatchObject([
      { lane: "z1-l1", zone: "z1", route, addresses: [{ allocationId: "eipalloc-z1", association: held }] },
      { lane: "z2-l1", zone: "z2", route: { state: "missing" }, addresses: [{ association: null }] },
    ]);
  });

  test("are told by name when their probers find the path broken", () => {
    const breached = (lanes?: readonly string[]) =>
      assemble(seen(lanes === undefined ? {} : { breached: new Set(lanes) })).lanes.map((lane) => lane.breached);

    expect(breached(["z2-l1"])).toEqual([undefined, true]);
    expect([breached(["z9-l1"]), breached()]).toEqual([
      [undefined, undefined],
      [undefined, undefined],
    ]);
  });

  test("come in the order of their names, whatever the topology's", () => {
    const lanes = topology.lanes.toReversed();

    expect(assemble(seen({ topology: { ...topology, lanes } })).lanes.map(({ lane }) => lane)).toEqual(["z1-l1", "z2-l1"]);
  });

  test.each<[string, Partial<Observations>]>([
    ["rtb-z2", { routes: new Map([["rtb-z1", route]]) }],
    ["eipalloc-z2", { associations: new Map([["eipalloc-z1", held]]) }],
  ])("are not decided on while %s is in the topology and was not observed", (id, difference) => {
    expect(() => assemble(seen(difference))).toThrow(
      `${id} is in the topology but was not observed; nothing is decided on part of an answer`,
    );
  });
});

test("after the acts EC2 is as it answers now, and health as it was observed", () => {
  const before = assemble(seen());
  const after = refresh(before, {
    ...seen({ instances: [{ ...instance, eni: { ...eni, addresses: ["10.0.0.4", "10.0.0.10"] } }], evidence: new Map() }),
    routes: new Map<string, DefaultRoute>([
      ["rtb-z1", route],
      ["rtb-z2", route],
    ]),
  });

  expect(after.nats).toMatchObject([{ evidence: HEALTHY, eni: { addresses: ["10.0.0.4", "10.0.0.10"] } }]);
  expect(after.lanes.map((lane) => lane.route)).toEqual([route, route]);
  expect(refresh(before, seen({ instances: [] })).nats).toMatchObject([{ instanceId: "i-1", evidence: HEALTHY, eni: null }]);
});
