/** The one place that knows AWS error codes. Everything else asks these questions. */

const THROTTLED = new Set([
  "Throttling",
  "ThrottlingException",
  "ThrottledException",
  "TooManyRequestsException",
  "RequestLimitExceeded",
  "RequestThrottled",
  "RequestThrottledException",
  "SlowDown",
]);

const NOT_FOUND =
  /NotFound(Exception)?$|^(ParameterNotFound|ResourceNotFoundException|InvocationDoesNotExist|InvalidInstanceId)$/;

const ALREADY_DONE = new Set([
  "RouteAlreadyExists",
  "Resource.AlreadyAssociated",
  "ParameterAlreadyExists",
  "ResourceInUseException",
]);

/** The service's error code, e.g. `InvalidRouteTableID.NotFound`; empty when the error is not a service's. */
export function errorCode(error: unknown): string {
  if (!(error instanceof Error)) return "";
  const code: unknown = "Code" in error ? error.Code : undefined;
  return typeof code === "string" ? code : error.name;
}

/** The thing named in the call does not exist (or no longer, or not yet). */
export function isNotFound(error: unknown): boolean {
  return NOT_FOUND.test(errorCode(error));
}

/** A route was to be replaced that does not exist. ReplaceRoute says so in words: the code is that of any wrong value. */
export function isMissingRoute(error: unknown): boolean {
  const code = errorCode(error);
  if (code === "InvalidRoute.NotFound") return true;
  return code === "InvalidParameterValue" && error instanceof Error && /no route defined/i.test(error.message);
}

/**
 * EC2 refuses to describe any of these IDs when it does not have one of them; a filter leaves that one out.
 * @param byId asks by the IDs. @param filtered asks for the same by a filter.
 * @returns what EC2 has. @throws what `byId` threw when that was something else, or when EC2 has none: then nothing is known.
 */
export async function describeExtant<T>(
  byId: () => Promise<readonly T[]>,
  filtered: () => Promise<readonly T[]>,
): Promise<Extant<T>> {
  try {
    return { found: await byId(), isComplete: true };
  } catch (error) {
    if (!isNotFound(error)) throw error;
    const found = await filtered();
    if (found.length === 0) throw error;
    return { found, isComplete: false };
  }
}

/** Complete: every ID that was asked for must be there. */
export interface Extant<T> {
  readonly found: readonly T[];
  readonly isComplete: boolean;
}

/** AWS asked us to slow down; the SDK's own retries have been used up. */
export function isThrottled(error: unknown): boolean {
  return THROTTLED.has(errorCode(error));
}

/** Somebody did this before us: the wanted state holds. */
export function isAlreadyDone(error: unknown): boolean {
  return ALREADY_DONE.has(errorCode(error));
}

/** The SDK calls these timeouts too: a connection that died while nobody used it. The next one works. */
const CONNECTION_LOST = new Set<unknown>(["ECONNRESET", "EPIPE"]);

/** The service fails, and not by the caller's haste: it says so, or says nothing in time. */
export function isOutage(error: unknown): boolean {
  if (!(error instanceof Error) || isThrottled(error)) return false;
  const isLost = "code" in error && CONNECTION_LOST.has(error.code);
  return statusOf(error) >= 500 || (error.name === "TimeoutError" && !isLost);
}

/** HTTP status of the service's answer; 0 when there was none. */
function statusOf(error: Error): number {
  const metadata: unknown = "$metadata" in error ? error.$metadata : undefined;
  const status: unknown =
    typeof metadata === "object" && metadata !== null && "httpStatusCode" in metadata ? metadata.httpStatusCode : undefined;
  return typeof status === "number" ? status : 0;
}
