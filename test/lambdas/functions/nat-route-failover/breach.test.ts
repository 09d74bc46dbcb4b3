import { handle } from "../../../../lambdas/functions/nat-route-failover/handler";
import { lane, PERFECT } from "./support/builders";
import { Cloud } from "./support/cloud";
import { batch, delivered, SWEEP } from "./support/messages";

const sweep = batch(delivered(SWEEP));
const breach = { ...SWEEP, kind: "breach", lane: "az1-l1", failed: 3, of: 3, targets: ["a", "b"] };

describe("a lane's own probes", () => {
  test("leaves a NAT alone whose agent is down, until the lane's probes find its path broken", async () => {
    const cloud = new Cloud();
    cloud.answers.set("i-az1-a", "refused");

    await handle(sweep, cloud.services());
    expect(cloud.routeOf("az1-l1")).toBe("eni-az1-a");

    await handle(batch(delivered({ ...breach, lane: "az2-l1" })), cloud.services());
    expect(cloud.routeOf("az1-l1")).toBe("eni-az1-a");

    await handle(batch(delivered({ ...breach, proberAnswered: false })), cloud.services());
    expect(cloud.routeOf("az1-l1")).toBe("eni-az1-a");

    await handle(batch(delivered(breach)), cloud.services());
    expect(cloud.routeOf("az1-l1")).toBe("eni-az1-b");
  });

  test("condemns no NAT for one of the lanes that it serves: only that lane moves", async () => {
    const lanes = [lane("az1-l1", "az1-a"), lane("az1-l2", "az1-a"), lane("az2-l1", "az2-a")];
    const cloud = new Cloud({ ...PERFECT, lanes });
    cloud.answers.set("i-az1-a", "refused");

    await handle(batch(delivered(breach)), cloud.services());
    expect([cloud.routeOf("az1-l1"), cloud.routeOf("az1-l2")]).toEqual(["eni-az1-b", "eni-az1-a"]);
  });
});

test("a NAT in service that an answer of EC2 lacks keeps its lane", async () => {
  const cloud = new Cloud();
  cloud.unlisted.add("i-az1-a");

  await expect(handle(sweep, cloud.services())).rejects.toThrow("EC2 lists no i-az1-a");
  expect(cloud.writes()).toEqual([]);
});

describe("a NAT's own word", () => {
  test.each(["alone", "deaf"] as const)(
    "holds nobody in sync who has not heard of a neighbour that works: %s",
    async (answer) => {
      const cloud = new Cloud();
      cloud.answers.set("i-az1-b", answer);

      await handle(sweep, cloud.services());
      const decided = cloud.lines.find(({ message }) => message === "decided");
      expect(decided?.keys["evidence"]).toContainEqual(expect.objectContaining({ instanceId: "i-az1-b", synced: false }));
    },
  );

  test("does not believe a NAT that says it is well while the probes of its lane fail; once, not to and fro", async () => {
    const cloud = new Cloud();

    await handle(batch(delivered(breach)), cloud.services());
    expect(cloud.routeOf("az1-l1")).toBe("eni-az1-b");

    cloud.now = new Date(cloud.now.getTime() + 60_000);
    await handle(batch(delivered(breach, { sentAt: cloud.now.getTime() })), cloud.services());
    expect(cloud.routeOf("az1-l1")).toBe("eni-az1-b");
  });
});
