import { ChangeMessageVisibilityBatchCommand } from "@aws-sdk/client-sqs";
import type { SQSClient } from "@aws-sdk/client-sqs";

/**
 * Messages that were received are delivered again after this time, and not only when their visibility timeout ends.
 * @param receiptHandles ten at most.
 * @throws Error when SQS refuses one of them.
 */
export type DeliverAgain = (receiptHandles: readonly string[], afterSeconds: number) => Promise<void>;

export function redelivery(client: SQSClient, queueUrl: string): DeliverAgain {
  return async (receiptHandles, afterSeconds) => {
    const Entries = receiptHandles.map((ReceiptHandle, index) => ({
      Id: String(index),
      ReceiptHandle,
      VisibilityTimeout: afterSeconds,
    }));
    const { Failed = [] } = await client.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: queueUrl, Entries }));
    if (Failed.length === 0) return;
    const reasons = [...new Set(Failed.map(({ Code, Message }) => `${Code}: ${Message}`))].join("; ");
    throw new Error(`SQS gives ${Failed.length} of ${Entries.length} messages back only in their own time: ${reasons}`);
  };
}
