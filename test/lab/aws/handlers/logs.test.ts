import {
  CloudWatchLogsClient,
  CreateLogStreamCommand,
  PutLogEventsCommand,
  type InputLogEvent,
} from "@aws-sdk/client-cloudwatch-logs";
import type { Healthz } from "../../../../contract/healthz";
import { natLogGroup } from "../../../../contract/metrics";
import { createLog } from "../../../../instance/agent/log";
import { metricLog } from "../../../../instance/agent/metric-log";
import { emfDocument } from "../../../../instance/agent/metrics";
import { logsHandlers } from "../../../../lab/aws/handlers/logs";
import { LogGroups } from "../../../../lab/aws/state/log-groups";
import { Endpoint } from "../../../../lab/aws/endpoint";
import { eventually } from "../../../support/eventually";
import { ManualClock } from "../../../support/manual-clock";
import { serve, type Served } from "../wire/serve";

const GROUP = natLogGroup("test");
const clock = new ManualClock();
const now = clock.date().getTime();
const HOUR = 3_600_000;

let served: Served;
let client: CloudWatchLogsClient;
let logGroups: LogGroups;
let told: string[];

beforeEach(async () => {
  told = [];
  logGroups = new LogGroups([GROUP], (group, stream, message) => told.push(`${group} ${stream} ${message}`));
  const endpoint = new Endpoint().add(
    await import("@aws-sdk/client-cloudwatch-logs"),
    CloudWatchLogsClient,
  )(logsHandlers({ logGroups, clock }));
  served = await serve(endpoint);
  client = new CloudWatchLogsClient(served.client);
});
afterEach(async () => {
  client.destroy();
  await served.close();
});

const create = (logGroupName = GROUP) => client.send(new CreateLogStreamCommand({ logGroupName, logStreamName: "i-1" }));
const put = (logEvents: InputLogEvent[], logGroupName = GROUP) =>
  client.send(new PutLogEventsCommand({ logGroupName, logStreamName: "i-1", logEvents }));
const line = (message: string, timestamp = now): InputLogEvent => ({ message, timestamp });

const healthz = (instanceId: string, count: number) =>
  ({
    at: clock.date().toISOString(),
    instanceId,
    zone: "use1-az1",
    conntrack: { count, max: 1000, insertFailed: 0, drop: 0 },
    replication: { state: "off" },
    selfProbe: { ok: true, lastLatencyMs: 1 },
    heartbeats: { peers: [], dropped: {} },
    counters: {},
  }) as unknown as Healthz;

test("what an agent puts becomes metrics of its instance, from the first document on", async () => {
  const log = createLog(() => undefined);
  for (const [instanceId, count] of [
    ["i-1", 100],
    ["i-2", 200],
  ] as const)
    metricLog(client, GROUP, instanceId, log).put(emfDocument(healthz(instanceId, count), null, "test", null), now);

  await eventually(
    () => ["i-1", "i-2"].map((id) => logGroups.emittedBy(id).map((emitted) => emitted["ConntrackCarriedPercent"])),
    (found) => JSON.stringify(found) === "[[10],[20]]",
  );
  expect(logGroups.emittedBy("i-2")).toMatchObject([
    {
      _aws: { CloudWatchMetrics: [{ Namespace: "HaNat", Dimensions: expect.arrayContaining([["Env", "Zone"]]) }] },
      ...{ Env: "test", Zone: "use1-az1" },
    },
  ]);
});

test("a line that is no metric is only a line", async () => {
  await create();

  await put([line("nat-up: done"), line('{"_aws":{"Times'), line('{"InstanceId":"i-1"}'), line("null")]);

  expect(told).toHaveLength(4);
  expect(logGroups.emittedBy("i-1")).toEqual([]);
});

test("nothing is made by the way: a group must be the stack's, a stream must have been created, once", async () => {
  await expect(create("/ha-nat/prod/nat")).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  await expect(put([line("a")])).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  await expect(put([line("a")], "/ha-nat/prod/nat")).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  await create();
  await expect(create()).rejects.toMatchObject({ name: "ResourceAlreadyExistsException" });
  expect(told).toEqual([]);
});

test.each([
  ["empty", []],
  ["not in order", [line("b", now), line("a", now - 1)]],
  ["too large", [line("x".repeat(1_048_576))]],
])("a batch that is %s is refused", async (_what, events) => {
  await create();

  await expect(put(events)).rejects.toMatchObject({ name: "InvalidParameterException" });
});

test("what is too old or too new is left out, and said", async () => {
  await create();

  const { rejectedLogEventsInfo } = await put([line("old", now - 15 * 24 * HOUR), line("a"), line("new", now + 3 * HOUR)]);

  expect(rejectedLogEventsInfo).toEqual({ tooOldLogEventEndIndex: 1, tooNewLogEventStartIndex: 2 });
  expect(told).toEqual([`${GROUP} i-1 a`]);
});
