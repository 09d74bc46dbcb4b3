import { SendMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";
import type { Suspicion } from "../../contract/messages";
import { type Log, words } from "./log";

/** More at once would only wait behind each other; the next repeat brings what was left out. */
const MAX_IN_FLIGHT = 8;

export interface SuspicionQueue {
  /** Returns at once; retried by the client under the same deduplication ID. */
  send(message: Suspicion): void;
}

export function suspicionQueue(sqs: SQSClient, queueUrl: string, log: Log): SuspicionQueue {
  let inFlight = 0;
  return {
    send: (message) => {
      const { suspect, reason, observers, sequence, correlationId } = message;
      if (inFlight >= MAX_IN_FLIGHT) {
        log.limited("queue-full", "suspicion not sent: too many are on their way", { suspect, inFlight });
        return;
      }
      inFlight += 1;
      log.info("suspicion", { suspect, reason, observers, sequence, correlationId });
      const command = new SendMessageCommand({
        QueueUrl: queueUrl,
        MessageBody: JSON.stringify(message),
        MessageGroupId: message.env,
        MessageDeduplicationId: `${message.reporterBootId}-${sequence}`,
      });
      sqs
        .send(command)
        .catch((error: unknown) => log.limited("queue-send", "suspicion could not be sent", { suspect, why: words(error) }))
        .finally(() => (inFlight -= 1));
    },
  };
}
