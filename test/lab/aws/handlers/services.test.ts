import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as autoscaling from "@aws-sdk/client-auto-scaling";
import * as cloudwatch from "@aws-sdk/client-cloudwatch";
import * as elbv2 from "@aws-sdk/client-elastic-load-balancing-v2";
import * as lambda from "@aws-sdk/client-lambda";
import * as s3 from "@aws-sdk/client-s3";
import * as sqs from "@aws-sdk/client-sqs";
import * as sts from "@aws-sdk/client-sts";
import { eventually } from "../../../support/eventually";
import { startTestLab, type TestLab, type TestLabOptions } from "../../../support/lab-aws";
import { DEAD_LETTER_URL, QUEUE_URL, ROLE, stackModel, TARGET_GROUP } from "../../../support/stack-model";

let lab: TestLab;
const clients: { destroy(): void }[] = [];

const GROUP = "ha-nat-test-nat-use1-az1";

async function start(options: TestLabOptions = {}): Promise<string> {
  lab = await startTestLab(options);
  lab.aws.start();
  const spec = await eventually(
    () => lab.fabric.launched[0],
    (first) => first !== undefined && lab.aws.members().length === 2,
  );
  return spec?.instanceId ?? "";
}

function use<C extends { destroy(): void }>(Client: new (config: TestLab["client"]) => C): C {
  const client = new Client(lab.client);
  clients.push(client);
  return client;
}

const errorOf = (call: Promise<unknown>): Promise<{ readonly name: string; readonly message: string }> =>
  call.then(
    () => ({ name: "no error", message: "" }),
    (error: Error) => error,
  );

afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await lab.close();
});

test("a caller is its role's session", async () => {
  await start();

  const answer = await use(sts.STSClient).send(new sts.GetCallerIdentityCommand({}));

  expect(answer).toMatchObject({ Account: "123456789012", Arn: `arn:aws:sts::123456789012:assumed-role/${ROLE}/${ROLE}` });
  expect(answer.UserId).toMatch(new RegExp(`^AROA[A-Z2-7]{17}:${ROLE}$`));
});

describe("Auto Scaling", () => {
  const action = (InstanceId: string) => ({ AutoScalingGroupName: GROUP, LifecycleHookName: "launching", InstanceId });

  test("CONTINUE puts an instance in service, once", async () => {
    const id = await start();
    const client = use(autoscaling.AutoScalingClient);
    const complete = () =>
      client.send(new autoscaling.CompleteLifecycleActionCommand({ ...action(id), LifecycleActionResult: "CONTINUE" }));
    await client.send(new autoscaling.RecordLifecycleActionHeartbeatCommand(action(id)));

    await complete();

    await eventually(
      async () =>
        (await client.send(new autoscaling.DescribeAutoScalingInstancesCommand({ InstanceIds: [id] }))).AutoScalingInstances?.[0],
      (instance) => instance?.LifecycleState === "InService" && instance.HealthStatus === "HEALTHY",
    );
    expect(await errorOf(complete())).toMatchObject({
      name: "ValidationError",
      message: expect.stringContaining("No active Lifecycle Action"),
    });
  });

  test("ABANDON ends the instance and launches another", async () => {
    const id = await start();
    const client = use(autoscaling.AutoScalingClient);

    await client.send(new autoscaling.CompleteLifecycleActionCommand({ ...action(id), LifecycleActionResult: "ABANDON" }));
    await eventually(
      () => lab.aws.members().find((member) => member.instanceId === id)?.lifecycle,
      (state) => state === "Terminating:Wait",
    );
    await client.send(
      new autoscaling.CompleteLifecycleActionCommand({
        ...action(id),
        LifecycleHookName: "terminating",
        LifecycleActionResult: "CONTINUE",
      }),
    );

    await eventually(
      () => lab.fabric.isInstanceAlive(id),
      (alive) => !alive,
    );
    await eventually(
      () => lab.fabric.launched.filter((spec) => spec.zone === "use1-az1").length,
      (count) => count === 2,
    );
  });

  test.each([
    ["group", { AutoScalingGroupName: "none" }],
    ["hook", { LifecycleHookName: "none" }],
    ["instance", { InstanceId: "i-none" }],
    ["result", { LifecycleActionResult: "MAYBE" }],
  ])("an unknown %s is a ValidationError", async (_what, change) => {
    const id = await start();
    const input = { ...action(id), LifecycleActionResult: "CONTINUE", ...change };

    const error = await errorOf(use(autoscaling.AutoScalingClient).send(new autoscaling.CompleteLifecycleActionCommand(input)));

    expect(error.name).toBe("ValidationError");
  });

  test("SetInstanceHealth knows only members", async () => {
    await start();
    const input = { InstanceId: "i-none", HealthStatus: "Unhealthy" };

    expect((await errorOf(use(autoscaling.AutoScalingClient).send(new autoscaling.SetInstanceHealthCommand(input)))).name).toBe(
      "ValidationError",
    );
  });
});

