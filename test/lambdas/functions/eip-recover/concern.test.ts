import { concerns, textsIn } from "../../../../lambdas/functions/eip-recover/concern";
import { topology } from "../../support/topology";

const [LANE] = topology.lanes;
const lanes = LANE === undefined ? [] : [{ ...LANE, guests: { z2: "10.0.1.20" } }];

describe("a call concerns us", () => {
  test.each<[string, object, boolean]>([
    ["names one of our allocations", { allocationId: "eipalloc-z1", networkInterfaceId: "eni-x" }, true],
    ["names one of our public addresses", { publicIp: "198.51.100.1" }, true],
    ["takes a floating address", { privateIpAddressesSet: { item: [{ privateIpAddress: "10.0.0.10" }] } }, true],
    ["takes a guest address", { privateIpAddressesSet: { item: [{ privateIpAddress: "10.0.1.20" }] } }, true],
    ["names an association: whose, it does not say", { associationId: "eipassoc-1" }, true],
    ["says nothing", {}, true],
    ["names another allocation", { allocationId: "eipalloc-0a1b", networkInterfaceId: "eni-x" }, false],
    ["takes other addresses", { networkInterfaceId: "eni-x", assigned: [{ privateIpAddress: "10.0.5.17" }] }, false],
    ["takes a prefix", { networkInterfaceId: "eni-x", assigned: { ipv4Prefix: "10.0.5.16/28" } }, false],
    ["takes others beside one of ours", { a: ["10.0.5.17", "10.0.0.10"] }, true],
  ])("when it %s", (_what, parameters, expected) => {
    expect(concerns(textsIn(parameters), { ...topology, lanes })).toBe(expected);
  });
});
