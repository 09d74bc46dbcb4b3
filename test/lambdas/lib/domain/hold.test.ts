import type { FleetRecord, LeaveCause, Notice } from "../../../../contract/parameters";
import { decide } from "../../../../lambdas/functions/nat-route-failover/decide";
import type { Nat, World } from "../../../../lambdas/lib/domain/fleet";
import {
  ago,
  at,
  floatingOf,
  guestOf,
  lane,
  nat,
  RECORD,
  SILENT,
  situation,
  UNOBSERVED,
  UNSYNCED,
  withGateway,
  worldWith,
} from "../../functions/nat-route-failover/support/builders";

const hold = { until: ago(-600_000), by: "ben", because: "migration" };
const held = (because?: LeaveCause, difference: Partial<Notice> = {}, name = "az1-a"): FleetRecord => ({
  ...RECORD,
  hold,
  ...(because && { notices: { [`i-${name}`]: { at: ago(10_000), because, force: false, by: "nat", ...difference } } }),
});
/** az1-a leaves, and how az1-b is. */
const leaver = (itself: Partial<Nat> = {}, other: Partial<Nat> = {}) =>
  worldWith({ "az1-a": { leaving: true, ...itself }, "az1-b": other });
const outOfGroup = { departing: true, lifecycle: "Terminating:Wait" };
/** The route leads to az1-b, and the address is still where it was. */
const halfway = (itself: Partial<Nat>, others: Readonly<Record<string, Partial<Nat>>> = {}): World => {
  const moved = lane("az1-l1", "az1-b");
  const { addresses } = lane("az1-l1", "az1-a");
  return worldWith({ "az1-a": itself, ...others }, [{ ...moved, addresses }]);
};
/** Of two addresses one has followed the route to az1-b; az1-a leaves, with the other. */
const twoAddresses = (): World => {
  const moved = lane("az1-l1", "az1-b");
  const second = {
    allocationId: "eipalloc-2",
    publicIp: "public-2",
    floating: "floating-2",
    association: at("az1-a", "floating-2"),
  };
  const { eni } = nat("az1-a", {}, "floating-2");
  return worldWith({ "az1-a": { leaving: true, eni }, "az1-b": nat("az1-b", {}, floatingOf("az1-l1")) }, [
    { ...moved, addresses: [...moved.addresses, second] },
  ]);
};
/** The lane is at az2-b, which leaves; both NATs of its own zone are well. */
const abroad = (): World =>
  worldWith({ "az1-a": { eni: nat("az1-a").eni }, "az2-b": nat("az2-b", { leaving: true }, guestOf("az1-l1", "az2")) }, [
    lane("az1-l1", "az2-b"),
  ]);
const booting: Partial<Nat> = { eni: null, lifecycle: "Pending:Wait", evidence: UNOBSERVED };
const besideNewcomer = (): World => ({ ...leaver(), nats: [nat("az1-0", booting), ...leaver().nats] });
/** Nobody is healthy, az1-a ends, and the lane has a NAT Gateway. */
const stranded = (): World =>
  worldWith(
    {
      "az1-a": { leaving: true, evidence: SILENT },
      "az1-b": booting,
      "az2-a": { evidence: SILENT },
      "az2-b": { evidence: SILENT },
    },
    [withGateway(lane("az1-l1", "az1-a"))],
  );

const done = (world: World, record: FleetRecord) =>
  decide(situation({ world, record })).plan.flatMap((action) => {
    if (action.kind === "point-route") return [`route → ${action.instanceId}`];
    if (action.kind === "point-route-to-gateway") return [`route → ${action.natGatewayId}`];
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
    ["that ends, while another of its zone boots and has no interface,", besideNewcomer(), held("shutdown")],
    ["that an operator drains", leaver(), held("drain", { by: "operator" })],
  ])("a NAT %s hands its lane over to the other one of its zone", (_what, world, record) => {
    expect(done(world, record)).toEqual(handedOver);
  });

  test.each<[string, World, FleetRecord, readonly string[]]>([
    [
      "off a NAT that an operator drains, to another zone",
      leaver({}, { evidence: SILENT }),
      held("drain", { by: "operator", force: true }),
      ["route → i-az2-b", `${guestOf("az1-l1", "az2")} → eni-az2-b`],
    ],
    [
      "home, off a NAT of another zone that ends",
      abroad(),
      held("spot-interruption", {}, "az2-b"),
      ["route → i-az1-a", `${floatingOf("az1-l1")} → eni-az1-a`],
    ],
    [
      "back to the NAT that has its address still, off one that ends",
      halfway({}, { "az1-b": { leaving: true } }),
      held("shutdown", {}, "az1-b"),
      ["route → i-az1-a"],
    ],
  ])("a lane goes %s", (_what, world, record, expected) => {
    expect(done(world, record)).toEqual(expected);
  });

  test.each<[string, World, FleetRecord]>([
    ["of a NAT that leaves for comfort", leaver(), held("rebalance")],
    ["of a NAT that is drained by its own word", leaver(), held("drain")],
    ["of a NAT that its group puts aside, and that works on", leaver({ departing: true, lifecycle: "Standby" }), held()],
    ["of a NAT that is lost", worldWith({ "az1-a": { evidence: SILENT } }), held()],
    ["of a NAT that ends, to another zone", leaver({}, { evidence: SILENT }), held("spot-interruption")],
    ["of a NAT that ends, to a NAT Gateway", stranded(), held("terminating")],
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
    ["off a NAT that ends, when another has followed", twoAddresses(), held("shutdown"), ["floating-2 → eni-az1-b"]],
    ["and not off one that stays", halfway({}), held(), []],
    [
      "and not off one that stays while another ends",
      halfway({}, { "az2-b": { leaving: true } }),
      held("shutdown", {}, "az2-b"),
      [],
    ],
  ])("an address follows its lane %s", (_what, world, record, expected) => {
    expect(done(world, record)).toEqual(expected);
  });
});
