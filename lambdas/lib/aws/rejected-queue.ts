import { SendMessageCommand } from "@aws-sdk/client-sqs";
import type { SQSClient } from "@aws-sdk/client-sqs";
import type { RejectedFor } from "../../../contract/metrics";

/** A message of the failover queue that somebody should not have sent. */
export interface Rejected {
  /** Of the original, whose line in the log says what was wrong with it. */
  readonly messageId: string;
  readonly body: string;
  /** As SQS gives it: `AROA…:<session name>`. */
  readonly senderId: string;
  readonly reason: RejectedFor;
}

/**
 * Puts a copy where people can read it.
 * @throws Error when SQS has not taken it after a second, all tries included.
 */
export type KeepRejected = (rejected: Rejected) => Promise<void>;

/** The run is at its end; what it did is written down, and the next message waits. */
const DEADLINE_MS = 1_000;

export function rejectedQueue(client: SQSClient, queueUrl: string): KeepRejected {
  return async ({ messageId, body, senderId, reason }) => {
    const command = new SendMessageCommand({
      QueueUrl: queueUrl,
      MessageBody: body,
      MessageAttributes: { MessageId: text(messageId), SenderId: text(senderId), Reason: text(reason) },
    });
    await client.send(command, { abortSignal: AbortSignal.timeout(DEADLINE_MS) });
  };
}

const text = (StringValue: string) => ({ DataType: "String", StringValue });