describe("load balancer", () => {
  test("a target is what the network says: initial, healthy, unhealthy, unused", async () => {
    const id = await start({
      model: { ...stackModel, targetGroups: stackModel.targetGroups.map((group) => ({ ...group, intervalSeconds: 0 })) },
    });
    const client = use(elbv2.ElasticLoadBalancingV2Client);
    const Targets = [{ Id: id }];
    const health = async () => {
      const answer = await client.send(new elbv2.DescribeTargetHealthCommand({ TargetGroupArn: TARGET_GROUP, Targets }));
      return answer.TargetHealthDescriptions?.[0]?.TargetHealth;
    };
    expect(await health()).toMatchObject({ State: "unused", Reason: "Target.NotRegistered" });

    await client.send(new elbv2.RegisterTargetsCommand({ TargetGroupArn: TARGET_GROUP, Targets }));
    expect((await health())?.State).toBe("initial");
    await eventually(health, (shown) => shown?.State === "healthy");
    lab.fabric.health = () => ({ status: 503 });
    expect(await eventually(health, (shown) => shown?.State === "unhealthy")).toMatchObject({
      Reason: "Target.FailedHealthChecks",
    });
    await client.send(new elbv2.DeregisterTargetsCommand({ TargetGroupArn: TARGET_GROUP, Targets }));

    expect((await health())?.State).toBe("unused");
  });

  test("unknown groups and targets are named", async () => {
    await start();
    const client = use(elbv2.ElasticLoadBalancingV2Client);
    const health = client.send(new elbv2.DescribeTargetHealthCommand({ TargetGroupArn: "arn:none" }));
    const register = client.send(new elbv2.RegisterTargetsCommand({ TargetGroupArn: TARGET_GROUP, Targets: [{ Id: "i-none" }] }));

    expect((await errorOf(health)).name).toBe("TargetGroupNotFoundException");
    expect((await errorOf(register)).name).toBe("InvalidTargetException");
  });
});

