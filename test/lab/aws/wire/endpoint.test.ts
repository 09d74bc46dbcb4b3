import * as autoscaling from "@aws-sdk/client-auto-scaling";
import * as cloudwatch from "@aws-sdk/client-cloudwatch";
import * as ec2 from "@aws-sdk/client-ec2";
import * as elbv2 from "@aws-sdk/client-elastic-load-balancing-v2";
import * as lambda from "@aws-sdk/client-lambda";
import * as s3 from "@aws-sdk/client-s3";
import * as sqs from "@aws-sdk/client-sqs";
import * as ssm from "@aws-sdk/client-ssm";
import * as sts from "@aws-sdk/client-sts";
import { AwsQueryProtocol, AwsSmithyRpcV2CborProtocol } from "@aws-sdk/core/protocols";
import { Endpoint } from "../../../../lab/aws/endpoint";
import type { CallRecord } from "../../../../lab/aws/call-log";
import { addSampleHandlers, SAMPLE_TIME as at } from "./sample-handlers";
import { serve, type Served } from "./serve";

const records: CallRecord[] = [];
let served: Served;

beforeAll(async () => {
  const endpoint = new Endpoint({ onCall: (record) => records.push(record) });
  addSampleHandlers(endpoint);
  served = await serve(endpoint);
});

afterAll(() => served.close());

async function failure(call: Promise<unknown>): Promise<{ name: string; message: string; status: number | undefined }> {
  const error: unknown = await call.then(
    () => new Error("did not fail"),
    (reason: unknown) => reason,
  );
  const { name, message, $metadata } = error as Error & { $metadata?: { httpStatusCode?: number } };
  return { name, message, status: $metadata?.httpStatusCode };
}

describe("the protocols of the newest clients", () => {
  test("ec2Query carries lists in and structures out", async () => {
    const client = new ec2.EC2Client(served.client);

    const answer = await client.send(
      new ec2.DescribeRouteTablesCommand({ Filters: [{ Name: "tag:ha-nat:env", Values: ["test", "a b&<>"] }] }),
    );

    expect(answer.RouteTables).toEqual([
      {
        RouteTableId: "rtb-a",
        Routes: [{ DestinationCidrBlock: "0.0.0.0/0", State: "blackhole" }],
        Tags: [{ Key: "tag:ha-nat:env", Value: "test|a b&<>" }],
      },
    ]);
  });

  test("awsQuery carries timestamps and member lists", async () => {
    const client = new autoscaling.AutoScalingClient(served.client);

    const answer = await client.send(new autoscaling.DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: ["a", "b"] }));

    expect(answer.AutoScalingGroups?.map((group) => [group.AutoScalingGroupName, group.CreatedTime])).toEqual([
      ["a", at],
      ["b", at],
    ]);
  });

  test("JSON 1.1 carries a parameter", async () => {
    const client = new ssm.SSMClient(served.client);

    const answer = await client.send(new ssm.GetParametersCommand({ Names: ["/ha-nat/test/peers"] }));

    expect(answer.Parameters).toEqual([{ Name: "/ha-nat/test/peers", Type: "String", Value: "{}", Version: 3 }]);
  });

  test("JSON 1.0 carries a message", async () => {
    const client = new sqs.SQSClient({ ...served.client, useQueueUrlAsEndpoint: false, md5: false });

    const answer = await client.send(
      new sqs.SendMessageCommand({ QueueUrl: "https://sqs/1/q.fifo", MessageBody: "{}", MessageGroupId: "test" }),
    );

    expect(answer.MessageId).toBe("test:{}");
  });

  test("restJson carries a payload both ways", async () => {
    const client = new lambda.LambdaClient(served.client);

    const sync = await client.send(new lambda.InvokeCommand({ FunctionName: "f", Payload: Buffer.from('{"a":1}') }));
    const event = await client.send(new lambda.InvokeCommand({ FunctionName: "f", InvocationType: "Event" }));

    expect(Buffer.from(sync.Payload ?? []).toString()).toBe('{"a":1}');
    expect([sync.StatusCode, sync.ExecutedVersion, event.StatusCode]).toEqual([200, "$LATEST", 202]);
  });

  test("restXml carries an object, its metadata and a listing", async () => {
    const client = new s3.S3Client({ ...served.client, forcePathStyle: true });

    const object = await client.send(new s3.GetObjectCommand({ Bucket: "b", Key: "k/ü 1" }));
    const listing = await client.send(new s3.ListObjectsV2Command({ Bucket: "b", Prefix: "k" }));

    expect(await object.Body?.transformToString()).toBe("b:k/ü 1");
    expect(object.Metadata).toEqual({ a: "b" });
    expect(listing.Contents?.[0]?.Key).toBe("k/ü 1");
  });

  test.each([
    ["its own", undefined, 300],
    ["CBOR", AwsSmithyRpcV2CborProtocol, 9],
    ["query", AwsQueryProtocol, 300],
  ])("one CloudWatch handler answers over %s protocol, gzip over 10 KiB included", async (_name, protocol, count) => {
    const client = new cloudwatch.CloudWatchClient({ ...served.client, ...(protocol ? { protocol: protocol as never } : {}) });
    const MetricData = Array.from({ length: count }, (_, index) => ({
      MetricName: `m${index}`,
      Value: index / 2,
      Timestamp: at,
    }));
    const question = { Namespace: "n", MetricName: "m7", StartTime: at, EndTime: at, Period: 60 };

    await client.send(new cloudwatch.PutMetricDataCommand({ Namespace: "n", MetricData }));
    const answer = await client.send(new cloudwatch.GetMetricStatisticsCommand(question));
    const error = await failure(
      client.send(new cloudwatch.SetAlarmStateCommand({ AlarmName: "a", StateValue: "OK", StateReason: "r" })),
    );

    expect(answer.Datapoints).toEqual([{ Timestamp: at, Sum: 3.5 }]);
    expect(error).toMatchObject({ name: "ResourceNotFound", message: "no alarm" });
  });
});

