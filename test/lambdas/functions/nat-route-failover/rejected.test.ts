import { parseEvent } from "../../../../lambdas/functions/nat-route-failover/event";
import { handle } from "../../../../lambdas/functions/nat-route-failover/handler";
import { Sequences } from "../../../../lambdas/functions/nat-route-failover/memory";
import { NOW } from "./support/builders";
import { silence } from "./support/cloud";
import { batch, delivered, leave, suspicion, SWEEP } from "./support/messages";

const DONE = { batchItemFailures: [] };
const ahead = new Date(NOW.getTime() + 60_001).toISOString();

describe("messages", () => {
  test.each([
    ["malformed", delivered("{")],
    ["malformed", delivered({ ...SWEEP, schema: 2 })],
    ["foreign", delivered({ ...SWEEP, env: "prod" })],
    ["forged", delivered(leave(), { sender: "i-0c" })],
    ["implausible", delivered({ ...SWEEP, at: ahead })],
  ])("that are %s are rejected, word for word", (reason, record) => {
    const { messageId, body, attributes } = record;

    const { rejected } = parseEvent(batch(record), { env: "test", now: NOW, sequences: new Sequences() });

    expect(rejected).toEqual([{ messageId, body, senderId: attributes.SenderId, reason }]);
  });

  test("that are stale or replayed are dropped, not rejected: the look that they asked for is had anyway", () => {
    const heard = delivered(suspicion(), { sender: "i-0b" });
    const stale = delivered(SWEEP, { sentAt: NOW.getTime() - 120_001 });

    const { dropped, rejected } = parseEvent(batch(heard, heard, stale), { env: "test", now: NOW, sequences: new Sequences() });

    expect(dropped.map(({ reason }) => reason)).toEqual(["replayed", "stale"]);
    expect(rejected).toEqual([]);
  });

  test("that are bad are counted, logged and dropped without a look", async () => {
    const cloud = silence("az1-a");

    expect(await handle(batch(delivered("{"), delivered({ ...SWEEP, env: "prod" })), cloud.services())).toEqual(DONE);

    expect(cloud.calls).toEqual(["keep", "keep"]);
    expect(cloud.kept).toEqual(["malformed {", `foreign ${JSON.stringify({ ...SWEEP, env: "prod" })}`]);
    expect(cloud.metrics).toEqual([
      'DroppedMessages 1 {"Env":"test","Reason":"malformed"}',
      'DroppedMessages 1 {"Env":"test","Reason":"foreign"}',
    ]);
    expect(cloud.lines.map(({ level, message }) => [level, message])).toEqual(Array(2).fill(["warn", "dropped a message"]));
  });

  test("that are bad are kept when the lanes are as they must be, and not before", async () => {
    const cloud = silence("az1-a");

    await handle(batch(delivered("{"), delivered(SWEEP)), cloud.services());

    expect(cloud.routeOf("az1-l1")).toBe("eni-az1-b");
    expect(cloud.calls.slice(cloud.calls.indexOf("save"))).toEqual(["save", "keep"]);
  });

  test("that are bad come again with the others of a run that failed, and are kept once", async () => {
    const cloud = silence("az1-a");
    cloud.failing.set("replace rtb-az1-l1", new Error("throttled"));
    const event = batch(delivered("{"), delivered(SWEEP));

    await expect(handle(event, cloud.services())).rejects.toThrow("throttled");
    expect(cloud.kept).toEqual([]);

    cloud.failing.clear();
    await handle(event, cloud.services());
    expect(cloud.kept).toEqual(["malformed {"]);
  });

  test("that are bad and cannot be kept hold nobody up", async () => {
    const cloud = silence("az1-a");
    cloud.failing.set("keep", new Error("SQS is away"));

    expect(await handle(batch(delivered("{"), delivered(SWEEP)), cloud.services())).toEqual(DONE);

    expect(cloud.routeOf("az1-l1")).toBe("eni-az1-b");
    expect(cloud.lines.find(({ level }) => level === "error")?.keys).toMatchObject({ messageId: "m-1" });
  });
});
