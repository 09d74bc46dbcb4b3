import * as z from "zod/mini";
import { parseBusEvent, requireHappened } from "../../lib/aws/bus-event";
import { isReportRequest } from "../../lib/aws/scheduled";
import { textsIn } from "./concern";

/** An API call that CloudTrail tells of: what may have moved an address. */
export interface Mover {
  /** e.g. `DisassociateAddress`. */
  readonly call: string;
  /** ARN of who made it; of an AWS service, its name. */
  readonly by: string;
  readonly at: string;
}

export type RecoverEvent =
  /** `named`: what the call that CloudTrail tells of names; null when it is no call, and may concern us. */
  | { readonly kind: "look"; readonly because: string; readonly mover: Mover | null; readonly named: readonly string[] | null }
  | { readonly kind: "report" }
  | { readonly kind: "ignored"; readonly because: string };

const TAKES = 'eip-recover takes EventBridge events or {"schema":1,"kind":"report"}';

const text = z.string().check(z.minLength(1));
/** A call that an AWS service makes for itself has no ARN. */
const identity = z.object({ type: z.optional(text), arn: z.optional(text), invokedBy: z.optional(text) });
const apiCall = z.object({
  eventName: text,
  eventTime: text,
  userIdentity: identity,
  requestParameters: z.optional(z.unknown()),
  responseElements: z.optional(z.unknown()),
  errorCode: z.optional(z.string()),
});

const CHANGES = new Set([
  "aws.events Scheduled Event",
  "aws.autoscaling EC2 Instance Terminate Successful",
  "aws.ec2 AWS API Call via CloudTrail",
]);

/** The control plane's own functions move addresses for a living. Their role sessions are named after them. */
const OURS = /:assumed-role\/[^/]*\/ha-nat-[a-z0-9-]+-(nat-route-failover|asg-lifecycle-handler)$/;

/**
 * @returns the event; one of a kind that says nothing about an address, and a call of our own, is `ignored`.
 * @throws Error when it is neither an EventBridge event nor a request for a report, one of the future, or a call that CloudTrail tells of badly.
 */
export function parseEvent(raw: unknown, now: Date): RecoverEvent {
  if (isReportRequest(raw)) return { kind: "report" };
  const event = parseBusEvent(raw, TAKES);
  const { source, "detail-type": detailType, detail } = event;
  const because = `${source} ${detailType}`;
  if (!CHANGES.has(because)) return { kind: "ignored", because: `${detailType} of ${source} is not for us` };
  requireHappened(event, now);
  if (detailType !== "AWS API Call via CloudTrail") return { kind: "look", because: detailType, mover: null, named: null };
  const call = apiCall.safeParse(detail);
  if (!call.success) throw new Error(`the event ${detailType} is malformed: ${z.prettifyError(call.error)}`);
  const { eventName, eventTime, userIdentity, requestParameters, responseElements, errorCode } = call.data;
  if (errorCode !== undefined) return { kind: "ignored", because: `${eventName} failed (${errorCode}): it moved nothing` };
  const by = userIdentity.arn ?? userIdentity.invokedBy ?? userIdentity.type ?? "unknown";
  if (OURS.test(by)) return { kind: "ignored", because: `${eventName} is our own (${by})` };
  const named = textsIn([requestParameters, responseElements]);
  return { kind: "look", because: eventName, mover: { call: eventName, by, at: eventTime }, named };
}
