import { EC2Client } from "@aws-sdk/client-ec2";
import { Tracer } from "@aws-lambda-powertools/tracer";
import type { Context } from "aws-lambda";
import * as clients from "../../../../lambdas/lib/aws/clients";
import type { Capture } from "../../../../lambdas/lib/aws/clients";
import { lambdaEntry } from "../../../../lambdas/lib/runtime/entry";
import { createTracing } from "../../../../lambdas/lib/runtime/tracing";

const context = { awsRequestId: "request-1", getRemainingTimeInMillis: () => 5000 } as Context;
const before = { ...process.env };

/** Clients that the X-Ray SDK was given. It gives them back wrapped: here under another name, to be told from the bare ones. */
const captured: unknown[] = [];
const wrapped = <T>(client: T): T => Object.assign(Object.create(client as object) as object, { isTraced: true }) as T;

beforeEach(() => {
  captured.length = 0;
  process.env["AWS_REGION"] = "us-east-1";
  jest.spyOn(Tracer.prototype, "captureAWSv3Client").mockImplementation((client) => {
    captured.push(client);
    return wrapped(client);
  });
});

afterEach(() => {
  jest.restoreAllMocks();
  process.env = { ...before };
});

test("a client is given to the X-Ray SDK, and what comes back is used", async () => {
  const client = new EC2Client({});

  const traced = (await createTracing("config-guard")).capture(client);

  expect(captured).toEqual([client]);
  expect(traced).toHaveProperty("isTraced", true);
});

test.each([
  ["on", "169.254.79.129:2000", true],
  ["off", undefined, false],
])("a function builds its clients traced where tracing is %s", async (_what, daemon, isTraced) => {
  delete process.env["AWS_XRAY_DAEMON_ADDRESS"];
  if (daemon !== undefined) process.env["AWS_XRAY_DAEMON_ADDRESS"] = daemon;
  const handler = lambdaEntry(
    ({ capture }) => ({ ec2: clients.ec2Client(capture) }),
    async (_raw, { ec2 }) => "isTraced" in ec2,
  );

  expect(await handler({}, context)).toBe(isTraced);
  expect(captured).toHaveLength(isTraced ? 1 : 0);
});

const makers = Object.entries(clients).flatMap(([name, make]): readonly (readonly [string, (capture: Capture) => object])[] =>
  typeof make === "function" ? [[name, make]] : [],
);

test.each(makers)("%s is a captured client", (_name, make) => {
  expect(make(wrapped)).toHaveProperty("isTraced", true);
});
