import * as z from "zod/mini";
import { parseBusEvent, requireHappened } from "../../lib/aws/bus-event";

export type GuardEvent =
  { readonly kind: "guard" } | { readonly kind: "report" } | { readonly kind: "ignored"; readonly because: string };

const TAKES = 'config-guard takes a Scheduled Event or {"schema":1,"kind":"report"}';

const report = z.object({ schema: z.literal(1), kind: z.literal("report") });

/**
 * @returns the event; a foreign EventBridge event is `ignored`. `report`: tell what is found, mend nothing.
 * @throws Error when it is neither an EventBridge event nor a request for a report, or a tick of the future.
 */
export function parseEvent(raw: unknown, now: Date): GuardEvent {
  if (report.safeParse(raw).success) return { kind: "report" };
  const event = parseBusEvent(raw, TAKES);
  const { source, "detail-type": detailType } = event;
  if (source !== "aws.events" || detailType !== "Scheduled Event")
    return { kind: "ignored", because: `${detailType} of ${source} is not for us` };
  requireHappened(event, now);
  return { kind: "guard" };
}
