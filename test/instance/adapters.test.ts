import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { GetParametersCommand, SSMClient } from "@aws-sdk/client-ssm";
import { mockClient } from "aws-sdk-client-mock";
import type { Leave, Suspicion } from "../../contract/messages";
import { nextBoot } from "../../instance/agent/boot";
import { readFleetRecord } from "../../instance/agent/fleet-record";
import { readIdentity, readNotices } from "../../instance/agent/imds";
import { createLog } from "../../instance/agent/log";
import { readFleetDocuments } from "../../instance/agent/peers";
import { peersSetCommands } from "../../instance/agent/peers-set";
import { runProbe } from "../../instance/agent/probe-runner";
import { failoverQueue } from "../../instance/agent/queue";
import { until } from "./support/world";

const collect = (now = () => 0) => {
  const lines: Record<string, unknown>[] = [];
  return { lines, log: createLog((line) => lines.push(JSON.parse(line) as Record<string, unknown>), now) };
};

describe("the queue", () => {
  const message = {
    schema: 1,
    env: "test",
    at: "2026-11-21T00:00:00Z",
    correlationId: "c",
    kind: "suspicion",
    reporter: "i-1",
    reporterBootId: "boot",
    sequence: 4,
    suspect: "i-2",
    reason: "missed-heartbeats",
    observers: ["i-1"],
    reporterSelfProbe: { ok: true, consecutiveFailures: 0 },
  } satisfies Suspicion;

  test("sends into the environment's group, deduplicated by boot and sequence", async () => {
    const sqs = mockClient(SQSClient).on(SendMessageCommand).resolves({});

    failoverQueue(new SQSClient({}), "https://queue", collect().log).send(message, "boot-4");

    await until(() => sqs.calls().length === 1, 1_000, "the call");
    expect(sqs.call(0).args[0].input).toEqual({
      QueueUrl: "https://queue",
      MessageBody: JSON.stringify(message),
      MessageGroupId: "test",
      MessageDeduplicationId: "boot-4",
    });
  });

  test("a leave is sent under the name that it was given", async () => {
    const sqs = mockClient(SQSClient).on(SendMessageCommand).resolves({});
    const { schema, env, at, correlationId } = message;
    const leave = {
      schema,
      env,
      at,
      correlationId,
      kind: "leave",
      reporter: "i-1",
      instanceId: "i-1",
      because: "drain",
      force: false,
    };

    failoverQueue(new SQSClient({}), "https://queue", collect().log).send(leave as Leave, "boot-leave-1");

    await until(() => sqs.calls().length === 1, 1_000, "the call");
    expect(sqs.call(0).args[0].input).toMatchObject({
      MessageBody: JSON.stringify(leave),
      MessageDeduplicationId: "boot-leave-1",
    });
  });

  test("does not pile up behind a queue that does not answer", async () => {
    const sqs = mockClient(SQSClient)
      .on(SendMessageCommand)
      .callsFake(() => new Promise(() => undefined));
    const { log, lines } = collect();
    const queue = failoverQueue(new SQSClient({}), "https://queue", log);

    for (let sequence = 0; sequence < 20; sequence += 1) queue.send({ ...message, sequence }, `boot-${sequence}`);

    await until(() => sqs.calls().length === 8, 1_000, "eight calls");
    expect(lines.filter(({ message: text }) => String(text).startsWith("suspicion not sent"))).toHaveLength(1);
  });

  test("a refusal is a line in the log", async () => {
    mockClient(SQSClient).on(SendMessageCommand).rejects(new Error("AccessDenied"));
    const { log, lines } = collect();

    failoverQueue(new SQSClient({}), "https://queue", log).send(message, "boot-4");

    await until(() => lines.some(({ why }) => why === "AccessDenied"), 1_000, "the line");
  });
});

