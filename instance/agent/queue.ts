import { SendMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";
import type { Leave, Suspicion } from "../../contract/messages";
import { type Fields, type Log, words } from "./log";

/** More at once would only wait behind each other; the next repeat brings what was left out. */
const MAX_IN_FLIGHT = 8;

export interface FailoverQueue {
  /** Returns at once; retried by the client under the same deduplication ID. */
  send(message: Suspicion | Leave, deduplicationId: string): void;
}

export function failoverQueue(sqs: SQSClient, queueUrl: string, log: Log): FailoverQueue {
  let inFlight = 0;
  return {
    send: (message, deduplicationId) => {
      const { kind } = message;
      const about = fieldsOf(message);
      if (inFlight >= MAX_IN_FLIGHT) {
        log.limited("queue-full", `${kind} not sent: too many are on their way`, { ...about, inFlight });
        return;
      }
      inFlight += 1;
      log.info(kind, about);
      const command = new SendMessageCommand({
        QueueUrl: queueUrl,
        MessageBody: JSON.stringify(message),
        MessageGroupId: message.env,
        MessageDeduplicationId: deduplicationId,
      });
      sqs
        .send(command)
        .catch((error: unknown) => log.limited("queue-send", `${kind} could not be sent`, { ...about, why: words(error) }))
        .finally(() => (inFlight -= 1));
    },
  };
}

function fieldsOf(message: Suspicion | Leave): Fields {
  const { correlationId } = message;
  if (message.kind === "leave") return { because: message.because, force: message.force, correlationId };
  const { suspect, reason, observers, sequence } = message;
  return { suspect, reason, observers, sequence, correlationId };
}
