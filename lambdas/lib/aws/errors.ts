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

/** AWS asked us to slow down; the SDK's own retries have been used up. */
export function isThrottled(error: unknown): boolean {
  return THROTTLED.has(errorCode(error));
}

/** Somebody did this before us: the wanted state holds. */
export function isAlreadyDone(error: unknown): boolean {
  return ALREADY_DONE.has(errorCode(error));
}
