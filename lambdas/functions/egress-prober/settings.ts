import { ENVIRONMENT } from "../../../contract/environment";
import type { Environment } from "../../lib/runtime/env";
import { readSettings, text, textList } from "../../lib/runtime/env";

export interface Settings {
  readonly lane: string;
  readonly zone: string;
  /** Names or IPv4 addresses. Two at least: one target alone cannot tell its own fault from the lane's. */
  readonly targets: readonly string[];
}

export function parseSettings(environment: Environment): Settings {
  return readSettings(
    {
      lane: text(ENVIRONMENT.lane),
      zone: text(ENVIRONMENT.zone),
      targets: textList(ENVIRONMENT.probeTargets, { min: 2 }),
    },
    environment,
  );
}
