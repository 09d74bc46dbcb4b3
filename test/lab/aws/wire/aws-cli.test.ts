import { execFile, execFileSync } from "node:child_process";
import { promisify } from "node:util";
import { Endpoint } from "../../../../lab/aws/endpoint";
import { addSampleHandlers } from "./sample-handlers";
import { serve, type Served } from "./serve";

const run = promisify(execFile);

/** The first `aws` on PATH, and Debian's (2.9, older protocols) where another one hides it. */
const FOUND = [...new Map(["/usr/bin/aws", "aws"].flatMap(versionAndPath)).values()];

function versionAndPath(path: string): readonly (readonly [version: string, path: string])[] {
  try {
    return [[execFileSync(path, ["--version"], { encoding: "utf8", env: process.env }), path]];
  } catch {
    return [];
  }
}

// A skipped table needs a row to show that it was skipped.
const rows = FOUND.length > 0 ? FOUND : ["no aws on PATH"];

/** The CLI is an independent reader of what the endpoint writes: botocore, not the SDK's own schemas. */
(FOUND.length > 0 ? describe : describe.skip).each(rows)("the AWS CLI %s", (path) => {
  let served: Served;

  beforeAll(async () => {
    const endpoint = new Endpoint();
    addSampleHandlers(endpoint);
    served = await serve(endpoint);
  });

  afterAll(() => served.close());

  function aws(...args: readonly string[]): Promise<{ readonly stdout: string }> {
    const everywhere = ["--endpoint-url", served.url, "--region", "us-east-1", "--output", "json"];
    return run(path, [...everywhere, ...args], { env: process.env });
  }

  test("reads ec2Query and JSON answers", async () => {
    const [tables, parameters] = await Promise.all([
      aws("ec2", "describe-route-tables", "--filters", "Name=tag:ha-nat:env,Values=test"),
      aws("ssm", "get-parameters", "--names", "/ha-nat/test/peers"),
    ]);

    expect(JSON.parse(tables.stdout).RouteTables[0].Routes).toEqual([{ DestinationCidrBlock: "0.0.0.0/0", State: "blackhole" }]);
    expect(JSON.parse(parameters.stdout).Parameters[0]).toMatchObject({ Name: "/ha-nat/test/peers", Version: 3 });
  }, 120_000);

  test("prints an error of the endpoint as AWS's", async () => {
    await expect(aws("ec2", "describe-nat-gateways")).rejects.toThrow(
      /An error occurred \(NotImplemented\) when calling the DescribeNatGateways operation/,
    );
  }, 120_000);

  test("speaks to SQS in whatever protocol its version has", async () => {
    const answer = await aws("sqs", "get-queue-url", "--queue-name", "failover.fifo");

    expect(JSON.parse(answer.stdout)).toEqual({ QueueUrl: "https://sqs/1/failover.fifo" });
  }, 120_000);
});
