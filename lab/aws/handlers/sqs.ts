import { createHash } from "node:crypto";
import type * as sqs from "@aws-sdk/client-sqs";
import type { LabKeyRing } from "../iam/key-ring";
import type { Handlers } from "../endpoint";
import type { Queue, QueueMessage } from "../state/queue";
import type { Tasks } from "../state/tasks";
import { AwsError } from "../wire/call";
import { callerOf } from "./callers";

export interface SqsState {
  readonly accountId: string;
  readonly queues: ReadonlyMap<string, Queue>;
  readonly keyRing: LabKeyRing;
  readonly tasks: Tasks;
}

/** Bytes of a message body. */
const MAX_BODY = 1_048_576;
const MAX_VISIBILITY_SECONDS = 43_200;
const MAX_BATCH = 10;

export function sqsHandlers(state: SqsState): Handlers<typeof sqs> {
  return {
    GetQueueUrl: (input) => {
      const queue = [...state.queues.values()].find(({ model }) => model.name === input.QueueName);
      if (queue === undefined) throw noQueue();
      return { QueueUrl: queue.model.url };
    },

    SendMessage: (input, call) => {
      const queue = requireQueue(state, input.QueueUrl);
      checkMessage(queue, input);
      const body = input.MessageBody ?? "";
      const sent = queue.send({
        body,
        groupId: input.MessageGroupId,
        deduplicationId: input.MessageDeduplicationId,
        senderId: callerOf(state.keyRing, state.accountId, call).userId,
        texts: textsOf(input.MessageAttributes ?? {}),
      });
      return { MessageId: sent.messageId, MD5OfMessageBody: md5(body), SequenceNumber: sent.sequenceNumber };
    },

    ReceiveMessage: async (input) => {
      const queue = requireQueue(state, input.QueueUrl);
      const { MaxNumberOfMessages: max = 1, WaitTimeSeconds: wait = 0, VisibilityTimeout: visibility } = input;
      checkRange("MaxNumberOfMessages", max, 1, MAX_BATCH);
      checkRange("WaitTimeSeconds", wait, 0, 20);
      if (visibility !== undefined) checkRange("VisibilityTimeout", visibility, 0, MAX_VISIBILITY_SECONDS);
      await queue.whenReceivable(wait * 1000);
      const names = [...(input.AttributeNames ?? []), ...(input.MessageSystemAttributeNames ?? [])];
      const messages = queue.receive(max, visibility);
      return messages.length === 0
        ? {}
        : { Messages: messages.map((message) => describeMessage(message, names, input.MessageAttributeNames)) };
    },

    DeleteMessage: (input) => {
      const queue = requireQueue(state, input.QueueUrl);
      if (!queue.delete(input.ReceiptHandle ?? "")) throw badHandle(input.ReceiptHandle);
      return {};
    },

    ChangeMessageVisibility: (input) => {
      changeVisibility(requireQueue(state, input.QueueUrl), input.ReceiptHandle ?? "", input.VisibilityTimeout ?? 0);
      return {};
    },

    ChangeMessageVisibilityBatch: (input) => {
      const queue = requireQueue(state, input.QueueUrl);
      const entries = input.Entries ?? [];
      checkBatch(entries.map(({ Id }) => Id ?? ""));
      const results = entries.map(({ Id = "", ReceiptHandle = "", VisibilityTimeout: seconds = 0 }) => ({
        Id,
        fault: faultOf(() => changeVisibility(queue, ReceiptHandle, seconds)),
      }));
      return {
        Successful: results.flatMap(({ Id, fault }) => (fault === undefined ? [{ Id }] : [])),
        Failed: results.flatMap(({ Id, fault }) =>
          fault === undefined ? [] : [{ Id, Code: fault.code, Message: fault.message, SenderFault: true }],
        ),
      };
    },

    GetQueueAttributes: (input) => {
      const queue = requireQueue(state, input.QueueUrl);
      const all = queueAttributes(queue);
      const names: readonly string[] = input.AttributeNames ?? [];
      if (names.includes("All")) return { Attributes: all };
      const unknown = names.find((name) => !Object.hasOwn(all, name));
      if (unknown !== undefined) throw new AwsError("InvalidAttributeName", `Unknown Attribute ${unknown}.`);
      return { Attributes: Object.fromEntries(names.map((name) => [name, all[name] ?? ""])) };
    },
  };
}

export function md5(text: string): string {
  return createHash("md5").update(text).digest("hex");
}

/** System attributes of a message as they are named on the wire and in Lambda events. */
export function systemAttributes(message: QueueMessage): Readonly<Record<string, string>> {
  const optional: Readonly<Record<string, string | undefined>> = {
    ApproximateFirstReceiveTimestamp: message.firstReceivedAt && String(message.firstReceivedAt.getTime()),
    MessageGroupId: message.groupId,
    MessageDeduplicationId: message.deduplicationId,
    SequenceNumber: message.sequenceNumber,
  };
  const present = Object.entries(optional).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return {
    SenderId: message.senderId,
    SentTimestamp: String(message.sentAt.getTime()),
    ApproximateReceiveCount: String(message.receiveCount),
    ...Object.fromEntries(present),
  };
}

