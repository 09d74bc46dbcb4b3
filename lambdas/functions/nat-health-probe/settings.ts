import { ENVIRONMENT } from "../../../contract/environment";
import type { Environment } from "../../lib/runtime/env";
import { integer, readSettings, text } from "../../lib/runtime/env";

export interface Settings {
  readonly env: string;
  readonly topologyParameter: string;
  readonly peersParameter: string;
  readonly queueUrl: string;
  /** Deployed name of asg-lifecycle-handler. */
  readonly lifecycleFunction: string;
  /** How long that is at work for a launch. */
  readonly launchDeadlineSeconds: number;
  /** From the start of a round to the start of the next. */
  readonly probeIntervalSeconds: number;
  /** Given to a prober for its checks. */
  readonly probeDeadlineMs: number;
  readonly healthzDeadlineMs: number;
  /** k: failed rounds among the last n that make a breach. */
  readonly breachFailures: number;
  /** n: rounds remembered per lane. */
  readonly breachWindow: number;
}

/** @throws Error naming every variable that is missing or out of its limits, or k and n when k > n. */
export function parseSettings(environment: Environment): Settings {
  const settings = readSettings(
    {
      env: text(ENVIRONMENT.env),
      topologyParameter: text(ENVIRONMENT.topologyParameter),
      peersParameter: text(ENVIRONMENT.peersParameter),
      queueUrl: text(ENVIRONMENT.queueUrl),
      lifecycleFunction: text(ENVIRONMENT.lifecycleFunction),
      launchDeadlineSeconds: integer(ENVIRONMENT.launchDeadlineSeconds, { min: 10, max: 880 }),
      probeIntervalSeconds: integer(ENVIRONMENT.probeIntervalSeconds, { min: 1, max: 60 }),
      probeDeadlineMs: integer(ENVIRONMENT.probeDeadlineMs, { min: 100, max: 30_000 }),
      healthzDeadlineMs: integer(ENVIRONMENT.healthzDeadlineMs, { min: 50, max: 5_000, fallback: 250 }),
      breachFailures: integer(ENVIRONMENT.breachFailures, { min: 1, max: 60 }),
      breachWindow: integer(ENVIRONMENT.breachWindow, { min: 1, max: 60 }),
    },
    environment,
  );
  if (settings.breachFailures > settings.breachWindow) {
    throw new Error(
      `${ENVIRONMENT.breachFailures} must not exceed ${ENVIRONMENT.breachWindow}, got ${settings.breachFailures} of ${settings.breachWindow}; a breach could never be seen`,
    );
  }
  return settings;
}
