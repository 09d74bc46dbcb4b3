import * as z from "zod/mini";

export type GuardEvent =
  { readonly kind: "guard" } | { readonly kind: "report" } | { readonly kind: "ignored"; readonly because: string };

const report = z.object({ schema: z.literal(1), kind: z.literal("report") });
const envelope = z.object({ source: z.string(), "detail-type": z.string() });

/**
 * @returns the event; a foreign EventBridge event is `ignored`. `report`: tell what is found, mend nothing.
 * @throws Error when it is neither an EventBridge event nor a request for a report.
 */
export function parseEvent(raw: unknown): GuardEvent {
  if (report.safeParse(raw).success) return { kind: "report" };
  const outside = envelope.safeParse(raw);
  if (!outside.success)
    throw new Error(
      `config-guard takes a Scheduled Event or {"schema":1,"kind":"report"}, got ${JSON.stringify(raw)?.slice(0, 200) ?? "nothing"}`,
    );
  const { source, "detail-type": detailType } = outside.data;
  return detailType === "Scheduled Event"
    ? { kind: "guard" }
    : { kind: "ignored", because: `${detailType} of ${source} is not for us` };
}
