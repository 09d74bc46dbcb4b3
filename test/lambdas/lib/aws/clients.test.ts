import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { ENVIRONMENT } from "../../../../contract/environment";
import { buildServices as healthProbeServices } from "../../../../lambdas/functions/nat-health-probe/handler";
import { buildServices as failoverServices } from "../../../../lambdas/functions/nat-route-failover/handler";
import { addresses } from "../../../../lambdas/lib/aws/addresses";
import { ec2Client, PROMPT_MS, sqsClient } from "../../../../lambdas/lib/aws/clients";
import { rejectedQueue } from "../../../../lambdas/lib/aws/rejected-queue";
import { routeTables } from "../../../../lambdas/lib/aws/route-tables";
import type { Runtime } from "../../../../lambdas/lib/runtime/entry";

/** Longer than an answer may take, shorter than a move may. */
const SLOW_MS = 1_200;

let server: Server;
let asked: number;
const before = { ...process.env };

beforeEach(async () => {
  asked = 0;
  server = createServer((_request, response) => {
    asked += 1;
    setTimeout(() => response.end("<Response><return>true</return></Response>"), SLOW_MS);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  process.env["AWS_ENDPOINT_URL"] = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  process.env["AWS_REGION"] = "us-east-1";
  process.env["AWS_ACCESS_KEY_ID"] = "AKIAEXAMPLE";
  process.env["AWS_SECRET_ACCESS_KEY"] = "secret";
});

afterEach(async () => {
  process.env = { ...before };
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const ec2 = (answerMs?: number) => ec2Client((client) => client, answerMs);

test.each<[string, () => Promise<void>]>([
  ["a route", () => routeTables(ec2()).pointAt("rtb-1", "eni-1", false)],
  ["an address", () => addresses(ec2()).bring("10.0.0.9", "eni-1")],
  ["a public address", () => addresses(ec2()).bringPublic("eipalloc-1", "10.0.0.9", "eni-1")],
])("EC2 may take its time to move %s: asked once, it is not asked again meanwhile", async (_what, move) => {
  await move();

  expect(asked).toBe(1);
});

test("an answer that takes as long is waited for by whoever has minutes", async () => {
  await expect(addresses(ec2()).associations(["eipalloc-1"])).rejects.toThrow("did not describe address");

  expect(asked).toBe(1);
});

test.each<[string, (runtime: Runtime) => Promise<unknown>]>([
  ["a function with seconds to live", () => addresses(ec2(PROMPT_MS)).associations(["eipalloc-1"])],
  ["nat-route-failover", (runtime) => failoverServices(runtime).addresses.associations(["eipalloc-1"])],
  ["nat-health-probe", (runtime) => healthProbeServices(runtime).readFleet()],
])("an answer that takes as long is asked for again, and given up, by %s", async (_who, ask) => {
  const environment = Object.fromEntries(Object.values(ENVIRONMENT).map((name) => [name, "60"]));
  const cold = {
    environment: { ...environment, [ENVIRONMENT.probeDeadlineMs]: "2000" },
    capture: <T>(client: T) => client,
  };

  await expect(ask(cold as unknown as Runtime)).rejects.toThrow(/900 ms/);

  expect(asked).toBe(3);
});

describe("while EC2 refuses calls", () => {
  const refusal = "<Response><Errors><Error><Code>RequestLimitExceeded</Code><Message>x</Message></Error></Errors></Response>";
  const move = (client: ReturnType<typeof ec2>) => addresses(client).bring("10.0.0.9", "eni-1");
  let refusals: number;

  beforeEach(() => {
    server.removeAllListeners("request");
    server.on("request", (_request, response) => {
      asked += 1;
      refusals -= 1;
      response.statusCode = refusals >= 0 ? 503 : 200;
      response.end(refusals >= 0 ? refusal : "<Response><return>true</return></Response>");
    });
  });

  test.each<[number, number, boolean]>([
    [3, 4, true],
    [4, 4, false],
  ])("%d in a row: %d attempts, done: %s", async (refused, attempts, isDone) => {
    refusals = refused;
    const outcome = move(ec2()).then(
      () => true,
      () => false,
    );

    expect(await outcome).toBe(isDone);
    expect(asked).toBe(attempts);
  });

  test("the calls after that are as quick as ever: connections wait for them", async () => {
    const client = ec2();
    refusals = 3;
    await move(client);
    const begun = performance.now();
    for (let call = 0; call < 10; call += 1) await move(client);

    // With adaptive retries each waits for a bucket that fills with a few tokens a second.
    expect(performance.now() - begun).toBeLessThan(1_500);
  });
});

test("the copy of a rejected message is given up before a third try: the next message waits", async () => {
  const keep = rejectedQueue(
    sqsClient((client) => client, PROMPT_MS),
    "https://queue/1",
  );

  await expect(keep({ messageId: "m-1", body: "{", senderId: "AROA:i-0a", reason: "malformed" })).rejects.toThrow();

  expect(asked).toBeLessThan(3);
});
