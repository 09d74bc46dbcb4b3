import type { Topology } from "../../../../contract/parameters";
import type { Drift } from "../../../../lambdas/lib/domain/drift";
import { extant, vanishedAddresses, vanishedTables } from "../../../../lambdas/lib/domain/vanished";
import { topology as plain } from "../../support/topology";

/** Lane z1-l1 has two Elastic IPs. */
const topology: Topology = {
  ...plain,
  lanes: plain.lanes.map((lane, index) => ({
    ...lane,
    addresses:
      index === 0
        ? [...lane.addresses, { allocationId: "eipalloc-z1-2", publicIp: "198.51.100.2", floating: "10.0.0.11" }]
        : lane.addresses,
  })),
};
const TABLES = ["rtb-z1", "rtb-z2"];
const ADDRESSES = ["eipalloc-z1", "eipalloc-z1-2", "eipalloc-z2"];
/** What EC2 has: a route table without a default route, and an Elastic IP on nothing, are there all the same. */
const without = (...gone: readonly string[]) => {
  const left = (ids: readonly string[]) => new Map(ids.filter((id) => !gone.includes(id)).map((id) => [id, null]));
  return { routes: left(TABLES), associations: left(ADDRESSES) };
};
const idsIn = ({ lanes }: Topology) =>
  lanes.map(({ lane, addresses }) => [lane, ...addresses.map(({ allocationId }) => allocationId)].join(" "));

describe("of a topology is left", () => {
  test.each<[string, readonly string[], readonly string[]]>([
    ["all of it, when EC2 has everything", [], ["z1-l1 eipalloc-z1 eipalloc-z1-2", "z2-l1 eipalloc-z2"]],
    ["no lane whose route table was deleted", ["rtb-z1"], ["z2-l1 eipalloc-z2"]],
    ["no Elastic IP that was released", ["eipalloc-z1"], ["z1-l1 eipalloc-z1-2", "z2-l1 eipalloc-z2"]],
    ["a lane whose only Elastic IP was released", ["eipalloc-z2"], ["z1-l1 eipalloc-z1 eipalloc-z1-2", "z2-l1"]],
  ])("%s", (_what, gone, expected) => {
    const left = extant(topology, without(...gone));

    expect(idsIn(left)).toEqual(expected);
    expect({ ...left, lanes: [] }).toEqual({ ...topology, lanes: [] });
  });
});

describe("what somebody deleted", () => {
  test("is nothing when EC2 has all of it", () => {
    const { routes, associations } = without();

    expect([...vanishedTables(topology, routes), ...vanishedAddresses(topology, associations)]).toEqual([]);
  });

  test.each<[string, readonly Drift[], Drift]>([
    [
      "the lane whose route table it was",
      vanishedTables(topology, without("rtb-z2").routes),
      {
        kind: "default-route",
        subject: "z2-l1",
        before: "route table rtb-z2 does not exist",
        after: "a route table of the lane: deploy again",
      },
    ],
    [
      "the lane whose Elastic IP it was, and which one",
      vanishedAddresses(topology, without("eipalloc-z1-2").associations),
      {
        kind: "address",
        subject: "z1-l1",
        before: "eipalloc-z1-2 (198.51.100.2) does not exist",
        after: "an Elastic IP in the place of 198.51.100.2: deploy again",
      },
    ],
  ])("is told: %s, and that only a deployment helps", (_what, told, expected) => {
    expect(told).toEqual([expected]);
  });
});
