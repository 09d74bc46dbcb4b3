import { FUNCTION_NAMES } from "../../../contract/functions";
import type { FailoverMessage } from "../../../contract/messages";
import type { Hold } from "../../../contract/parameters";
import { driftWords, reasonOf } from "../../lib/domain/drift";
import type { Drift } from "../../lib/domain/drift";
import type { Log } from "../../lib/domain/ports";

export interface Hands {
  readonly env: string;
  readonly send: (message: FailoverMessage) => Promise<void>;
  readonly log: Log;
}

/** On every line of one recovery. */
export interface Keys extends Readonly<Record<string, unknown>> {
  /** Joins the lines of nat-route-failover with ours. */
  readonly correlationId: string;
  /** Why nothing may come of it. */
  readonly hold?: Hold;
}

/** Asks the one writer of addresses to look and mend. */
export async function askForRepair(drifts: readonly Drift[], keys: Keys, now: Date, { env, send, log }: Hands): Promise<void> {
  const by = FUNCTION_NAMES.eipRecover;
  const evidence = drifts.map(driftWords);
  const because = "two looks found the same, and nat-route-failover is the one writer of addresses";
  // Said before it is done: what nat-route-failover says of it comes later.
  log.info("decided", { ...keys, evidence, plan: [{ kind: "ask-door", because }] });
  const { correlationId } = keys;
  await send({ schema: 1, kind: "repair", env, at: now.toISOString(), correlationId, by, because: reasonOf(drifts) });
}
