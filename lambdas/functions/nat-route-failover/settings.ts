import { ENVIRONMENT } from "../../../contract/environment";
import { integer, readSettings, text } from "../../lib/runtime/env";
import type { Environment } from "../../lib/runtime/env";
import type { Policy } from "./decide";

export interface Settings {
  readonly env: string;
  readonly topologyParameter: string;
  readonly stateParameter: string;
  readonly queueUrl: string;
  readonly rejectedUrl: string;
  /** How long a prober waits for a NAT's `/healthz`. */
  readonly healthzDeadlineMs: number;
  /**
   * How long a plan may take to be seen in EC2's answers before the message is taken up again. Giving up costs a pause (retry.ts), in
   * which the whole group stands still; waiting costs nothing, for the look ends as soon as EC2 shows the plan.
   */
  readonly settleMs: number;
  readonly policy: Policy;
}

const SETTINGS = {
  env: text(ENVIRONMENT.env),
  topologyParameter: text(ENVIRONMENT.topologyParameter),
  stateParameter: text(ENVIRONMENT.stateParameter),
  queueUrl: text(ENVIRONMENT.queueUrl),
  rejectedUrl: text(ENVIRONMENT.rejectedUrl),
  healthzDeadlineMs: integer(ENVIRONMENT.healthzDeadlineMs, { min: 50, max: 2000, fallback: 250 }),
  cooldownSeconds: integer(ENVIRONMENT.cooldownSeconds, { min: 0, max: 3600, fallback: 60 }),
  returnAfterSeconds: integer(ENVIRONMENT.returnAfterSeconds, { min: 0, max: 86_400, fallback: 300 }),
  settleMs: integer(ENVIRONMENT.settleMs, { min: 0, max: 3000, fallback: 2000 }),
};

/** Two looks of the minute sweep, or a suspicion and the sweep after it. */
const MARK_AFTER_MS = 30_000;

/** A replacement boots and is elected in less; a second one within the same time means that replacing does not help. */
const MARK_INTERVAL_MS = 600_000;

export function readFailoverSettings(environment: Environment): Settings {
  const values = readSettings(SETTINGS, environment);
  const { env, topologyParameter, stateParameter, queueUrl, rejectedUrl, healthzDeadlineMs } = values;
  return {
    env,
    topologyParameter,
    stateParameter,
    queueUrl,
    rejectedUrl,
    healthzDeadlineMs,
    settleMs: values.settleMs,
    policy: {
      cooldownMs: values.cooldownSeconds * 1000,
      returnAfterMs: values.returnAfterSeconds * 1000,
      markAfterMs: MARK_AFTER_MS,
      markIntervalMs: MARK_INTERVAL_MS,
    },
  };
}
