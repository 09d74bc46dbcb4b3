import type { Lane, LastResort, Nat, World } from "../../../../lambdas/lib/domain/fleet";
import type { Evidence } from "../../../../lambdas/lib/domain/evidence";
import { fallBack, faultOf, resortOf } from "../../../../lambdas/lib/domain/last-resort";
import {
  atGateway,
  HEALTHY,
  lane,
  nat,
  SILENT,
  UNHEALTHY,
  UNOBSERVED,
  withGateway,
} from "../../functions/nat-route-failover/support/builders";

const SHUT_IN: Evidence = { kind: "unhealthy", by: "healthz", reasons: ["self-probe: 3 failures"], outside: true };
const GONE: Evidence = { kind: "gone", state: "stopping" };
const l1 = lane("az1-l1", "az1-a");
const l2 = lane("az2-l1", "az2-a");
const fleet = (first: Partial<Nat>, second: Partial<Nat> = { evidence: SILENT }, other = withGateway(l2)): World => ({
  lanes: [withGateway(l1), other],
  nats: [nat("az1-a", first), nat("az2-a", second)],
});

/** Where the lane goes, or why it does not. */
function outcome(world: World, known: Lane = withGateway(l1)): string {
  // Copies: what is derived from an array is derived once, and must not be what an earlier run of the table left.
  const fresh = { lanes: [...world.lanes], nats: [...world.nats] };
  const [action] = fallBack(known, fresh, "az1-a is broken");
  if (action?.kind === "point-route-to-gateway") return action.natGatewayId;
  return action?.because ?? "";
}

describe("a lane without a healthy NAT goes to its NAT Gateway when", () => {
  test.each<[string, World]>([
    ["no NAT runs", fleet({ evidence: GONE }, { evidence: GONE })],
    ["no NAT answers probers that are alive", fleet({ evidence: SILENT })],
    ["every NAT has lost its rules", fleet({ evidence: UNHEALTHY }, { evidence: UNHEALTHY })],
    [
      "the only other NAT boots and was not seen yet",
      fleet({ evidence: GONE }, { evidence: UNOBSERVED, lifecycle: "Pending:Wait" }),
    ],
    [
      "the only other NAT is taken out by its group and cannot be seen any more",
      fleet({ evidence: GONE }, { evidence: UNOBSERVED, departing: true, leaving: true }),
    ],
    [
      "a NAT finds only its way out shut, and another lane's path works: the internet is there",
      fleet({ evidence: SHUT_IN }, { evidence: SHUT_IN }, withGateway(l2, { path: "works" })),
    ],
  ])("%s", (_what, world) => {
    expect(outcome(world)).toBe("nat-az1-l1");
  });
});

describe("it holds static, and says why, when", () => {
  test.each<[string, World, Lane, string]>([
    ["it has none", fleet({ evidence: SILENT }), l1, "hold static"],
    [
      "the gateway has failed",
      fleet({ evidence: SILENT }),
      withGateway(l1, { state: "failed", path: "broken" }),
      "nat-az1-l1 is failed",
    ],
    [
      "nobody could ask for the gateway",
      fleet({ evidence: SILENT }),
      withGateway(l1, { path: "broken" }),
      "nat-az1-l1 is unobserved",
    ],
    [
      "its own probes pass: the NAT works, whoever does not hear it",
      fleet({ evidence: SILENT }),
      withGateway(l1, { state: "available", path: "works" }),
      "its probes still pass",
    ],
    [
      "nobody could ask its probes",
      fleet({ evidence: SILENT }),
      withGateway(l1, { state: "available" }),
      "its path was not observed",
    ],
    [
      "a NAT in service was not observed: it may be healthy",
      fleet({ evidence: SILENT }, { evidence: UNOBSERVED }),
      withGateway(l1),
      "i-az2-a was not observed",
    ],
    [
      "a NAT finds nothing wrong with itself, only its way out shut: the internet may be broken",
      fleet({ evidence: SILENT }, { evidence: SHUT_IN }),
      withGateway(l1),
      "i-az2-a finds nothing wrong with itself",
    ],
    [
      "every NAT does",
      fleet({ evidence: SHUT_IN }, { evidence: SHUT_IN }),
      withGateway(l1),
      "i-az1-a finds nothing wrong with itself",
    ],
  ])("%s", (_what, world, known, why) => {
    expect(outcome(world, known)).toContain(why);
    expect(fallBack(known, world, "")).toMatchObject([{ kind: "none", held: true }]);
  });
});

describe("a lane is at its NAT Gateway", () => {
  test("when its default route leads to its own, and works", () => {
    expect(resortOf(atGateway(l1))?.publicIp).toBe("gateway-az1-l1");
    expect(resortOf(withGateway(l1))).toBeUndefined();
    expect(
      resortOf({ ...withGateway(l1), route: { state: "active", eniId: null, natGatewayId: "nat-of-others" } }),
    ).toBeUndefined();
    expect(resortOf({ ...l1, route: { state: "active", eniId: null, natGatewayId: "nat-az1-l1" } })).toBeUndefined();
    expect(resortOf({ ...withGateway(l1), route: { state: "blackhole", eniId: null } })).toBeUndefined();
  });

  test.each<[Partial<LastResort>, string | undefined]>([
    [{ state: "available" }, undefined],
    [{ state: "pending" }, undefined],
    [{ state: "failed" }, "nat-1 is failed"],
    [{ state: "deleting" }, "nat-1 is deleting"],
    [{ state: "deleted" }, "nat-1 is deleted"],
    [{ state: "available", path: "works" }, undefined],
    [{ state: "available", path: "broken" }, "nat-1 serves, and the lane's probes fail"],
    [{ path: "broken" }, "nat-1 serves, and the lane's probes fail"],
    [{}, undefined],
  ])("of which this was seen: %j; its fault: %s", (seen, fault) => {
    expect(faultOf({ natGatewayId: "nat-1", publicIp: "192.0.2.1", ...seen })).toBe(fault);
  });
});

test("a NAT that is healthy is never taken for one that comes or goes", () => {
  const world = fleet({ evidence: GONE }, { evidence: HEALTHY, departing: true, leaving: true });

  expect(outcome(world)).toContain("i-az2-a was not observed");
});