describe("queue", () => {
  const message = {
    QueueUrl: QUEUE_URL,
    MessageBody: '{"kind":"sweep"}',
    MessageGroupId: "test",
    MessageDeduplicationId: "boot-1",
  };

  test("a message tells its sender's session, group and count, and is deleted by its handle", async () => {
    await start();
    const client = use(sqs.SQSClient);
    const sent = await client.send(new sqs.SendMessageCommand(message));

    const { Messages } = await client.send(
      new sqs.ReceiveMessageCommand({ QueueUrl: QUEUE_URL, MessageSystemAttributeNames: ["All"], WaitTimeSeconds: 1 }),
    );

    expect(Messages?.[0]).toMatchObject({
      MessageId: sent.MessageId,
      Body: message.MessageBody,
      Attributes: { MessageGroupId: "test", ApproximateReceiveCount: "1", SequenceNumber: sent.SequenceNumber },
    });
    expect(Messages?.[0]?.Attributes?.SenderId).toMatch(new RegExp(`^AROA.*:${ROLE}$`));
    await client.send(new sqs.DeleteMessageCommand({ QueueUrl: QUEUE_URL, ReceiptHandle: Messages?.[0]?.ReceiptHandle }));
    const { Attributes } = await client.send(new sqs.GetQueueAttributesCommand({ QueueUrl: QUEUE_URL, AttributeNames: ["All"] }));
    expect(Attributes).toMatchObject({ ApproximateNumberOfMessages: "0", ApproximateNumberOfMessagesNotVisible: "0" });
  });

  test("what the sender put beside a message is there for who asks for it", async () => {
    await start();
    const client = use(sqs.SQSClient);
    const Reason = { DataType: "String", StringValue: "forged" };
    await client.send(new sqs.SendMessageCommand({ ...message, MessageAttributes: { Reason } }));
    const receive = { QueueUrl: QUEUE_URL, VisibilityTimeout: 0 };

    const asked = await client.send(new sqs.ReceiveMessageCommand({ ...receive, MessageAttributeNames: ["Reason"] }));
    const unasked = await client.send(new sqs.ReceiveMessageCommand(receive));

    expect(asked.Messages?.[0]?.MessageAttributes).toEqual({ Reason });
    expect(unasked.Messages?.[0]?.MessageAttributes).toBeUndefined();
  });

  test.each<[string, (client: sqs.SQSClient) => Promise<unknown>, string]>([
    [
      "a number beside a message",
      (c) =>
        c.send(new sqs.SendMessageCommand({ ...message, MessageAttributes: { N: { DataType: "Number", StringValue: "1" } } })),
      "UnsupportedOperation",
    ],
    [
      "an unknown queue",
      (c) => c.send(new sqs.SendMessageCommand({ ...message, QueueUrl: `${QUEUE_URL}x` })),
      "QueueDoesNotExist",
    ],
    ["no group", (c) => c.send(new sqs.SendMessageCommand({ QueueUrl: QUEUE_URL, MessageBody: "x" })), "MissingParameter"],
    [
      "a stale handle",
      (c) => c.send(new sqs.DeleteMessageCommand({ QueueUrl: QUEUE_URL, ReceiptHandle: "x" })),
      "ReceiptHandleIsInvalid",
    ],
    ["a delay", (c) => c.send(new sqs.SendMessageCommand({ ...message, DelaySeconds: 1 })), "UnsupportedOperation"],
    [
      "11 messages",
      (c) => c.send(new sqs.ReceiveMessageCommand({ QueueUrl: QUEUE_URL, MaxNumberOfMessages: 11 })),
      "InvalidParameterValue",
    ],
    ["an unknown name", (c) => c.send(new sqs.GetQueueUrlCommand({ QueueName: "none" })), "QueueDoesNotExist"],
  ])("%s is refused", async (_what, call, code) => {
    await start();

    expect((await errorOf(call(use(sqs.SQSClient)))).name).toBe(code);
  });

  test("a batch goes to the function; what it reports failed comes back and ends in the dead letters", async () => {
    const [mapped] = stackModel.functions;
    const queueArn = stackModel.queues[0]?.arn ?? "";
    const model = {
      ...stackModel,
      queues: stackModel.queues.map((queue) => ({ ...queue, visibilityTimeoutSeconds: 1 })),
      eventSourceMappings: [{ queueArn, functionName: mapped?.name ?? "", batchSize: 10 }],
    };
    await start({ model });
    lab.runner.answer = async (_name, payload) => {
      const { Records } = JSON.parse(payload) as { Records: readonly { messageId: string; body: string }[] };
      const failed = Records.filter(({ body }) => body === "poison").map(({ messageId }) => ({ itemIdentifier: messageId }));
      return { payload: JSON.stringify({ batchItemFailures: failed }), error: undefined };
    };
    const client = use(sqs.SQSClient);
    for (const MessageBody of ["poison", "good"]) {
      await client.send(new sqs.SendMessageCommand({ ...message, MessageBody, MessageDeduplicationId: MessageBody }));
    }

    const dead = await eventually(
      async () => (await client.send(new sqs.ReceiveMessageCommand({ QueueUrl: DEAD_LETTER_URL }))).Messages?.[0]?.Body,
      (body) => body !== undefined,
    );

    expect(dead).toBe("poison");
    const bodies = lab.runner.calls.flatMap(
      ({ payload }) => (JSON.parse(payload) as { Records?: { body: string }[] }).Records ?? [],
    );
    expect(bodies.filter(({ body }) => body === "poison")).toHaveLength(2);
    expect(bodies.filter(({ body }) => body === "good")).toHaveLength(1);
    expect(bodies[0]).toMatchObject({ eventSource: "aws:sqs", eventSourceARN: queueArn, attributes: { MessageGroupId: "test" } });
  });
});

