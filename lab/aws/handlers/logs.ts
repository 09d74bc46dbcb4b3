import type * as logs from "@aws-sdk/client-cloudwatch-logs";
import type { Clock } from "../state/clock";
import type { LogGroups } from "../state/log-groups";
import type { Handlers } from "../endpoint";
import { AwsError } from "../wire/call";

/** Events of a batch, and their bytes with 26 for each. */
const MAX_EVENTS = 10_000;
const MAX_BYTES = 1_048_576;
const OVERHEAD_BYTES = 26;
/** What is older or later is not taken, though the call succeeds. Milliseconds. */
const OLDEST_MS = 14 * 24 * 3_600_000;
const LATEST_MS = 2 * 3_600_000;

/** Log events are put, and never read but by CloudWatch itself. */
export function logsHandlers({
  logGroups,
  clock,
}: {
  readonly logGroups: LogGroups;
  readonly clock: Clock;
}): Handlers<typeof logs> {
  return {
    CreateLogStream: ({ logGroupName: group = "", logStreamName: stream = "" }) => {
      if (!logGroups.hasGroup(group)) throw notFound("group");
      if (logGroups.hasStream(group, stream))
        throw new AwsError("ResourceAlreadyExistsException", "The specified log stream already exists");
      logGroups.create(group, stream);
      return {};
    },

    PutLogEvents: ({ logGroupName: group = "", logStreamName: stream = "", logEvents = [] }) => {
      if (!logGroups.hasGroup(group)) throw notFound("group");
      if (!logGroups.hasStream(group, stream)) throw notFound("stream");
      checkBatch(logEvents);
      const now = clock.date().getTime();
      const isOld = ({ timestamp = 0 }: logs.InputLogEvent) => timestamp < now - OLDEST_MS;
      const isNew = ({ timestamp = 0 }: logs.InputLogEvent) => timestamp > now + LATEST_MS;
      const taken = logEvents.filter((event) => !isOld(event) && !isNew(event));
      logGroups.put(
        group,
        stream,
        taken.map(({ message = "" }) => message),
      );
      const rejected = {
        ...(logEvents.some(isOld) ? { tooOldLogEventEndIndex: logEvents.findLastIndex(isOld) + 1 } : {}),
        ...(logEvents.some(isNew) ? { tooNewLogEventStartIndex: logEvents.findIndex(isNew) } : {}),
      };
      return taken.length === logEvents.length ? {} : { rejectedLogEventsInfo: rejected };
    },
  };
}

const notFound = (what: "group" | "stream"): AwsError =>
  new AwsError("ResourceNotFoundException", `The specified log ${what} does not exist.`);

function checkBatch(events: readonly logs.InputLogEvent[]): void {
  const invalid = (why: string) => new AwsError("InvalidParameterException", why);
  if (events.length === 0 || events.length > MAX_EVENTS)
    throw invalid(`A batch has 1 to ${MAX_EVENTS} log events, got ${events.length}.`);
  const bytes = events.reduce((sum, { message = "" }) => sum + Buffer.byteLength(message) + OVERHEAD_BYTES, 0);
  if (bytes > MAX_BYTES) throw invalid(`Upload too large: ${bytes} bytes exceeds limit of ${MAX_BYTES}`);
  const isAfterNext = ({ timestamp = 0 }: logs.InputLogEvent, index: number) =>
    timestamp > (events[index + 1]?.timestamp ?? timestamp);
  if (events.some(isAfterNext)) throw invalid("Log events in a single PutLogEvents request must be in chronological order.");
}
