import type { Context } from "aws-lambda";
import type { Clock, Log, Metrics, Waiter } from "../domain/ports";
import { systemClock, systemWaiter } from "./clock";
import type { Environment } from "./env";
import { createLogger } from "./logger";
import { createMetrics } from "./metrics";
import { createTracing, isTraced, noTracing } from "./tracing";

/** What a function's services are built from, once per process. */
export interface Runtime {
  readonly environment: Environment;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly waiter: Waiter;
  /** Give every SDK client to this: its calls are traced where tracing is on. */
  readonly capture: <T>(client: T) => T;
}

/** What is known of one invocation. */
export interface Invocation {
  readonly requestId: string;
  /** Milliseconds until Lambda kills the function. */
  readonly remainingMs: () => number;
}

export type Handle<S, R> = (raw: unknown, services: S, invocation: Invocation) => Promise<R>;

/**
 * The handler AWS calls. Services are built once, at cold start (settings are parsed there); errors are logged and go out, so
 * that Lambda's error metric, retries and dead-letter queue do their work.
 */
export function lambdaEntry<S, R>(buildServices: (runtime: Runtime) => S, handle: Handle<S, R>) {
  const start = once(() => coldStart(buildServices));
  // In Lambda the initialisation phase has a burst of CPU; elsewhere importing a handler must not need its environment.
  if (process.env["AWS_LAMBDA_RUNTIME_API"] !== undefined) start().catch(() => undefined);
  return async (raw: unknown, context: Context): Promise<R> => {
    const { services, powertools, tracing, name } = await start();
    powertools.addContext(context);
    try {
      const invocation = { requestId: context.awsRequestId, remainingMs: () => context.getRemainingTimeInMillis() };
      return await tracing.within(name, () => handle(raw, services, invocation));
    } catch (error) {
      powertools.error("failed", { error: error instanceof Error ? error : new Error(String(error)) });
      throw error;
    }
  };
}

async function coldStart<S>(buildServices: (runtime: Runtime) => S) {
  const environment = process.env;
  const name = environment["AWS_LAMBDA_FUNCTION_NAME"] ?? "local";
  const { log, powertools } = createLogger(name);
  try {
    const tracing = isTraced(environment) ? await createTracing(name) : noTracing;
    const runtime = {
      environment,
      log,
      metrics: createMetrics(),
      clock: systemClock,
      waiter: systemWaiter,
      capture: <T>(client: T) => tracing.capture(client),
    };
    return { services: buildServices(runtime), powertools, tracing, name };
  } catch (error) {
    log.error("cold start failed", { error });
    throw error;
  }
}

/** A failed start is tried again by the next invocation: a throttled read at start must not poison the process. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make().catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
}
