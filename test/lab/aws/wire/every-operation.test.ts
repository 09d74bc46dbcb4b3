import * as autoscaling from "@aws-sdk/client-auto-scaling";
import * as cloudwatch from "@aws-sdk/client-cloudwatch";
import * as logs from "@aws-sdk/client-cloudwatch-logs";
import * as ec2 from "@aws-sdk/client-ec2";
import * as elbv2 from "@aws-sdk/client-elastic-load-balancing-v2";
import * as lambda from "@aws-sdk/client-lambda";
import * as s3 from "@aws-sdk/client-s3";
import * as sns from "@aws-sdk/client-sns";
import * as sqs from "@aws-sdk/client-sqs";
import * as ssm from "@aws-sdk/client-ssm";
import * as sts from "@aws-sdk/client-sts";
import { isDeepStrictEqual } from "node:util";
import { Endpoint } from "../../../../lab/aws/endpoint";
import { seededRandom, type Random } from "../../../../lab/aws/latency";
import { describeService, type ClientClass, type Operation } from "../../../../lab/aws/wire/service";
import { plain, randomValue } from "./random-shape";
import { serve, type Served } from "./serve";

/** Operations that cannot make the trip, each with its reason. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  "s3:ListDirectoryBuckets": "goes to another host",
  "s3:WriteGetObjectResponse": "goes to another host",
};

/**
 * Milliseconds for all services together. On a calm machine every operation is reached; on a busy one the used ones are, and
 * HA_NAT_FUZZ_SECONDS gives more time.
 */
const BUDGET_MS = Number(process.env["HA_NAT_FUZZ_SECONDS"] ?? 8) * 1000;

/** Operations that the functions, the agent and the scripts depend on: always tried, and first. */
const USED =
  /^(Describe(Instances|RouteTables|Addresses|AutoScalingGroups|TargetHealth|Alarms)|(Create|Replace)Route|AssignPrivateIpAddresses|AssociateAddress|ModifyInstanceAttribute|SetInstanceHealth|CompleteLifecycleAction|RecordLifecycleActionHeartbeat|(Register|Deregister)Targets|GetParameters?|PutParameter|SendCommand|GetCommandInvocation|Invoke|SendMessage|ReceiveMessage|DeleteMessage|ChangeMessageVisibilityBatch|GetObject|CreateLogStream|PutLogEvents|PutMetricData|GetCallerIdentity|Publish)$/;

type Package = Readonly<Record<string, unknown>>;
interface Sent {
  send(command: unknown): Promise<Record<string, unknown>>;
}

const CLIENTS: readonly (readonly [name: string, module: Package, Client: ClientClass])[] = [
  ["ec2", ec2, ec2.EC2Client],
  ["autoscaling", autoscaling, autoscaling.AutoScalingClient],
  ["elbv2", elbv2, elbv2.ElasticLoadBalancingV2Client],
  ["ssm", ssm, ssm.SSMClient],
  ["cloudwatch", cloudwatch, cloudwatch.CloudWatchClient],
  ["logs", logs, logs.CloudWatchLogsClient],
  ["lambda", lambda, lambda.LambdaClient],
  ["sns", sns, sns.SNSClient],
  ["sqs", sqs, sqs.SQSClient],
  ["sts", sts, sts.STSClient],
  ["s3", s3, s3.S3Client],
];

const SETTINGS = {
  disableHostPrefix: true,
  disableRequestCompression: true,
  forcePathStyle: true,
  useQueueUrlAsEndpoint: false,
  md5: false,
  requestChecksumCalculation: "WHEN_REQUIRED",
  responseChecksumValidation: "WHEN_REQUIRED",
  disableS3ExpressSessionAuth: true,
};

/** Random data from each operation's schemas, in both directions, compared deeply; says what differed. */
async function roundTrip(
  client: Sent,
  module: Package,
  operation: Operation,
  exchange: { random: Random; output: unknown; input: unknown },
): Promise<string | undefined> {
  const { random } = exchange;
  const wanted = operation.input.isUnitSchema() ? {} : (randomValue(operation.input, random) as object);
  const output = (operation.output.isUnitSchema() ? {} : randomValue(operation.output, random)) as Record<string, unknown>;
  for (const member of ["StatusCode", "Status"]) if (typeof output[member] === "number") output[member] = 200;
  Object.assign(exchange, { output, input: undefined });
  const Command = module[`${operation.name}Command`] as new (input: unknown) => unknown;
  let answer: Record<string, unknown>;
  try {
    answer = await client.send(new Command({ ...wanted }));
    for (const [name, value] of Object.entries(answer)) {
      const stream = value as { transformToByteArray?: () => Promise<Uint8Array> } | undefined;
      if (typeof stream?.transformToByteArray === "function") answer[name] = await stream.transformToByteArray();
    }
  } catch (error) {
    return `${operation.name}: ${String(error).slice(0, 200)}`;
  }
  if (!isDeepStrictEqual(plain(exchange.input), plain(wanted))) {
    return `${operation.name}: sent ${show(wanted)}, handler got ${show(exchange.input)}`;
  }
  return isDeepStrictEqual(plain(answer), plain(output))
    ? undefined
    : `${operation.name}: answered ${show(output)}, client got ${show(answer)}`;
}

function show(value: unknown): string {
  return JSON.stringify(plain(value)).slice(0, 400);
}

function hasEvents({ input, output }: Operation): boolean {
  return [input, output].some((schema) => !schema.isUnitSchema() && schema.getEventStreamMember() !== "");
}

describe.each(CLIENTS)("%s", (name, module, Client) => {
  const service = describeService(module, Client);
  const exchange = { random: seededRandom(7), output: {} as unknown, input: undefined as unknown };
  let served: Served;

  beforeAll(async () => {
    const endpoint = new Endpoint();
    const handler = (input: unknown) => {
      exchange.input = input;
      return exchange.output;
    };
    endpoint.add(module, Client)(Object.fromEntries([...service.operations.keys()].map((operation) => [operation, handler])));
    served = await serve(endpoint);
  });

  afterAll(() => served.close());

  test("operations make the trip both ways with random data, the used ones first", async () => {
    const client = new Client({ ...served.client, ...SETTINGS }) as unknown as Sent;
    const operations = [...service.operations.values()].filter(
      (operation) => !hasEvents(operation) && EXCEPTIONS[`${name}:${operation.name}`] === undefined,
    );
    const inOrder = operations.toSorted((left, right) => Number(USED.test(right.name)) - Number(USED.test(left.name)));
    const failed: string[] = [];
    const end = Date.now() + BUDGET_MS * (name === "ec2" ? 0.4 : 0.06);

    for (const operation of inOrder) {
      if (Date.now() > end && !USED.test(operation.name)) break;
      const difference = await roundTrip(client, module, operation, exchange);
      if (difference !== undefined) failed.push(difference);
    }

    expect(failed).toEqual([]);
    expect(operations.filter((operation) => USED.test(operation.name))).not.toHaveLength(0);
  }, 300_000);
});