describe("instance metadata", () => {
  let items: Record<string, string> = {};
  let status = 200;
  const server = createServer((request, response) => {
    const item = request.method === "PUT" ? "token" : items[request.url?.replace("/latest/meta-data/", "") ?? ""];
    response.writeHead(status !== 200 ? status : item === undefined ? 404 : 200).end(item);
  });
  const endpoint = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  beforeAll(() => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve)));
  afterAll(() => server.close());
  beforeEach(() => {
    [items, status] = [{}, 200];
  });

  test("what is not there was not announced", async () => {
    expect(await readNotices(endpoint())).toEqual({ spotAction: false, rebalance: false, targetLifecycle: null });
  });

  test("what is there is", async () => {
    items = {
      "spot/instance-action": '{"action":"stop"}',
      "events/recommendations/rebalance": '{"noticeTime":"2026-11-21T12:00:00Z"}',
      "autoscaling/target-lifecycle-state": "Terminated",
    };

    expect(await readNotices(endpoint())).toEqual({ spotAction: true, rebalance: true, targetLifecycle: "Terminated" });
  });

  test("an answer that is none is an error, not silence", async () => {
    status = 500;
    await expect(readNotices(endpoint())).rejects.toThrow("instance metadata answered 500 to PUT");

    status = 200;
    items = { "instance-id": "i-1" };
    await expect(readIdentity(endpoint())).rejects.toThrow("instance metadata does not know local-ipv4");
  });
});

describe("the state parameter", () => {
  test("before the first election is undefined", async () => {
    mockClient(SSMClient)
      .on(GetParametersCommand)
      .resolves({ Parameters: [], InvalidParameters: ["/s"] });

    expect(await readFleetRecord(new SSMClient({}), "/s")).toBeUndefined();
  });

  test("that cannot be read, or is not what we know, is an error: never a state without lanes", async () => {
    const answer = (Value: string) => ({ Parameters: [{ Name: "/s", Value }] });
    const ssm = mockClient(SSMClient).on(GetParametersCommand);

    ssm.resolves({});
    await expect(readFleetRecord(new SSMClient({}), "/s")).rejects.toThrow("no answer about parameter /s");
    ssm.resolves(answer('{"schema":2}'));
    await expect(readFleetRecord(new SSMClient({}), "/s")).rejects.toThrow("state: lanes is missing; must name the lanes");
    ssm.resolves(answer('{"schema":1,"lanes":{"l1":{"servedBy":"i-1","movedAt":null}},"leaving":{}}'));
    expect(await readFleetRecord(new SSMClient({}), "/s")).toEqual({
      ...{ schema: 1, lanes: { l1: { servedBy: "i-1", movedAt: null } }, leaving: {} },
    });
  });
});

describe("the fleet's parameters", () => {
  const names = { peersParameter: "/p", heartbeatKeyParameter: "/k", stateParameter: "/s" };

  test("that do not exist yet are undefined", async () => {
    const ssm = mockClient(SSMClient)
      .on(GetParametersCommand)
      .resolves({ Parameters: [], InvalidParameters: ["/p", "/k", "/s"] });

    expect(await readFleetDocuments(new SSMClient({}), names)).toEqual({
      peers: undefined,
      keys: undefined,
      state: undefined,
    });
    expect(ssm.call(0).args[0].input).toEqual({ Names: ["/p", "/k", "/s"], WithDecryption: true });
  });

  test("that cannot be read are an error, not an empty fleet", async () => {
    mockClient(SSMClient)
      .on(GetParametersCommand)
      .resolves({ Parameters: [{ Name: "/p", Value: '{"schema":1}' }] });
    await expect(readFleetDocuments(new SSMClient({}), names)).rejects.toThrow("peers: peers is missing; must be a list");

    mockClient(SSMClient).on(GetParametersCommand).rejects(new Error("Throttled"));
    await expect(readFleetDocuments(new SSMClient({}), names)).rejects.toThrow("Throttled");
  });
});

test("the peers set is replaced in one transaction, an empty one too", () => {
  expect(peersSetCommands(["10.0.0.1", "10.0.0.2"])).toBe(
    "flush set ip ha_nat peers\nadd element ip ha_nat peers { 10.0.0.1, 10.0.0.2 }\n",
  );
  expect(peersSetCommands([])).toBe("flush set ip ha_nat peers\n");
});

test("the log says a kind once a second, and how many it swallowed", () => {
  let now = 0;
  const { log, lines } = collect(() => now);
  for (now of [0, 10, 999, 1_000]) log.limited("k", "m");

  expect(lines.map(({ swallowed }) => swallowed)).toEqual([undefined, 2]);
});

