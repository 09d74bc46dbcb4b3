import * as z from "zod/mini";
import type { FailoverMessage } from "../../../contract/messages";
import { busEventSchema } from "../../lib/aws/bus-event";
import { isoTime } from "../../lib/aws/schemas";
import type { Schema } from "../../lib/aws/schemas";

const text = z.string().check(z.minLength(1), z.maxLength(256));
const base = { schema: z.literal(1), env: text, at: isoTime.check(z.maxLength(64)), correlationId: text };
const whole = z.int().check(z.nonnegative());

/** Contract messages, checked field by field: the queue is written to by every NAT. */
export const messageSchema: Schema<FailoverMessage> = z.discriminatedUnion("kind", [
  z.object({
    ...base,
    kind: z.literal("suspicion"),
    reporter: text,
    reporterBootId: text,
    sequence: whole,
    suspect: text,
    reason: z.enum(["missed-heartbeats", "self-probe"]),
    observers: z.array(text).check(z.maxLength(64)),
    reporterSelfProbe: z.object({ ok: z.boolean(), consecutiveFailures: whole }),
  }),
  z.object({
    ...base,
    kind: z.literal("elect"),
    instanceId: text,
    because: z.enum(["launched", "terminating", "spot-interruption", "rebalance"]),
  }),
  z.object({
    ...base,
    kind: z.literal("leave"),
    reporter: text,
    instanceId: text,
    because: z.enum(["drain", "spot-interruption", "rebalance", "shutdown"]),
    force: z.boolean(),
  }),
  z.object({ ...base, kind: z.literal("move"), by: text, lane: text, to: text }),
  z.object({ ...base, kind: z.literal("hold"), by: text, because: text, until: isoTime }),
  z.object({ ...base, kind: z.literal("resume"), by: text, instanceId: z.exactOptional(text) }),
  z.object({
    ...base,
    kind: z.literal("breach"),
    lane: text,
    failed: whole,
    of: whole,
    targets: z.array(text),
    proberAnswered: z.exactOptional(z.boolean()),
  }),
  z.object({ ...base, kind: z.literal("sweep") }),
  z.object({ ...base, kind: z.literal("repair"), by: text, because: text }),
  z.object({ ...base, kind: z.literal("replace"), by: text, instanceId: text, because: text }),
]);

/** A direct invocation that asks for the plan. */
export const planRequestSchema = z.object({ schema: z.literal(1), kind: z.literal("plan"), request: z.optional(messageSchema) });

/** EventBridge's own envelope, as far as it is read. */
export const envelopeSchema = z.extend(busEventSchema, { id: text });

export type Envelope = z.infer<typeof envelopeSchema>;

/** What a record of an SQS event must have to be judged. */
export const recordSchema = z.object({
  messageId: text,
  body: z.string(),
  attributes: z.object({ SenderId: text, SentTimestamp: text, ApproximateReceiveCount: text }),
});

export type SqsRecord = z.infer<typeof recordSchema>;
