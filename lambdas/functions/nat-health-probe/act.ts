import { DIMENSIONS, METRICS } from "../../../contract/metrics";
import type { FailoverMessage } from "../../../contract/messages";
import type { Log, Metrics } from "../../lib/domain/ports";
import type { Action } from "./decide";

export interface Hands {
  readonly env: string;
  readonly send: (message: FailoverMessage) => Promise<void>;
  readonly metrics: Metrics;
  readonly log: Log;
}

/** Sends what was decided. The correlation ID says what happened when, so that a repeat by a second process is one message. */
export async function act(actions: readonly Action[], now: Date, hands: Hands): Promise<void> {
  const { env, log } = hands;
  const held = actions.some(({ kind }) => kind === "held") ? 1 : 0;
  hands.metrics.put(METRICS.probesHeld, held, "Count", { [DIMENSIONS.env]: env });
  for (const action of actions) {
    const base = { schema: 1, env, at: now.toISOString() } as const;
    switch (action.kind) {
      case "sweep":
        await hands.send({ ...base, kind: "sweep", correlationId: `sweep-${action.minute}` });
        break;
      case "breach": {
        const { lane, failed, of, targets, proberAnswered, because } = action;
        const correlationId = `${lane}-${now.getTime()}`;
        log.warn("breach", { lane, failed, of, targets, proberAnswered, because, correlationId });
        await hands.send({ ...base, kind: "breach", lane, failed, of, targets, proberAnswered, correlationId });
        break;
      }
      case "held":
        log.warn("held", { because: action.because });
        break;
      default:
        action satisfies never;
    }
  }
}
