import { handle } from "../../../../lambdas/functions/nat-route-failover/handler";
import { Cloud } from "./support/cloud";
import { batch, delivered, envelope, SWEEP } from "./support/messages";

const GONE = "EC2 Instance State-change Notification";
const event = (instanceId: string, detailType = GONE) => envelope(detailType, { "instance-id": instanceId });

describe("EC2's events of an account's instances", () => {
  const looks = (cloud: Cloud) => cloud.calls.filter((call) => call === "instances").length;

  test.each<[string, object, number, boolean]>([
    ["of none of ours cause no look", event("i-stranger"), 1_000, false],
    [
      "of none of ours that Spot takes back cause none",
      event("i-stranger", "EC2 Spot Instance Interruption Warning"),
      1_000,
      false,
    ],
    ["of ours cause one", event("i-az1-a"), 1_000, true],
    ["of an instance that nobody looked for not long ago cause one", event("i-stranger"), 120_001, true],
    ["without an instance cause one", envelope(GONE), 1_000, true],
    ["that our own groups tell cause one", envelope("EC2 Instance Launch Successful", { EC2InstanceId: "i-new" }), 1_000, true],
  ])("%s", async (_what, body, laterMs, isLooked) => {
    const cloud = new Cloud();
    const services = cloud.services();
    await handle(batch(delivered(SWEEP)), services);
    const before = looks(cloud);

    cloud.now = new Date(cloud.now.getTime() + laterMs);
    await handle(batch(delivered(body, { sentAt: cloud.now.getTime() })), services);
    expect(looks(cloud) > before).toBe(isLooked);
  });

  test("cause one while nothing is known of the fleet", async () => {
    const cloud = new Cloud();
    await handle(batch(delivered(event("i-stranger"))), cloud.services());
    expect(looks(cloud)).toBeGreaterThan(0);
  });
});
