import * as z from "zod/mini";
import type { Services } from "./services";

/** Seconds. The whole group stands still meanwhile, so a fault that stays must not hold up the news of another NAT for longer. */
const LONGEST_PAUSE = 4;

/** Seconds. EC2 may show for five what was before: a look within them could take a move for none, and move again within the cooldown. */
const PAUSE_AFTER_ACTING = 6;

const eventSchema = z.object({
  Records: z.array(z.object({ receiptHandle: z.string(), attributes: z.object({ ApproximateReceiveCount: z.string() }) })),
});

/**
 * How soon a run that failed is repeated: one that has changed nothing after 1, 2, 4, 4 … seconds.
 * @param receives how often the message was received, this time included.
 */
export function pauseSeconds(receives: number, hasActed: boolean): number {
  return hasActed ? PAUSE_AFTER_ACTING : Math.min(2 ** (receives - 1), LONGEST_PAUSE);
}

/**
 * Does the work. When it fails the messages are delivered again soon: their visibility timeout is for runs that were killed, and is much
 * longer. Best effort: where SQS refuses, they come when that ends.
 * @throws whatever the work throws.
 */
export async function retryingSoon<T>(
  raw: unknown,
  hasActed: boolean,
  s: Pick<Services, "deliverAgain" | "log">,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await deliverSoon(raw, hasActed, s);
    throw error;
  }
}

async function deliverSoon(raw: unknown, hasActed: boolean, s: Pick<Services, "deliverAgain" | "log">): Promise<void> {
  const event = eventSchema.safeParse(raw);
  if (!event.success || event.data.Records.length === 0) return;
  const { Records: records } = event.data;
  // In a group nobody overtakes: those that failed for the first time wait for the oldest.
  const receives = Math.max(...records.map(({ attributes }) => Number(attributes.ApproximateReceiveCount)));
  const handles = records.map(({ receiptHandle }) => receiptHandle);
  try {
    await s.deliverAgain(handles, pauseSeconds(receives, hasActed));
  } catch (error) {
    s.log.warn("the messages come again only when their visibility timeout ends", { error });
  }
}
