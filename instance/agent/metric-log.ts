import {
  type CloudWatchLogsClient,
  CreateLogStreamCommand,
  PutLogEventsCommand,
  type PutLogEventsCommandOutput,
  ResourceAlreadyExistsException,
  ResourceNotFoundException,
} from "@aws-sdk/client-cloudwatch-logs";
import { type Log, words } from "./log";

/** A quarter of an hour; who looks at metrics later than that wants the newest. */
const MAX_WAITING = 15;
/** A call that hangs must be over before the next document comes. */
const DEADLINE_MS = 20_000;

export interface MetricLog {
  /** Returns at once. A document that could not be sent waits for the next one, and goes with it. */
  put(document: unknown, at: number): void;
}

interface Event {
  readonly timestamp: number;
  readonly message: string;
}

/**
 * EMF documents to a log stream of CloudWatch, which makes the metrics of them: what an agent prints ends in the journal of its machine,
 * where no alarm looks. One call at a time; nothing here holds up the agent or its end.
 */
export function metricLog(logs: CloudWatchLogsClient, group: string, stream: string, log: Log): MetricLog {
  const waiting: Event[] = [];
  let dropped = 0;
  let isSending = false;
  let isFailing = false;

  async function send(): Promise<void> {
    const logEvents = waiting.slice();
    const { rejectedLogEventsInfo: rejected } = await putEvents(logs, { group, stream, logEvents });
    // Whatever came or was dropped meanwhile: only what was sent goes.
    for (const event of logEvents) if (waiting[0] === event) waiting.shift();
    if (rejected !== undefined) throw new Error(`CloudWatch does not take their time: ${JSON.stringify(rejected)}`);
    if (isFailing) log.info("metrics reach CloudWatch again", { group, stream, dropped });
    [isFailing, dropped] = [false, 0];
  }

  return {
    put: (document, at) => {
      waiting.push({ timestamp: at, message: JSON.stringify(document) });
      if (waiting.length > MAX_WAITING) {
        waiting.shift();
        dropped += 1;
      }
      if (isSending) return;
      isSending = true;
      send()
        .catch((error: unknown) => {
          if (!isFailing) log.warn("metrics do not reach CloudWatch; alarms are blind", { group, stream, why: words(error) });
          isFailing = true;
        })
        .finally(() => (isSending = false));
    },
  };
}

/** The stream is there but for the first time. */
async function putEvents(
  logs: CloudWatchLogsClient,
  what: { readonly group: string; readonly stream: string; readonly logEvents: Event[] },
): Promise<PutLogEventsCommandOutput> {
  const abortSignal = AbortSignal.timeout(DEADLINE_MS);
  const name = { logGroupName: what.group, logStreamName: what.stream };
  const put = () => logs.send(new PutLogEventsCommand({ ...name, logEvents: what.logEvents }), { abortSignal });
  try {
    return await put();
  } catch (error) {
    if (!(error instanceof ResourceNotFoundException)) throw error;
    await logs.send(new CreateLogStreamCommand(name), { abortSignal }).catch((reason: unknown) => {
      if (!(reason instanceof ResourceAlreadyExistsException)) throw reason;
    });
    return put();
  }
}
