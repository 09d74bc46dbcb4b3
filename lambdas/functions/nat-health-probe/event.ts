import * as z from "zod/mini";
import { parseBusEvent, requireHappened } from "../../lib/aws/bus-event";

/** `round`: the schedule's tick; loop for this minute. `report`: answer with one round's observations now. */
export type ProbeEvent =
  { readonly kind: "round" } | { readonly kind: "report" } | { readonly kind: "ignored"; readonly because: string };

const TAKES = 'nat-health-probe takes a Scheduled Event or {"schema":1,"kind":"report"}';

const report = z.object({ schema: z.literal(1), kind: z.literal("report") });

/**
 * @returns the event; a foreign EventBridge event is `ignored`, never an error.
 * @throws Error when it is neither an EventBridge event nor a ReportRequest (the caller would wait for a Report that cannot come), or a
 *   tick of the future.
 */
export function parseEvent(raw: unknown, now: Date): ProbeEvent {
  if (report.safeParse(raw).success) return { kind: "report" };
  const event = parseBusEvent(raw, TAKES);
  const { source, "detail-type": detailType } = event;
  if (source !== "aws.events" || detailType !== "Scheduled Event")
    return { kind: "ignored", because: `${detailType} of ${source} is not for us` };
  requireHappened(event, now);
  return { kind: "round" };
}
