import { FUNCTION_NAMES } from "../../../contract/functions";
import type { FailoverMessage } from "../../../contract/messages";
import type { Drift } from "../../lib/domain/drift";

/** The longest reason that the door takes, characters. */
const MOST_WORDS = 256;

export interface Hands {
  readonly env: string;
  readonly send: (message: FailoverMessage) => Promise<void>;
}

/** Asks the one writer of addresses to look and mend. @returns the correlation ID, which joins its log lines with ours. */
export async function askForRepair(drifts: readonly Drift[], now: Date, { env, send }: Hands): Promise<string> {
  const correlationId = `${FUNCTION_NAMES.eipRecover}-${now.getTime()}`;
  const because = drifts
    .map(({ subject, before }) => `${subject}: ${before}`)
    .join("; ")
    .slice(0, MOST_WORDS);
  await send({ schema: 1, kind: "repair", env, at: now.toISOString(), correlationId, by: FUNCTION_NAMES.eipRecover, because });
  return correlationId;
}
