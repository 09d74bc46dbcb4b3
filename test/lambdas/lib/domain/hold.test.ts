import type { FleetRecord, LeaveCause, Notice } from "../../../../contract/parameters";
import { decide } from "../../../../lambdas/functions/nat-route-failover/decide";
import type { Nat, World } from "../../../../lambdas/lib/domain/fleet";
import {
  ago,
  floatingOf,
  lane,
  RECORD,
  SILENT,
  situation,
  UNOBSERVED,
  UNSYNCED,
  worldWith,
} from "../../functions/nat-route-failover/support/builders";

const hold = { until: ago(-600_000), by: "ben", because: "migration" };
const held = (because?: LeaveCause, difference: Partial<Notice> = {}): FleetRecord => ({
  ...RECORD,
  hold,
  ...(because && { notices: { "i-az1-a": { at: ago(10_000), because, force: false, by: "nat", ...difference } } }),
});
/** az1-a leaves, and how az1-b is. */
const leaver = (itself: Partial<Nat> = {}, other: Partial<Nat> = {}) =>
  worldWith({ "az1-a": { leaving: true, ...itself }, "az1-b": other });
const outOfGroup = { departing: true, lifecycle: "Terminating:Wait" };
/** The route leads to az1-b, and the address is still where it was. */
const halfway = (itself: Partial<Nat>): World => {
  const moved = lane("az1-l1", "az1-b");
  const { addresses } = lane("az1-l1", "az1-a");
  return worldWith({ "az1-a": itself }, [{ ...moved, addresses }]);
};

const done = (world: World, record: FleetRecord) =>
  decide(situation({ world, record })).plan.flatMap((action) => {
    if (action.kind === "point-route") return [`route → ${action.instanceId}`];
    return action.kind === "bring-address" ? [`${action.address} → ${action.eniId}`] : [];
  });
const handedOver = ["route → i-az1-b", `${floatingOf("az1-l1")} → eni-az1-b`];

describe("during a hold", () => {
  test.each<[string, World, FleetRecord]>([
    ["that Spot takes back", leaver(), held("spot-interruption")],
    ["that is being terminated", leaver(), held("terminating")],
    ["that shuts down", leaver(), held("shutdown")],
    ["that its group takes out, said or not", leaver(outOfGroup), held()],
    ["that ends and can no longer be seen", leaver({ evidence: UNOBSERVED }), held("shutdown")],
    ["that ends and is silent already", leaver({ evidence: SILENT }), held("terminating")],
    ["that ends, when nobody of its zone has its copies in time", leaver({}, { evidence: UNSYNCED }), held("terminating")],
    ["that an operator drains", leaver(), held("drain", { by: "operator" })],
  ])("a NAT %s hands its lane over to the other one of its zone", (_what, world, record) => {
    expect(done(world, record)).toEqual(handedOver);
  });

  test.each<[string, World, FleetRecord]>([
    ["of a NAT that leaves for comfort", leaver(), held("rebalance")],
    ["of a NAT that is drained by its own word", leaver(), held("drain")],
    ["of a NAT that its group puts aside, and that works on", leaver({ departing: true, lifecycle: "Standby" }), held()],
    ["of a NAT that is lost", worldWith({ "az1-a": { evidence: SILENT } }), held()],
    ["of a NAT that ends, to another zone", leaver({}, { evidence: SILENT }), held("spot-interruption")],
    [
      "of a NAT that ends, while one of its zone may have its copies in time",
      leaver({}, { evidence: UNSYNCED }),
      held("terminating", { at: ago(0) }),
    ],
  ])("nothing moves %s", (_what, world, record) => {
    expect(done(world, record)).toEqual([]);
  });

  test.each<[string, World, FleetRecord, readonly string[]]>([
    ["off a NAT that ends", halfway({ leaving: true }), held("shutdown"), [`${floatingOf("az1-l1")} → eni-az1-b`]],
    [
      "off a NAT that an operator drains",
      halfway({ leaving: true }),
      held("drain", { by: "operator" }),
      [`${floatingOf("az1-l1")} → eni-az1-b`],
    ],
    ["and not off one that stays", halfway({}), held(), []],
  ])("an address follows its lane %s", (_what, world, record, expected) => {
    expect(done(world, record)).toEqual(expected);
  });
});
