import * as z from "zod/mini";
import type { FunctionName } from "../../../contract/functions";
import { parseBusEvent, requireHappened } from "./bus-event";

/** Why a function that the schedule calls runs: for a `tick`, or because somebody wants a `report` and nothing changed. */
export type Scheduled =
  { readonly kind: "tick" } | { readonly kind: "report" } | { readonly kind: "ignored"; readonly because: string };

const report = z.object({ schema: z.literal(1), kind: z.literal("report") });

/** Nothing is to be mended; what is found is the answer. */
export function isReportRequest(raw: unknown): boolean {
  return report.safeParse(raw).success;
}

/**
 * @returns why the function runs; a foreign EventBridge event is `ignored`.
 * @throws Error when it is neither an EventBridge event nor a request for a report, or a tick of the future.
 */
export function parseScheduled(raw: unknown, name: FunctionName, now: Date): Scheduled {
  if (isReportRequest(raw)) return { kind: "report" };
  const event = parseBusEvent(raw, `${name} takes a Scheduled Event or {"schema":1,"kind":"report"}`);
  const { source, "detail-type": detailType } = event;
  if (source !== "aws.events" || detailType !== "Scheduled Event")
    return { kind: "ignored", because: `${detailType} of ${source} is not for us` };
  requireHappened(event, now);
  return { kind: "tick" };
}
