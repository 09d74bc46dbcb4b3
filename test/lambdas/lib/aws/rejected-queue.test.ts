import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { mockClient } from "aws-sdk-client-mock";
import { rejectedQueue } from "../../../../lambdas/lib/aws/rejected-queue";

const client = mockClient(SQSClient);
const keep = rejectedQueue(new SQSClient({}), "https://queue/1");
const REJECTED = { messageId: "m-1", body: "{", senderId: "AROA:i-0a", reason: "malformed" } as const;

beforeEach(() => client.reset());

test("a copy has the body as it was, and beside it whose it is and what was wrong", async () => {
  client.on(SendMessageCommand).resolves({});

  await keep(REJECTED);

  expect(client.commandCalls(SendMessageCommand)[0]?.args[0].input).toEqual({
    QueueUrl: "https://queue/1",
    MessageBody: "{",
    MessageAttributes: {
      MessageId: { DataType: "String", StringValue: "m-1" },
      SenderId: { DataType: "String", StringValue: "AROA:i-0a" },
      Reason: { DataType: "String", StringValue: "malformed" },
    },
  });
});