describe("Lambda", () => {
  const [fn] = stackModel.functions;
  const FunctionName = fn?.name ?? "";

  test("Invoke answers with the function's payload, and says when it is an error", async () => {
    await start();
    const client = use(lambda.LambdaClient);
    const invoke = () => client.send(new lambda.InvokeCommand({ FunctionName, Payload: '{"a":1}' }));
    lab.runner.answer = async (_name, payload) => ({ payload: `{"got":${payload}}`, error: undefined });

    const good = await invoke();
    lab.runner.answer = async () => ({ payload: '{"errorType":"TypeError"}', error: "Unhandled" });
    const bad = await invoke();

    expect(good.StatusCode).toBe(200);
    expect(good.FunctionError).toBeUndefined();
    expect(good.Payload?.transformToString()).toBe('{"got":{"a":1}}');
    expect(bad).toMatchObject({ StatusCode: 200, FunctionError: "Unhandled" });
  });

  test("an event is tried three times, then lies in the dead letters", async () => {
    await start({ settings: { clockFactor: 6000 } });
    lab.runner.answer = async () => ({ payload: "{}", error: "Unhandled" });

    const answer = await use(lambda.LambdaClient).send(
      new lambda.InvokeCommand({ FunctionName, InvocationType: "Event", Payload: '{"a":1}' }),
    );

    expect(answer.StatusCode).toBe(202);
    const queue = await eventually(
      async () => (await lab.aws.status()).queues.find(({ name }) => name === "ha-nat-test-async-dlq"),
      (shown) => shown?.visible === 1,
    );
    expect(queue).toBeDefined();
    expect(lab.runner.calls).toHaveLength(3);
  });

  test("an unknown function and a payload that is no JSON are refused", async () => {
    await start();
    const client = use(lambda.LambdaClient);
    const unknown = client.send(new lambda.InvokeCommand({ FunctionName: "none" }));
    const broken = client.send(new lambda.InvokeCommand({ FunctionName, Payload: "{" }));

    expect((await errorOf(unknown)).name).toBe("ResourceNotFoundException");
    expect((await errorOf(broken)).name).toBe("InvalidRequestContentException");
  });
});

test("alarms say that nobody evaluates them here", async () => {
  await start();

  const { MetricAlarms } = await use(cloudwatch.CloudWatchClient).send(
    new cloudwatch.DescribeAlarmsCommand({ AlarmNamePrefix: "ha-nat-test" }),
  );

  expect(MetricAlarms).toMatchObject([
    { StateValue: "INSUFFICIENT_DATA", StateReason: expect.stringContaining("does not evaluate") },
  ]);
});

test("the artifact is the file that the stack uploads", async () => {
  const folder = await mkdtemp(join(tmpdir(), "lab-s3-"));
  const path = join(folder, "payload.tar.gz");
  await writeFile(path, "the payload");
  await start({ model: { ...stackModel, objects: [{ bucket: "artifacts", key: "payload/1.tar.gz", path }] } });
  const client = use(s3.S3Client);
  const object = { Bucket: "artifacts", Key: "payload/1.tar.gz" };

  const got = await client.send(new s3.GetObjectCommand(object));
  const head = await client.send(new s3.HeadObjectCommand(object));
  const list = await client.send(new s3.ListObjectsV2Command({ Bucket: "artifacts", Delimiter: "/" }));

  expect(await got.Body?.transformToString()).toBe("the payload");
  expect(head.ETag).toBe(got.ETag);
  expect(head.ContentLength).toBe(got.ContentLength);
  expect(list.CommonPrefixes).toEqual([{ Prefix: "payload/" }]);
  expect((await errorOf(client.send(new s3.GetObjectCommand({ ...object, Key: "none" })))).name).toBe("NoSuchKey");
  expect((await errorOf(client.send(new s3.ListObjectsV2Command({ Bucket: "none" })))).name).toBe("NoSuchBucket");
  await rm(folder, { recursive: true });
});