const noQueue = (): AwsError => new AwsError("QueueDoesNotExist", "The specified queue does not exist.");

const badHandle = (handle: string | undefined): AwsError =>
  new AwsError("ReceiptHandleIsInvalid", `The input receipt handle "${handle}" is not of a message in flight.`);

/** The path decides, as it does at AWS when a client is pointed at another endpoint. */
function requireQueue(state: SqsState, url: string | undefined): Queue {
  const path = URL.canParse(url ?? "") ? new URL(url ?? "").pathname : undefined;
  const queue = [...state.queues.values()].find(({ model }) => new URL(model.url).pathname === path);
  if (queue === undefined) throw noQueue();
  return queue;
}

function checkMessage({ model }: Queue, input: sqs.SendMessageCommandInput): void {
  if (input.DelaySeconds) throw new AwsError("UnsupportedOperation", "The lab's queues have no DelaySeconds.");
  const bytes = Buffer.byteLength(input.MessageBody ?? "");
  if (bytes === 0 || bytes > MAX_BODY) {
    throw new AwsError(
      "InvalidParameterValue",
      `One or more parameters are invalid. Reason: Message must be 1 to ${MAX_BODY} bytes, got ${bytes}.`,
    );
  }
  if (model.fifo && input.MessageGroupId === undefined) {
    throw new AwsError("MissingParameter", "The request must contain the parameter MessageGroupId.");
  }
  if (!model.fifo && input.MessageDeduplicationId !== undefined) {
    throw new AwsError(
      "InvalidParameterValue",
      "The request include parameter that is not valid for this queue type: MessageDeduplicationId.",
    );
  }
}

function textsOf(attributes: Readonly<Record<string, sqs.MessageAttributeValue>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, { DataType, StringValue }]) => {
      if (DataType !== "String" || StringValue === undefined)
        throw new AwsError("UnsupportedOperation", `The lab's message attributes are of type String; ${name} is ${DataType}.`);
      if (StringValue === "")
        throw new AwsError(
          "InvalidParameterValue",
          `Message (user) attribute '${name}' must contain a non-empty value of type 'String'.`,
        );
      return [name, StringValue];
    }),
  );
}

function changeVisibility(queue: Queue, receiptHandle: string, seconds: number): void {
  checkRange("VisibilityTimeout", seconds, 0, MAX_VISIBILITY_SECONDS);
  if (!queue.changeVisibility(receiptHandle, seconds)) throw badHandle(receiptHandle);
}

/** A batch is refused as a whole for its form; what is wrong with one of its entries is answered in its place. */
function checkBatch(ids: readonly string[]): void {
  if (ids.length === 0) throw new AwsError("EmptyBatchRequest", "The batch request does not contain any entries.");
  if (ids.length > MAX_BATCH)
    throw new AwsError(
      "TooManyEntriesInBatchRequest",
      `Maximum number of entries per request are ${MAX_BATCH}. You have sent ${ids.length}.`,
    );
  if (new Set(ids).size < ids.length)
    throw new AwsError("BatchEntryIdsNotDistinct", "Two or more batch entries have the same Id.");
}

function faultOf(work: () => void): AwsError | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    if (error instanceof AwsError) return error;
    throw error;
  }
}

function checkRange(name: string, value: number, min: number, max: number): void {
  if (value < min || value > max) {
    throw new AwsError(
      "InvalidParameterValue",
      `Value ${value} for parameter ${name} is invalid. Reason: Must be between ${min} and ${max}, if provided.`,
    );
  }
}

function describeMessage(message: QueueMessage, names: readonly string[], textNames: readonly string[] = []): sqs.Message {
  const system = asked(systemAttributes(message), names);
  const texts = asked(message.texts, textNames).map(([name, StringValue]) => [name, { DataType: "String", StringValue }]);
  return {
    MessageId: message.messageId,
    ReceiptHandle: message.receiptHandle,
    Body: message.body,
    MD5OfBody: md5(message.body),
    ...(system.length > 0 ? { Attributes: Object.fromEntries(system) } : {}),
    ...(texts.length > 0 ? { MessageAttributes: Object.fromEntries(texts) as sqs.Message["MessageAttributes"] } : {}),
  };
}

function asked(all: Readonly<Record<string, string>>, names: readonly string[]): readonly (readonly [string, string])[] {
  return Object.entries(all).filter(([name]) => names.includes("All") || names.includes(name));
}

function queueAttributes({ model, depth }: Queue): Readonly<Record<string, string>> {
  const redrive =
    model.deadLetterArn === undefined
      ? {}
      : { RedrivePolicy: JSON.stringify({ deadLetterTargetArn: model.deadLetterArn, maxReceiveCount: model.maxReceiveCount }) };
  return {
    QueueArn: model.arn,
    VisibilityTimeout: String(model.visibilityTimeoutSeconds),
    ApproximateNumberOfMessages: String(depth.visible),
    ApproximateNumberOfMessagesNotVisible: String(depth.inFlight),
    ApproximateNumberOfMessagesDelayed: "0",
    ...(model.fifo ? { FifoQueue: "true" } : {}),
    ...redrive,
  };
}
