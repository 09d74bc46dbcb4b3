import { ChangeMessageVisibilityBatchCommand, ReceiveMessageCommand, SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { eventually } from "../../support/eventually";
import { startTestLab, type TestLab } from "../../support/lab-aws";
import { QUEUE_URL, stackModel } from "../../support/stack-model";

let lab: TestLab;
let client: SQSClient;

afterEach(async () => {
  client.destroy();
  await lab.close();
});

async function start({ isMapped }: { readonly isMapped: boolean }): Promise<void> {
  const [mapped] = stackModel.functions;
  const queueArn = stackModel.queues[0]?.arn ?? "";
  const model = {
    ...stackModel,
    queues: stackModel.queues.map((queue) => ({ ...queue, visibilityTimeoutSeconds: isMapped ? 1 : 25 })),
    eventSourceMappings: isMapped ? [{ queueArn, functionName: mapped?.name ?? "", batchSize: 10 }] : [],
  };
  lab = await startTestLab({ model });
  lab.aws.start();
  client = new SQSClient(lab.client);
}

const send = (MessageBody: string) =>
  client.send(
    new SendMessageCommand({ QueueUrl: QUEUE_URL, MessageGroupId: "test", MessageBody, MessageDeduplicationId: MessageBody }),
  );

const receive = async () => {
  const answer = await client.send(
    new ReceiveMessageCommand({ QueueUrl: QUEUE_URL, MaxNumberOfMessages: 10, WaitTimeSeconds: 2 }),
  );
  return answer.Messages ?? [];
};

const hide = (handles: readonly string[], seconds: number, ids = handles.map((_handle, index) => String(index))) =>
  client.send(
    new ChangeMessageVisibilityBatchCommand({
      QueueUrl: QUEUE_URL,
      Entries: handles.map((ReceiptHandle, index) => ({ Id: ids[index], ReceiptHandle, VisibilityTimeout: seconds })),
    }),
  );

test("a run that outlasts the visibility timeout has a second one beside it, as at AWS", async () => {
  await start({ isMapped: true });
  let running = 0;
  let most = 0;
  let release: () => void = () => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  lab.runner.answer = async () => {
    running += 1;
    most = Math.max(most, running);
    await released;
    running -= 1;
    return { payload: "null", error: undefined };
  };

  try {
    await send("slow");

    await eventually(
      () => most,
      (count) => count === 2,
    );
  } finally {
    release();
  }
});

test("one that does not has none: nothing more of the group is given out", async () => {
  await start({ isMapped: true });
  const bodies: string[][] = [];
  let running = 0;
  let most = 0;
  lab.runner.answer = async (_name, payload) => {
    running += 1;
    most = Math.max(most, running);
    bodies.push((JSON.parse(payload) as { Records: { body: string }[] }).Records.map(({ body }) => body));
    await new Promise((resolve) => setTimeout(resolve, 200));
    running -= 1;
    return { payload: "null", error: undefined };
  };

  await send("first");
  await eventually(
    () => bodies.length,
    (count) => count === 1,
  );
  await send("second");
  await eventually(
    () => bodies.length,
    (count) => count === 2,
  );

  expect(most).toBe(1);
  expect(bodies).toEqual([["first"], ["second"]]);
});

test("messages come again when a batch of them is told to, in order and counted", async () => {
  await start({ isMapped: false });
  await send("a");
  await send("b");
  const taken = await receive();

  const { Successful, Failed } = await hide(
    taken.map(({ ReceiptHandle }) => ReceiptHandle ?? ""),
    0,
  );

  expect([Successful?.length, Failed ?? []]).toEqual([2, []]);
  expect((await receive()).map(({ Body }) => Body)).toEqual(["a", "b"]);
});

test("what is wrong with an entry is answered in its place, what is wrong with the batch refuses it", async () => {
  await start({ isMapped: false });
  await send("a");
  const [message] = await receive();
  const handle = message?.ReceiptHandle ?? "";

  const { Successful, Failed } = await hide([handle, "x"], 0);

  expect(Successful).toEqual([{ Id: "0" }]);
  expect(Failed).toMatchObject([{ Id: "1", Code: "ReceiptHandleIsInvalid", SenderFault: true }]);
  await expect(hide([], 0)).rejects.toMatchObject({ name: "EmptyBatchRequest" });
  await expect(hide(Array<string>(11).fill("x"), 0)).rejects.toMatchObject({ name: "TooManyEntriesInBatchRequest" });
  await expect(hide(["x", "y"], 0, ["same", "same"])).rejects.toMatchObject({ name: "BatchEntryIdsNotDistinct" });
});
