import { ENVIRONMENT } from "../../../contract/environment";
import { readSettings, text } from "../../lib/runtime/env";
import type { Environment } from "../../lib/runtime/env";

export interface Settings {
  readonly env: string;
  readonly topologyParameter: string;
  readonly stateParameter: string;
  readonly queueUrl: string;
}

export function parseSettings(environment: Environment): Settings {
  return readSettings(
    {
      env: text(ENVIRONMENT.env),
      topologyParameter: text(ENVIRONMENT.topologyParameter),
      stateParameter: text(ENVIRONMENT.stateParameter),
      queueUrl: text(ENVIRONMENT.queueUrl),
    },
    environment,
  );
}
