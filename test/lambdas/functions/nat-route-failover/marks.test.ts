import { handle } from "../../../../lambdas/functions/nat-route-failover/handler";
import { ago } from "./support/builders";
import { silence } from "./support/cloud";
import { batch, delivered, SWEEP } from "./support/messages";

const sweep = batch(delivered(SWEEP));
const marks = (calls: readonly string[]) => calls.filter((call) => call.startsWith("mark"));

/** az1-a has been broken for long, and lane az2-l1 never gets its Elastic IP. */
function besideAnUnsettledLane(...silent: readonly string[]) {
  const cloud = silence("az1-a", ...silent);
  cloud.record = { ...cloud.record, brokenSince: { "i-az1-a": ago(30_000) } };
  const lanes = cloud.world.lanes.map((lane) =>
    lane.lane === "az2-l1" ? { ...lane, addresses: lane.addresses.map((address) => ({ ...address, association: null })) } : lane,
  );
  cloud.world = { ...cloud.world, lanes };
  cloud.failing.set("associate eipalloc-az2-l1", new Error("AuthFailure"));
  return cloud;
}

describe("a lane that does not settle", () => {
  test("keeps no NAT of another zone from being replaced", async () => {
    const cloud = besideAnUnsettledLane();

    await expect(handle(sweep, cloud.services())).rejects.toThrow("AuthFailure");

    expect(marks(cloud.writes())).toEqual(["mark i-az1-a"]);
    expect(cloud.record.marks["az1"]?.instanceId).toBe("i-az1-a");
  });

  test("keeps those of the zone that it goes to", async () => {
    const cloud = besideAnUnsettledLane("az2-a", "az2-b");

    await expect(handle(sweep, cloud.services())).rejects.toThrow("lanes az2-l1 are not settled yet");

    expect(cloud.routeOf("az2-l1")).toBe("eni-az1-b");
    expect(marks(cloud.writes())).toEqual([]);
  });
});