test("a self-probe that dies is started again; its broken lines are dropped", async () => {
  const { log, lines } = collect();
  let [good, late, ends] = [0, 0, 0];
  const script =
    'console.log("nonsense"); console.log(JSON.stringify({ late: true, ms: 100, target: "t" })); console.log(JSON.stringify({ ok: true, ms: 1, target: "t" })); process.exit(3)';
  const runner = runProbe({
    command: [process.execPath, "-e", script],
    settings: { targets: [], intervalMs: 100, timeoutMs: 100 },
    log,
    onLine: () => (good += 1),
    onLate: () => (late += 1),
    onEnd: () => (ends += 1),
  });

  await until(() => good >= 2 && ends >= 1, 5_000, "a second life");
  runner.stop();
  expect(late).toBe(good);
  expect(lines.map(({ message }) => message)).toContain("self-probe wrote a line that cannot be read");
  expect(lines.find(({ why }) => why === "exit 3")).toBeDefined();
});

test("a self-probe that says nothing any more is ended and started again", async () => {
  const { log, lines } = collect();
  let [good, ends] = [0, 0];
  const script = 'console.log(JSON.stringify({ ok: true, ms: 1, target: "t" })); setInterval(() => console.log("nonsense"), 20)';
  const runner = runProbe({
    command: [process.execPath, "-e", script],
    settings: { targets: [], intervalMs: 100, timeoutMs: 100 },
    log,
    onLine: () => (good += 1),
    onLate: () => undefined,
    onEnd: () => (ends += 1),
    muteMs: 500,
  });

  await until(() => good >= 2 && ends >= 1, 5_000, "a second life");
  runner.stop();
  expect(lines.find(({ why }) => why === "said nothing for 500 ms, exit SIGKILL")).toBeDefined();
});

describe("the boot that peers are told of", () => {
  const runDir = mkdtempSync(join(tmpdir(), "ha-nat-boot-"));
  afterAll(() => rmSync(runDir, { recursive: true }));

  test("is newer than the last, even when the clock went back", async () => {
    const { log, lines } = collect();

    expect(await nextBoot(runDir, 2_000, log)).toMatchObject({ bootMs: 2_000 });
    expect(await nextBoot(runDir, 1_000, log)).toMatchObject({ bootMs: 2_001 });
    expect(lines).toEqual([]);
  });

  test("is the clock's where none can be remembered: the agent comes up", async () => {
    const { log, lines } = collect();

    expect(await nextBoot(join(runDir, "missing"), 2_000, log)).toMatchObject({ bootMs: 2_000 });
    expect(lines).toMatchObject([{ level: "WARN", why: expect.stringContaining("ENOENT") }]);
  });
});

describe("the files of the machine", () => {
  const read = (path: string) => readFileSync(join(__dirname, "../../instance", path), "utf8");

  test("user data is at most 25 lines, and leaves service when it fails", () => {
    const userData = read("user-data.sh");

    expect(userData.trimEnd().split("\n").length).toBeLessThanOrEqual(25);
    expect(userData).toMatch(/trap .*systemctl poweroff.* EXIT/);
    for (const name of ["NAT_CONFIG", "ARTIFACT_URI", "ARTIFACT_SHA256", "REGION"]) expect(userData).toContain(`@${name}@`);
  });

  test("every sysctl has its reason in the lines above", () => {
    const paragraphs = read("sysctl.d/90-ha-nat.conf").trim().split(/\n\n/);

    for (const paragraph of paragraphs) expect(paragraph).toMatch(/^# /);
  });

  test("the units run plain command lines", () => {
    for (const unit of ["ha-nat-up", "ha-nat-agent", "ha-nat-drain"])
      expect(read(`systemd/${unit}.service`)).toMatch(/^ExecStart=\/[^%$]*$/m);
  });

  test("source ports are never drawn at random", () => {
    expect((read("nftables/nat.nft") + read("lib/config.nft.jq")).replaceAll(/#.*/g, "")).not.toContain("fully-random");
  });
});
