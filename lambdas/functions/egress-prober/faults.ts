/** `ECONNREFUSED`, `ERR_TLS_CERT_ALTNAME_INVALID`, ...; empty when the error carries none. */
export function errorCode(error: unknown): string {
  return textOf(error, "code");
}

/** One line for a person: the code when the sentence does not have it already. */
export function describeError(error: unknown): string {
  const code = errorCode(error);
  const message = textOf(error, "message") || String(error);
  return code === "" || message.includes(code) ? message : `${code}: ${message}`;
}

function textOf(error: unknown, key: "code" | "message"): string {
  const value: unknown = typeof error === "object" && error !== null && key in error ? error[key as keyof typeof error] : "";
  return typeof value === "string" ? value : "";
}
