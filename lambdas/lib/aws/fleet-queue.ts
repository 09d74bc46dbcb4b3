import { SendMessageCommand } from "@aws-sdk/client-sqs";
import type { SQSClient } from "@aws-sdk/client-sqs";
import type { FailoverMessage } from "../../../contract/messages";

/** The one door: whoever wants a lane moved sends a message here. Repeats within five minutes are one message. */
export type SendToFailover = (message: FailoverMessage) => Promise<void>;

export function fleetQueue(client: SQSClient, queueUrl: string): SendToFailover {
  return async (message) => {
    await client.send(
      new SendMessageCommand({
        QueueUrl: queueUrl,
        MessageBody: JSON.stringify(message),
        MessageGroupId: message.env,
        MessageDeduplicationId: deduplicationId(message),
      }),
    );
  };
}

function deduplicationId(message: FailoverMessage): string {
  if (message.kind === "suspicion") return `${message.reporterBootId}-${message.sequence}`;
  return `${message.kind}-${message.correlationId}`;
}
