import * as z from "zod/mini";

/** `round`: the schedule's tick; loop for this minute. `report`: answer with one round's observations now. */
export type ProbeEvent =
  { readonly kind: "round" } | { readonly kind: "report" } | { readonly kind: "ignored"; readonly because: string };

const report = z.object({ schema: z.literal(1), kind: z.literal("report") });
const tick = z.object({ "detail-type": z.literal("Scheduled Event") });

/**
 * @returns the event; a foreign EventBridge event is `ignored`, never an error.
 * @throws Error when it is neither an EventBridge event nor a ReportRequest: the caller would wait for a Report that cannot come.
 */
export function parseEvent(raw: unknown): ProbeEvent {
  if (tick.safeParse(raw).success) return { kind: "round" };
  if (report.safeParse(raw).success) return { kind: "report" };
  const foreign = z.object({ "detail-type": z.string(), source: z.string() }).safeParse(raw);
  if (foreign.success)
    return { kind: "ignored", because: `${foreign.data["detail-type"]} of ${foreign.data.source} is not for us` };
  throw new Error(
    `nat-health-probe takes a Scheduled Event or {"schema":1,"kind":"report"}, got ${JSON.stringify(raw)?.slice(0, 200) ?? "nothing"}`,
  );
}
