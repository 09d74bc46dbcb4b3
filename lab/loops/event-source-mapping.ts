import type { FunctionModel, StackModel } from "../stack/model";
import type { FunctionResult } from "../world/fabric";
import { md5, systemAttributes } from "../aws/handlers/sqs";
import type { Functions } from "../aws/state/functions";
import type { Queue, QueueMessage } from "../aws/state/queue";
import type { Tasks } from "../aws/state/tasks";

export interface MappingParts {
  readonly model: Pick<StackModel, "region" | "eventSourceMappings">;
  readonly functions: Functions;
  readonly queues: ReadonlyMap<string, Queue>;
  readonly tasks: Tasks;
}

/** How long one wait for messages lasts at most; a later one follows at once. */
const POLL_MS = 20_000;

/**
 * Lambda's pollers. A batch holds messages of one group. The queue gives nothing more of a group while one of its messages is hidden,
 * and the pollers wait for nothing else: a run that outlasts the visibility timeout has a second one beside it, as at AWS. What succeeded
 * is deleted, what failed comes back after the visibility timeout.
 */
export function startEventSourceMappings(parts: MappingParts): void {
  for (const { queueArn, functionName, batchSize } of parts.model.eventSourceMappings) {
    const queue = parts.queues.get(queueArn);
    const target = parts.functions.find(functionName);
    if (queue === undefined || target === undefined) {
      throw new Error(`event source mapping from ${queueArn} to ${functionName}: the stack does not have both`);
    }
    parts.tasks.spawn(`event source mapping of ${target.name}`, async () => {
      for (;;) {
        await queue.whenReceivable(POLL_MS);
        for (const batch of byGroup(queue.receive(batchSize)))
          parts.tasks.spawn(`a batch for ${target.name}`, () => handleBatch(parts, queue, target, batch));
      }
    });
  }
}

function byGroup(messages: readonly QueueMessage[]): readonly (readonly QueueMessage[])[] {
  const groups = new Map<string, QueueMessage[]>();
  for (const message of messages) {
    const group = message.groupId ?? "";
    groups.set(group, [...(groups.get(group) ?? []), message]);
  }
  return [...groups.values()];
}

async function handleBatch(
  parts: MappingParts,
  queue: Queue,
  target: FunctionModel,
  batch: readonly QueueMessage[],
): Promise<void> {
  const records = batch.map((message) => record(parts.model.region, queue, message));
  const result = await parts.functions.deliver(target, JSON.stringify({ Records: records }));
  const failed = failedMessages(result, batch);
  for (const message of batch) if (!failed.has(message.messageId)) queue.delete(message.receiptHandle);
}

function record(region: string, queue: Queue, message: QueueMessage): object {
  return {
    messageId: message.messageId,
    receiptHandle: message.receiptHandle,
    body: message.body,
    attributes: systemAttributes(message),
    messageAttributes: Object.fromEntries(Object.entries(message.texts).map(([name, text]) => [name, attribute(text)])),
    md5OfBody: md5(message.body),
    eventSource: "aws:sqs",
    eventSourceARN: queue.model.arn,
    awsRegion: region,
  };
}

const attribute = (stringValue: string): object => ({
  stringValue,
  stringListValues: [],
  binaryListValues: [],
  dataType: "String",
});

/** ReportBatchItemFailures. An error, or an answer that names a message which was not in the batch, fails them all. */
export function failedMessages(result: FunctionResult, batch: readonly Pick<QueueMessage, "messageId">[]): ReadonlySet<string> {
  const all = new Set(batch.map((message) => message.messageId));
  if (result.error !== undefined) return all;
  const answer = JSON.parse(result.payload) as {
    readonly batchItemFailures?: readonly { readonly itemIdentifier?: unknown }[];
  } | null;
  const named = (answer?.batchItemFailures ?? []).map((item) => item.itemIdentifier);
  if (named.some((id) => typeof id !== "string" || !all.has(id))) return all;
  return new Set(named as readonly string[]);
}
