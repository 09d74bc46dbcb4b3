import { Logger } from "@aws-lambda-powertools/logger";
import type { Log } from "../domain/ports";

/** Structured JSON lines by Lambda Powertools. `service` is the function's deployed name. */
export function createLogger(service: string): { readonly log: Log; readonly powertools: Logger } {
  const powertools = new Logger({ serviceName: service });
  return { log: wrap(powertools), powertools };
}

function wrap(logger: Logger): Log {
  return {
    debug: (message, keys = {}) => logger.debug(message, keys),
    info: (message, keys = {}) => logger.info(message, keys),
    warn: (message, keys = {}) => logger.warn(message, keys),
    error: (message, keys = {}) => logger.error(message, keys),
    with: (keys) => {
      const child = logger.createChild();
      child.appendKeys(keys);
      return wrap(child);
    },
  };
}
