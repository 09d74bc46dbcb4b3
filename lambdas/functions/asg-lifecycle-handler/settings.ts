import { ENVIRONMENT } from "../../../contract/environment";
import type { Environment } from "../../lib/runtime/env";
import { integer, readSettings, text } from "../../lib/runtime/env";

export interface Settings {
  readonly env: string;
  readonly topologyParameter: string;
  readonly peersParameter: string;
  readonly heartbeatKeyParameter: string;
  readonly queueUrl: string;
  /** Our SSM document. */
  readonly checkDocument: string;
  /** Budget for boot, checks and election before ABANDON. */
  readonly launchDeadlineSeconds: number;
}

export function parseSettings(environment: Environment): Settings {
  return readSettings(
    {
      env: text(ENVIRONMENT.env),
      topologyParameter: text(ENVIRONMENT.topologyParameter),
      peersParameter: text(ENVIRONMENT.peersParameter),
      heartbeatKeyParameter: text(ENVIRONMENT.heartbeatKeyParameter),
      queueUrl: text(ENVIRONMENT.queueUrl),
      checkDocument: text(ENVIRONMENT.checkDocument),
      launchDeadlineSeconds: integer(ENVIRONMENT.launchDeadlineSeconds, { min: 10, max: 880 }),
    },
    environment,
  );
}
