import { ChangeMessageVisibilityBatchCommand, SQSClient } from "@aws-sdk/client-sqs";
import { mockClient } from "aws-sdk-client-mock";
import { redelivery } from "../../../../lambdas/lib/aws/redelivery";

const client = mockClient(SQSClient);
const deliverAgain = redelivery(new SQSClient({}), "https://queue/1");

beforeEach(() => client.reset());

test("messages are hidden for so long and no longer", async () => {
  client.on(ChangeMessageVisibilityBatchCommand).resolves({ Successful: [{ Id: "0" }, { Id: "1" }], Failed: [] });

  await deliverAgain(["a", "b"], 4);

  expect(client.commandCalls(ChangeMessageVisibilityBatchCommand)[0]?.args[0].input).toEqual({
    QueueUrl: "https://queue/1",
    Entries: [
      { Id: "0", ReceiptHandle: "a", VisibilityTimeout: 4 },
      { Id: "1", ReceiptHandle: "b", VisibilityTimeout: 4 },
    ],
  });
});

test("an entry that SQS refuses, in an answer that is none the less a good one, goes out as an error", async () => {
  const Failed = [{ Id: "1", SenderFault: true, Code: "ReceiptHandleIsInvalid", Message: "expired" }];
  client.on(ChangeMessageVisibilityBatchCommand).resolves({ Successful: [{ Id: "0" }], Failed });

  await expect(deliverAgain(["a", "b"], 4)).rejects.toThrow(/1 of 2 messages.*ReceiptHandleIsInvalid: expired/);
});
