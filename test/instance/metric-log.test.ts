import {
  CloudWatchLogsClient,
  CreateLogStreamCommand,
  PutLogEventsCommand,
  ResourceAlreadyExistsException,
  ResourceNotFoundException,
} from "@aws-sdk/client-cloudwatch-logs";
import { mockClient } from "aws-sdk-client-mock";
import { createLog } from "../../instance/agent/log";
import { metricLog, type MetricLog } from "../../instance/agent/metric-log";

const noStream = new ResourceNotFoundException({ message: "The specified log stream does not exist.", $metadata: {} });
const exists = new ResourceAlreadyExistsException({ message: "The specified log stream already exists", $metadata: {} });

const open = () => {
  const lines: Record<string, unknown>[] = [];
  const log = createLog((line) => lines.push(JSON.parse(line) as Record<string, unknown>));
  return { lines, metrics: metricLog(new CloudWatchLogsClient({}), "/ha-nat/test/nat", "i-1", log) };
};
const logs = mockClient(CloudWatchLogsClient);
const batches = () =>
  logs.commandCalls(PutLogEventsCommand).map(({ args }) => args[0].input.logEvents?.map(({ message }) => message ?? ""));
/** Calls are made one at a time: each document waits until the one before was answered. */
const putAll = async (metrics: MetricLog, documents: readonly unknown[]): Promise<void> => {
  for (const document of documents) {
    metrics.put(document, 7);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
};

beforeEach(() => logs.reset());

describe("the metric log", () => {
  test("puts each document into the stream of the instance, with its time", async () => {
    logs.on(PutLogEventsCommand).resolves({});
    const { lines, metrics } = open();

    await putAll(metrics, [{ a: 1 }, { a: 2 }]);

    expect(logs.commandCalls(PutLogEventsCommand)[0]?.args[0].input).toEqual({
      logGroupName: "/ha-nat/test/nat",
      logStreamName: "i-1",
      logEvents: [{ timestamp: 7, message: '{"a":1}' }],
    });
    expect(batches()).toEqual([['{"a":1}'], ['{"a":2}']]);
    expect(lines).toEqual([]);
  });

  test.each([
    ["makes the stream when it is not there", undefined],
    ["takes a stream that somebody made meanwhile", exists],
  ])("%s, and puts again", async (_what, answer) => {
    logs.on(PutLogEventsCommand).rejectsOnce(noStream).resolves({});
    logs.on(CreateLogStreamCommand)[answer === undefined ? "resolves" : "rejects"](answer ?? {});
    const { lines, metrics } = open();

    await putAll(metrics, [{ a: 1 }, { a: 2 }]);

    expect(logs.commandCalls(CreateLogStreamCommand)).toHaveLength(1);
    expect(batches()).toEqual([['{"a":1}'], ['{"a":1}'], ['{"a":2}']]);
    expect(lines).toEqual([]);
  });

  test("what fails is said once; documents wait, the oldest go, and what was lost is told when it works again", async () => {
    logs.on(PutLogEventsCommand).rejects(new Error("AccessDenied"));
    const { lines, metrics } = open();
    await putAll(
      metrics,
      Array.from({ length: 17 }, (_, n) => n),
    );
    expect(lines).toMatchObject([{ level: "WARN", why: "AccessDenied", group: "/ha-nat/test/nat", stream: "i-1" }]);

    logs.on(PutLogEventsCommand).resolves({});
    await putAll(metrics, [17, 18]);

    const expected = Array.from({ length: 15 }, (_, n) => String(n + 3));
    expect(batches().slice(-2)).toEqual([expected, ["18"]]);
    expect(lines).toMatchObject([{}, { level: "INFO", message: "metrics reach CloudWatch again", dropped: 3 }]);
  });

  test("documents of a time that CloudWatch does not take are a failure, not a success, and are not sent again", async () => {
    logs
      .on(PutLogEventsCommand)
      .resolvesOnce({ rejectedLogEventsInfo: { tooNewLogEventStartIndex: 0 } })
      .resolves({});
    const { lines, metrics } = open();

    await putAll(metrics, [1, 2]);

    expect(batches()).toEqual([["1"], ["2"]]);
    expect(lines[0]?.why).toBe('CloudWatch does not take their time: {"tooNewLogEventStartIndex":0}');
  });

  test("one call at a time: a put returns at once however long CloudWatch takes", async () => {
    let answer = (): void => undefined;
    logs.on(PutLogEventsCommand).callsFake(() => new Promise((resolve) => (answer = () => resolve({}))));
    const { metrics } = open();
    await putAll(metrics, [1, 2, 3]);
    expect(batches()).toEqual([["1"]]);

    answer();
    await new Promise(setImmediate);
    await putAll(metrics, [4]);

    expect(batches()).toEqual([["1"], ["2", "3", "4"]]);
  });
});
