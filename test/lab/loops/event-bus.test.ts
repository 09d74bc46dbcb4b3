import { Functions } from "../../../lab/aws/state/functions";
import { Journal } from "../../../lab/aws/state/journal";
import { createQueues } from "../../../lab/aws/state/queue";
import { Tasks } from "../../../lab/aws/state/tasks";
import { EventBus, parseRate } from "../../../lab/loops/event-bus";
import { failedMessages } from "../../../lab/loops/event-source-mapping";
import type { EventRuleModel } from "../../../lab/stack/model";
import { FakeRunner } from "../../support/lab-aws";
import { ManualClock, turn } from "../../support/manual-clock";
import { stackModel } from "../../support/stack-model";

const FUNCTION = stackModel.functions[0]?.arn ?? "";
const QUEUE = stackModel.queues[0]?.arn ?? "";

const rule = (change: Partial<EventRuleModel>): EventRuleModel => ({
  name: "gone",
  schedule: undefined,
  pattern: { source: ["aws.ec2"], detail: { state: ["terminated"] } },
  targets: [{ arn: QUEUE, messageGroupId: "test", input: undefined }],
  ...change,
});

function start(change: Partial<EventRuleModel>, clockFactor = 1, scheduleFactor = 1) {
  const clock = new ManualClock();
  const tasks = new Tasks(clock, () => undefined);
  const journal = new Journal(clock);
  const queues = createQueues(stackModel.queues, tasks, journal);
  const runner = new FakeRunner();
  const functions = new Functions({ models: stackModel.functions, runner, queues, tasks, journal, clockFactor });
  const model = { ...stackModel, eventRules: [rule(change)] };
  const bus = new EventBus({ model, functions, queues, tasks, journal, clockFactor, scheduleFactor });
  bus.start();
  const emit = (state: string) =>
    bus.emit({ source: "aws.ec2", detailType: "EC2 Instance State-change Notification", resources: [], detail: { state } });
  return { clock, tasks, runner, emit, queue: queues.get(QUEUE) };
}

test("a matching event goes to the queue in EventBridge's envelope, another does not", () => {
  const { emit, queue } = start({});

  emit("running");
  emit("terminated");

  const [message, ...more] = queue?.receive(10) ?? [];
  expect(more).toEqual([]);
  expect(message?.groupId).toBe("test");
  expect(JSON.parse(message?.body ?? "")).toMatchObject({
    version: "0",
    source: "aws.ec2",
    "detail-type": "EC2 Instance State-change Notification",
    account: "123456789012",
    region: "us-east-1",
    time: "2026-01-01T00:00:00Z",
    detail: { state: "terminated" },
  });
});

test("two equal events are two messages: each has its own ID", () => {
  const { emit, queue } = start({});
  emit("terminated");
  emit("terminated");

  expect(queue?.receive(10)).toHaveLength(2);
});

test("a schedule runs by the clock factor, with the target's own input", async () => {
  const targets = [{ arn: FUNCTION, messageGroupId: undefined, input: '{"kind":"sweep"}' }];
  const { clock, runner, tasks } = start({ schedule: "rate(1 minute)", pattern: undefined, targets }, 10);

  await clock.advance(5999);
  expect(runner.calls).toEqual([]);
  await clock.advance(6002);

  expect(runner.calls.map(({ payload }) => payload)).toEqual(['{"kind":"sweep"}', '{"kind":"sweep"}']);
  await tasks.stop();
  await turn();
  expect(clock.pending).toBe(0);
});

test.each([
  ["rate(4 minutes)", 60_000],
  ["rate(1 minute)", 60_000],
])("%s by a schedule factor of 4 runs every minute: what runs every minute stays as it is", async (schedule, ms) => {
  const targets = [{ arn: FUNCTION, messageGroupId: undefined, input: "{}" }];
  const { clock, runner, tasks } = start({ schedule, pattern: undefined, targets }, 1, 4);

  await clock.advance(ms - 1);
  expect(runner.calls).toEqual([]);
  await clock.advance(2);
  expect(runner.calls).toHaveLength(1);
  await tasks.stop();
});

test.each<[string, Partial<EventRuleModel>, RegExp]>([
  [
    "a target that is no function or queue",
    { targets: [{ arn: "arn:aws:sns:x", messageGroupId: undefined, input: undefined }] },
    /target arn:aws:sns:x/,
  ],
  [
    "a FIFO queue without a group",
    { targets: [{ arn: QUEUE, messageGroupId: undefined, input: undefined }] },
    /without message_group_id/,
  ],
  ["a cron schedule", { schedule: "cron(0 12 * * ? *)" }, /the lab knows rate/],
  ["an unknown pattern", { pattern: { source: [{ wildcard: "aws.*" }] } }, /does not know/],
])("%s is an error at load", (_what, change, message) => {
  expect(() => start(change)).toThrow(message);
});

test("rates are read in minutes, hours and days", () => {
  expect(["rate(1 minute)", "rate(5 minutes)", "rate(2 hours)", "rate(1 day)"].map((text) => parseRate("r", text))).toEqual([
    60_000, 300_000, 7_200_000, 86_400_000,
  ]);
});

describe("what a batch failed", () => {
  const batch = [{ messageId: "1" }, { messageId: "2" }];
  const result = (payload: string, error?: "Unhandled") => ({ payload, error, requestId: "r" });

  test.each([
    ["nothing reported", result("null"), []],
    ["an empty report", result('{"batchItemFailures":[]}'), []],
    ["one message", result('{"batchItemFailures":[{"itemIdentifier":"2"}]}'), ["2"]],
    ["an error fails all", result("{}", "Unhandled"), ["1", "2"]],
    ["a message that is not of the batch fails all", result('{"batchItemFailures":[{"itemIdentifier":"9"}]}'), ["1", "2"]],
  ])("%s", (_what, answer, expected) => {
    expect([...failedMessages({ ...answer, error: answer.error }, batch)]).toEqual(expected);
  });
});
