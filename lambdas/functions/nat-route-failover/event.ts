import type { FailoverMessage, Suspicion } from "../../../contract/messages";
import { REJECTED_FOR } from "../../../contract/metrics";
import type { RejectedFor } from "../../../contract/metrics";
import type { LeaveCause } from "../../../contract/parameters";
import { FUTURE_AFTER_MS, futureFault } from "../../lib/aws/bus-event";
import type { Rejected } from "../../lib/aws/rejected-queue";
import { faultsOf } from "../../lib/aws/schemas";
import type { Request } from "../../lib/domain/admit";
import type { Sequences } from "./memory";
import { envelopeSchema, messageSchema, recordSchema } from "./messages";
import type { Envelope, SqsRecord } from "./messages";

export type Trigger =
  | { readonly kind: "message"; readonly message: FailoverMessage; readonly sentAt: number; readonly from: Sender }
  | {
      readonly kind: "event";
      readonly detailType: string;
      readonly correlationId: string;
      /** EventBridge tells of every instance of the account. */
      readonly instanceId: string | null;
      readonly leaving: Departure | null;
    };

/** Whose session sent it: a NAT's, or one of people's and functions'. */
export type Sender = "nat" | "operator";

export interface Departure {
  readonly instanceId: string;
  readonly because: LeaveCause;
}

/** Nothing is lost with what is stale or replayed, or names an unknown instance: the look that it asked for is had anyway. */
export type DropReason = RejectedFor | "stale" | "replayed" | "unknown";

export interface Dropped {
  readonly messageId: string;
  readonly reason: DropReason;
  readonly detail: string;
}

