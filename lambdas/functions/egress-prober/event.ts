import * as z from "zod/mini";
import type { ProberRequest } from "../../../contract/prober";

/** Above a minute a caller has forgotten to set the unit. Milliseconds. */
const MAX_DEADLINE_MS = 60_000;
/** Two zones' worth more than the largest fleet: a request above it is not ours. */
const MAX_NATS = 64;

const deadline = z.int().check(z.gte(1), z.lte(MAX_DEADLINE_MS));

const schema = z.object({
  schema: z.literal(1),
  probe: z.optional(z.object({ deadlineMs: deadline })),
  healthz: z.optional(
    z.object({
      deadlineMs: deadline,
      nats: z.array(z.object({ instanceId: z.string().check(z.minLength(1)), address: z.ipv4() })).check(z.maxLength(MAX_NATS)),
    }),
  ),
});

/**
 * @returns the request; a part that is not asked is absent.
 * @throws Error naming every field that is wrong. The caller is another function of ours, so a bad request is a bug, not weather.
 */
export function parseRequest(raw: unknown): ProberRequest {
  const parsed = schema.safeParse(raw);
  if (!parsed.success) {
    throw new Error(`egress-prober was asked with a request that is not a ProberRequest: ${z.prettifyError(parsed.error)}`);
  }
  const { probe, healthz } = parsed.data;
  return { schema: 1, ...(probe === undefined ? {} : { probe }), ...(healthz === undefined ? {} : { healthz }) };
}
