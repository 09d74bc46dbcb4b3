import type { FailoverMessage } from "../../../contract/messages";
import type { Sequences } from "./memory";
import { envelopeSchema, messageSchema, recordSchema } from "./messages";
import type { Envelope, SqsRecord } from "./messages";

export type Trigger =
  | { readonly kind: "message"; readonly message: FailoverMessage; readonly sentAt: number }
  | { readonly kind: "event"; readonly detailType: string; readonly correlationId: string; readonly leaving: string | null };

export type DropReason = "malformed" | "foreign" | "forged" | "stale" | "replayed";

export interface Dropped {
  readonly messageId: string;
  readonly reason: DropReason;
  readonly detail: string;
}

export interface Inbox {
  readonly triggers: readonly Trigger[];
  readonly dropped: readonly Dropped[];
  /** Events of kinds that say nothing about a lane. */
  readonly ignored: readonly { readonly messageId: string; readonly detailType: string }[];
}

export interface Judge {
  readonly env: string;
  readonly now: Date;
  readonly sequences: Sequences;
}

type Verdict =
  | Trigger
  | { readonly kind: "dropped"; readonly reason: DropReason; readonly detail: string }
  | { readonly kind: "ignored"; readonly detailType: string };

/** A queue that was down for longer has a sweep waiting that knows better. */
const STALE_AFTER_MS = 120_000;
const FUTURE_AFTER_MS = 60_000;

/** Detail types that trigger a look; true when the instance they name is about to leave. */
const DETAIL_TYPES: Readonly<Record<string, boolean>> = {
  "EC2 Instance State-change Notification": false,
  "EC2 Spot Instance Interruption Warning": true,
  "EC2 Instance Rebalance Recommendation": true,
  "CloudWatch Alarm State Change": false,
  "EC2 Instance Launch Successful": false,
  "EC2 Instance Launch Unsuccessful": false,
  "EC2 Instance Terminate Successful": false,
  "EC2 Instance Terminate Unsuccessful": false,
  "EC2 Instance-launch Lifecycle Action": false,
  "EC2 Instance-terminate Lifecycle Action": true,
};

/**
 * Judges every record of an SQS event. A bad record is dropped with a reason, never returned as failed: in a FIFO group it would
 * block every later message until it is dead-lettered.
 * @throws Error when the invocation is no SQS event at all.
 */
export function parseEvent(raw: unknown, judge: Judge): Inbox {
  const verdicts = recordsOf(raw).map((record, index) => {
    const parsed = recordSchema.safeParse(record);
    if (!parsed.success) return { messageId: `record ${index}`, verdict: drop("malformed", "not a record of SQS") };
    return { messageId: parsed.data.messageId, verdict: judgeRecord(parsed.data, judge) };
  });
  return {
    triggers: verdicts.flatMap(({ verdict }) => (verdict.kind === "message" || verdict.kind === "event" ? [verdict] : [])),
    dropped: verdicts.flatMap(({ messageId, verdict }) =>
      verdict.kind === "dropped" ? [{ messageId, reason: verdict.reason, detail: verdict.detail }] : [],
    ),
    ignored: verdicts.flatMap(({ messageId, verdict }) =>
      verdict.kind === "ignored" ? [{ messageId, detailType: verdict.detailType }] : [],
    ),
  };
}

function recordsOf(raw: unknown): readonly unknown[] {
  if (typeof raw === "object" && raw !== null && "Records" in raw && Array.isArray(raw.Records)) return raw.Records as unknown[];
  const got = JSON.stringify(raw)?.slice(0, 100) ?? "nothing";
  throw new Error(
    `the event must be an SQS event with Records, got ${got}; send messages to the failover queue, not to the function`,
  );
}

function judgeRecord(record: SqsRecord, judge: Judge): Verdict {
  const body = parseJson(record.body);
  if (body === undefined) return drop("malformed", `the body is not JSON: ${record.body.slice(0, 60)}`);
  const age = judge.now.getTime() - Number(record.attributes.SentTimestamp);
  if (!(age <= STALE_AFTER_MS && age >= -FUTURE_AFTER_MS)) return drop("stale", `sent ${age} ms ago, limit ${STALE_AFTER_MS} ms`);
  const envelope = envelopeSchema.safeParse(body);
  if (envelope.success) return judgeEnvelope(envelope.data, record);
  const message = messageSchema.safeParse(body);
  if (message.success) return judgeMessage(message.data, record, judge);
  const faults = message.error.issues.map(({ path, message: fault }) => `${path.join(".") || "body"}: ${fault}`);
  return drop("malformed", faults.join("; "));
}

function judgeEnvelope(envelope: Envelope, record: SqsRecord): Verdict {
  const detailType = envelope["detail-type"];
  if (isInstance(sessionOf(record))) return drop("forged", `${sessionOf(record)} sent an event in EventBridge's name`);
  const isLeaving = Object.hasOwn(DETAIL_TYPES, detailType) ? DETAIL_TYPES[detailType] : undefined;
  if (isLeaving === undefined) return { kind: "ignored", detailType };
  const { detail } = envelope;
  const instanceId = detail["instance-id"] ?? detail["EC2InstanceId"];
  const leaving = isLeaving && typeof instanceId === "string" ? instanceId : null;
  return { kind: "event", detailType, correlationId: envelope.id, leaving };
}

function judgeMessage(message: FailoverMessage, record: SqsRecord, judge: Judge): Verdict {
  if (message.env !== judge.env) return drop("foreign", `of environment ${message.env}, this is ${judge.env}`);
  const session = sessionOf(record);
  // An instance's role session is named by EC2: what a stolen credential says, it says in its own name.
  if (message.kind === "suspicion" && session !== message.reporter)
    return drop("forged", `${session} speaks as ${message.reporter}`);
  if (message.kind !== "suspicion" && isInstance(session)) return drop("forged", `${session} may send suspicions only`);
  // A redelivery (our own failure the last time) is no replay; SQS counts it, the sender cannot.
  const isFirst = Number(record.attributes.ApproximateReceiveCount) <= 1;
  if (message.kind === "suspicion" && isFirst && judge.sequences.isReplayed(message))
    return drop("replayed", `${message.reporter} boot ${message.reporterBootId} sequence ${message.sequence}`);
  return { kind: "message", message, sentAt: Number(record.attributes.SentTimestamp) };
}

/** `AROA…:<session name>`; the whole SenderId when there is no session. */
function sessionOf({ attributes }: SqsRecord): string {
  return attributes.SenderId.slice(attributes.SenderId.indexOf(":") + 1);
}

function isInstance(session: string): boolean {
  return /^i-[0-9a-f]+$/.test(session);
}

function drop(reason: DropReason, detail: string): Verdict {
  return { kind: "dropped", reason, detail };
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