export interface Inbox {
  readonly triggers: readonly Trigger[];
  readonly dropped: readonly Dropped[];
  /** Those of the dropped that would be lost with what they say. */
  readonly rejected: readonly Rejected[];
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

/** A hold that somebody forgot must end by itself: a day, and what clocks may differ by. */
const MOST_HOLD_MS = 86_400_000 + 300_000;

interface EventKind {
  /** Who sends it, and nobody else. */
  readonly source: string;
  /** Why the instance that it names is about to leave, if it is. */
  readonly leaving: LeaveCause | null;
}

const ec2 = (leaving: LeaveCause | null): EventKind => ({ source: "aws.ec2", leaving });
const autoScaling = (leaving: LeaveCause | null): EventKind => ({ source: "aws.autoscaling", leaving });

/** Detail types that trigger a look. */
const DETAIL_TYPES: Readonly<Record<string, EventKind>> = {
  "EC2 Instance State-change Notification": ec2(null),
  "EC2 Spot Instance Interruption Warning": ec2("spot-interruption"),
  "EC2 Instance Rebalance Recommendation": ec2("rebalance"),
  "CloudWatch Alarm State Change": { source: "aws.cloudwatch", leaving: null },
  "EC2 Instance Launch Successful": autoScaling(null),
  "EC2 Instance Launch Unsuccessful": autoScaling(null),
  "EC2 Instance Terminate Successful": autoScaling(null),
  "EC2 Instance Terminate Unsuccessful": autoScaling(null),
  "EC2 Instance-launch Lifecycle Action": autoScaling(null),
  "EC2 Instance-terminate Lifecycle Action": autoScaling("terminating"),
};

/**
 * Judges every record of an SQS event. A bad record is dropped with a reason, never returned as failed: in a FIFO group it would
 * block every later message until it is dead-lettered (decision 0017). A copy of what is rejected is kept after the look.
 * @throws Error when the invocation is no SQS event at all.
 */
export function parseEvent(raw: unknown, judge: Judge): Inbox {
  const verdicts = recordsOf(raw).map((record, index) => {
    const parsed = recordSchema.safeParse(record);
    if (!parsed.success) return { messageId: `record ${index}`, verdict: drop("malformed", "not a record of SQS") };
    return { messageId: parsed.data.messageId, record: parsed.data, verdict: judgeRecord(parsed.data, judge) };
  });
  return {
    triggers: verdicts.flatMap(({ verdict }) => (verdict.kind === "message" || verdict.kind === "event" ? [verdict] : [])),
    dropped: verdicts.flatMap(({ messageId, verdict }) =>
      verdict.kind === "dropped" ? [{ messageId, reason: verdict.reason, detail: verdict.detail }] : [],
    ),
    rejected: verdicts.flatMap(({ record, verdict }) => (record === undefined ? [] : rejectedOf(record, verdict))),
    ignored: verdicts.flatMap(({ messageId, verdict }) =>
      verdict.kind === "ignored" ? [{ messageId, detailType: verdict.detailType }] : [],
    ),
  };
}

function rejectedOf({ messageId, body, attributes }: SqsRecord, verdict: Verdict): readonly Rejected[] {
  const reason = verdict.kind === "dropped" ? REJECTED_FOR.find((one) => one === verdict.reason) : undefined;
  return reason === undefined ? [] : [{ messageId, body, senderId: attributes.SenderId, reason }];
}

function recordsOf(raw: unknown): readonly unknown[] {
  if (typeof raw === "object" && raw !== null && "Records" in raw && Array.isArray(raw.Records)) return raw.Records as unknown[];
  const got = JSON.stringify(raw)?.slice(0, 100) ?? "nothing";
  throw new Error(
    `the event must be an SQS event with Records, got ${got}; send messages to the failover queue, or ask for a plan`,
  );
}

function judgeRecord(record: SqsRecord, judge: Judge): Verdict {
  const body = parseJson(record.body);
  if (body === undefined) return drop("malformed", `the body is not JSON: ${record.body.slice(0, 60)}`);
  const age = judge.now.getTime() - Number(record.attributes.SentTimestamp);
  if (!(age <= STALE_AFTER_MS && age >= -FUTURE_AFTER_MS))
    return drop("stale", `sent ${age} ms ago; ${STALE_AFTER_MS} ms ago is the most, and ${FUTURE_AFTER_MS} ms ahead`);
  if (typeof body === "object" && body !== null && "detail-type" in body) {
    const envelope = envelopeSchema.safeParse(body);
    return envelope.success ? judgeEnvelope(envelope.data, record, judge) : drop("malformed", faultsOf("event", envelope.error));
  }
  const message = messageSchema.safeParse(body);
  return message.success ? judgeMessage(message.data, record, judge) : drop("malformed", faultsOf("body", message.error));
}

function judgeEnvelope(envelope: Envelope, record: SqsRecord, { now }: Judge): Verdict {
  const { source, "detail-type": detailType, time, detail } = envelope;
  if (isInstance(sessionOf(record))) return drop("forged", `${sessionOf(record)} sent an event in EventBridge's name`);
  const known = Object.hasOwn(DETAIL_TYPES, detailType) ? DETAIL_TYPES[detailType] : undefined;
  if (known === undefined) return { kind: "ignored", detailType };
  if (source !== known.source) return drop("implausible", `${detailType} of ${source}; ${known.source} alone sends it`);
  const future = futureFault(`the event ${detailType} of ${source}`, time, now);
  if (future !== undefined) return drop("implausible", future);
  const because = known.leaving;
  const named = detail["instance-id"] ?? detail["EC2InstanceId"];
  const instanceId = typeof named === "string" ? named : null;
  const leaving = because !== null && instanceId !== null ? { instanceId, because } : null;
  return { kind: "event", detailType, correlationId: envelope.id, instanceId, leaving };
}

function judgeMessage(message: FailoverMessage, record: SqsRecord, judge: Judge): Verdict {
  if (message.env !== judge.env) return drop("foreign", `of environment ${message.env}, this is ${judge.env}`);
  const forgery = forgeryOf(message, sessionOf(record));
  if (forgery !== undefined) return drop("forged", forgery);
  const nonsense = nonsenseOf(message, judge.now);
  if (nonsense !== undefined) return drop("implausible", nonsense);
  // A redelivery (our own failure the last time) is no replay; SQS counts it, the sender cannot.
  const isFirst = Number(record.attributes.ApproximateReceiveCount) <= 1;
  if (message.kind === "suspicion" && isFirst && judge.sequences.isReplayed(message))
    return drop("replayed", `${message.reporter} boot ${message.reporterBootId} sequence ${message.sequence}`);
  const from = isInstance(sessionOf(record)) ? "nat" : "operator";
  return { kind: "message", message, sentAt: Number(record.attributes.SentTimestamp), from };
}

/** An instance's role session is named by EC2: what a stolen credential says, it says in its own name, and about little. */
function forgeryOf(message: FailoverMessage, session: string): string | undefined {
  if (message.kind === "suspicion") return session === message.reporter ? undefined : `${session} speaks as ${message.reporter}`;
  if (!isInstance(session)) return undefined;
  if (message.kind !== "leave") return `${session} may send suspicions and its own leaving only`;
  if (message.reporter !== session) return `${session} speaks as ${message.reporter}`;
  return message.instanceId === session ? undefined : `${session} may leave itself only, not ${message.instanceId}`;
}

/** Why a message cannot mean what it says, whoever sent it. */
export function nonsenseOf(message: FailoverMessage, now: Date): string | undefined {
  const future = futureFault(`the ${message.kind}`, message.at, now);
  if (future !== undefined) return future;
  if (message.kind === "suspicion") return selfSuspicionFault(message);
  if (message.kind !== "hold") return undefined;
  const ms = Date.parse(message.until) - now.getTime();
  return ms <= MOST_HOLD_MS ? undefined : `a hold until ${message.until}; a day ahead is the most`;
}

/** Only a failed self-probe makes a NAT suspect itself, and nobody else has one to speak of. */
function selfSuspicionFault({ reporter, suspect, reason, reporterSelfProbe }: Suspicion): string | undefined {
  if ((suspect === reporter) !== (reason === "self-probe")) return `${reporter} suspects ${suspect} by ${reason}`;
  if (suspect === reporter && reporterSelfProbe.ok) return `${reporter} suspects itself, and its self-probe is good`;
  return undefined;
}

/** What the triggers ask for, besides a look. */
export function requestsOf(triggers: readonly Trigger[]): readonly Request[] {
  return triggers.flatMap((trigger): readonly Request[] => {
    const departure = { kind: "leave", force: false, by: "control-plane" } as const;
    if (trigger.kind === "event") return trigger.leaving === null ? [] : [{ ...departure, ...trigger.leaving }];
    const { message, from } = trigger;
    switch (message.kind) {
      case "elect":
        return message.because === "launched" ? [] : [{ ...departure, instanceId: message.instanceId, because: message.because }];
      case "leave": {
        const { instanceId, because, force } = message;
        return [{ kind: "leave", instanceId, because, force, by: from }];
      }
      case "replace":
      case "move":
      case "hold":
      case "resume":
        return [message];
      default:
        return [];
    }
  });
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
