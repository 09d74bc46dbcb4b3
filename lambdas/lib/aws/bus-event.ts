import * as z from "zod/mini";
import { faultsOf, isoTime } from "./schemas";

/** What EventBridge's clock and a sender's may be ahead of ours. */
export const FUTURE_AFTER_MS = 60_000;

const text = z.string().check(z.minLength(1));
export const busEventSchema = z.object({
  source: text,
  "detail-type": text,
  time: isoTime,
  detail: z.record(z.string(), z.unknown()),
});

/** What EventBridge sends with every event, as far as it is read. */
export type BusEvent = z.infer<typeof busEventSchema>;

/**
 * @param takes says what the function takes: the beginning of the error.
 * @throws Error when it is no event as EventBridge sends it.
 */
export function parseBusEvent(raw: unknown, takes: string): BusEvent {
  const parsed = busEventSchema.safeParse(raw);
  if (parsed.success) return parsed.data;
  const got = JSON.stringify(raw)?.slice(0, 200) ?? "nothing";
  throw new Error(`${takes}, got ${got}; ${faultsOf("event", parsed.error)}; send it as EventBridge does`);
}

/**
 * For events that are to be acted on.
 * @throws Error when the event has not happened yet: its sender is not who it says, or one of the clocks is wrong.
 */
export function requireHappened({ source, "detail-type": detailType, time }: BusEvent, now: Date): void {
  const fault = futureFault(`the event ${detailType} of ${source}`, time, now);
  if (fault !== undefined) throw new Error(fault);
}

/** What is wrong with a time that is ahead of ours by more than clocks differ. */
export function futureFault(what: string, time: string, now: Date): string | undefined {
  const aheadMs = Date.parse(time) - now.getTime();
  if (aheadMs <= FUTURE_AFTER_MS) return undefined;
  return `${what} has time ${time}, ${aheadMs} ms after ${now.toISOString()}; ${FUTURE_AFTER_MS} ms is the most: correct the clock of who sent it, and send it again`;
}