describe("errors", () => {
  test.each([
    [
      "ec2",
      () => new ec2.EC2Client(served.client).send(new ec2.DescribeRouteTablesCommand({ RouteTableIds: ["rtb-x"] })),
      "InvalidRouteTableID.NotFound",
      400,
    ],
    [
      "elbv2, by its query code",
      () =>
        new elbv2.ElasticLoadBalancingV2Client(served.client).send(
          new elbv2.DescribeTargetHealthCommand({ TargetGroupArn: "x" }),
        ),
      "TargetGroupNotFoundException",
      400,
    ],
    [
      "ssm",
      () =>
        new ssm.SSMClient(served.client).send(
          new ssm.GetCommandInvocationCommand({ CommandId: "00000000-0000-0000-0000-000000000000", InstanceId: "i-0" }),
        ),
      "InvocationDoesNotExist",
      400,
    ],
    [
      "lambda",
      () => new lambda.LambdaClient(served.client).send(new lambda.InvokeCommand({ FunctionName: "missing" })),
      "ResourceNotFoundException",
      404,
    ],
    [
      "s3",
      () =>
        new s3.S3Client({ ...served.client, forcePathStyle: true }).send(
          new s3.GetObjectCommand({ Bucket: "b", Key: "missing" }),
        ),
      "NoSuchKey",
      404,
    ],
  ] as const)("%s throws the client's own error", async (_service, call, name, status) => {
    const error = await failure(call());

    expect(error).toMatchObject({ name, status });
  });

  test("an operation without a handler answers NotImplemented and names it", async () => {
    const error = await failure(new ec2.EC2Client(served.client).send(new ec2.DescribeNatGatewaysCommand({})));

    expect(error).toEqual({ name: "NotImplemented", message: expect.stringContaining("DescribeNatGateways"), status: 501 });
  });

  test("an operation that the service does not have answers InvalidAction and names it", async () => {
    const response = await fetch(served.url, {
      method: "POST",
      headers: {
        authorization:
          "AWS4-HMAC-SHA256 Credential=AKIATEST/20261121/us-east-1/ec2/aws4_request, SignedHeaders=host, Signature=0",
      },
      body: new URLSearchParams({ Action: "DescribeUnicorns", Version: "2016-11-15" }),
    });

    expect(response.status).toBe(400);
    expect(await response.text()).toContain("<Code>InvalidAction</Code><Message>The action DescribeUnicorns is not valid");
  });

  test.each([
    [
      "a missing member on EC2",
      () => new ec2.EC2Client(served.client).send(new ec2.ReplaceRouteCommand({} as never)),
      "MissingParameter",
      "RouteTableId",
    ],
    [
      "a missing member on JSON",
      () => new ssm.SSMClient(served.client).send(new ssm.GetParametersCommand({} as never)),
      "ValidationException",
      "names",
    ],
  ] as const)("%s is refused before the handler", async (_case, call, name, member) => {
    const error = await failure(call());

    expect(error.name).toBe(name);
    expect(error.message).toContain(member);
  });

  test("a fault of the lab is a 500 that says what it was", async () => {
    const error = await failure(new ec2.EC2Client(served.client).send(new ec2.DescribeVpcsCommand({})));

    expect(error).toEqual({ name: "InternalError", message: "Error: a fault of the lab", status: 500 });
  });

  test("a service that nobody serves is named", async () => {
    const response = await fetch(served.url, {
      headers: { authorization: "AWS4-HMAC-SHA256 Credential=AKIATEST/20261121/us-east-1/dynamodb/aws4_request, Signature=0" },
    });

    expect(response.status).toBe(400);
    expect(await response.text()).toContain("signed for dynamodb");
  });
});

test("a misspelt operation, member or enum value does not compile", () => {
  const endpoint = new Endpoint();

  // A small client: for the message the compiler works out every operation.
  // @ts-expect-error there is no GetCallerIdentit
  endpoint.add(sts, sts.STSClient)({ GetCallerIdentit: () => ({}) });
  // @ts-expect-error there is no RouteTableID
  endpoint.add(ec2, ec2.EC2Client)({ ReplaceRoute: ({ RouteTableID }) => ({ Return: Boolean(RouteTableID) }) });
  // @ts-expect-error a route's state is no free text
  endpoint.add(ec2, ec2.EC2Client)({ DescribeRouteTables: () => ({ RouteTables: [{ Routes: [{ State: "gone" }] }] }) });

  expect(() => endpoint.route("GET", "/status", () => ({ status: 200, headers: {}, body: "" }))).toThrow(
    "must begin with /_lab/",
  );
});

describe("the call log", () => {
  test("tells service, operation, principal, status and error of each call", async () => {
    const before = records.length;

    await new sts.STSClient(served.client).send(new sts.GetCallerIdentityCommand({}));
    await failure(new lambda.LambdaClient(served.client).send(new lambda.InvokeCommand({ FunctionName: "missing" })));

    expect(records.slice(before)).toMatchObject([
      { service: "sts", operation: "GetCallerIdentity", principal: "AKIATEST", status: 200, errorCode: undefined },
      { service: "lambda", operation: "Invoke", principal: "AKIATEST", status: 404, errorCode: "ResourceNotFoundException" },
    ]);
  });
});
