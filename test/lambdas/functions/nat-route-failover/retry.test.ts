import { handle } from "../../../../lambdas/functions/nat-route-failover/handler";
import { pauseSeconds } from "../../../../lambdas/functions/nat-route-failover/retry";
import { Cloud, silence } from "./support/cloud";
import { batch, delivered, SWEEP } from "./support/messages";

const again = (cloud: Cloud) => cloud.calls.filter((call) => call.startsWith("again"));
const second = { ...delivered(SWEEP, { receives: 3 }), receiptHandle: "handle-2" };

describe("a run that fails", () => {
  test("before it changed anything is repeated soon: the whole batch, by how often its oldest message was tried", async () => {
    const cloud = new Cloud();
    cloud.failing.set("instances", new Error("throttled"));

    await expect(handle(batch(delivered(SWEEP)), cloud.services())).rejects.toThrow("throttled");
    await expect(handle(batch(delivered(SWEEP), second), cloud.services())).rejects.toThrow("throttled");

    expect(again(cloud)).toEqual(["again in 1 s: handle-1", "again in 4 s: handle-1 handle-2"]);
  });

  test.each<[string, (cloud: Cloud) => unknown]>([
    ["at a call", (cloud) => cloud.failing.set("replace rtb-az1-l1", new Error("no permission"))],
    ["at what EC2 does not show", (cloud) => (cloud.isStuck = true)],
    ["at writing down what it did", (cloud) => cloud.failing.set("save", new Error("throttled"))],
  ])("%s, after it began to act, is repeated when EC2 shows what it did", async (_what, spoil) => {
    const cloud = silence("az1-a");
    spoil(cloud);

    await expect(handle(batch(delivered(SWEEP)), cloud.services())).rejects.toThrow();

    expect(again(cloud)).toEqual(["again in 6 s: handle-1"]);
  });

  test("says why it failed also when SQS refuses the repetition", async () => {
    const cloud = new Cloud();
    cloud.failing.set("instances", new Error("throttled"));
    cloud.failing.set("again in 1 s: handle-1", new Error("ReceiptHandleIsInvalid"));

    await expect(handle(batch(delivered(SWEEP)), cloud.services())).rejects.toThrow("throttled");

    expect(cloud.lines.filter(({ level }) => level === "warn")).toHaveLength(1);
  });

  test("by nobody's message is nobody's to repeat", async () => {
    const cloud = new Cloud();

    await expect(handle({ hello: 1 }, cloud.services())).rejects.toThrow("must be an SQS event");

    expect(cloud.calls).toEqual([]);
  });
});

test("a run that succeeds leaves its messages to the queue", async () => {
  const cloud = silence("az1-a");

  await handle(batch(delivered(SWEEP)), cloud.services());

  expect(again(cloud)).toEqual([]);
});

test("pauses grow to four seconds; after an act they outlast EC2's answers about what was before", () => {
  expect([1, 2, 3, 4, 9].map((receives) => pauseSeconds(receives, false))).toEqual([1, 2, 4, 4, 4]);
  expect([1, 9].map((receives) => pauseSeconds(receives, true))).toEqual([6, 6]);
});
