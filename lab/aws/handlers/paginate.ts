import { AwsError } from "../wire/call";

export interface PageRequest {
  /** Largest number of items asked for. */
  readonly size: number | undefined;
  readonly token: string | undefined;
  /** Bounds that AWS sets for this operation. */
  readonly bounds: { readonly min: number; readonly max: number };
  /** AWS's code for a token it did not issue. */
  readonly badToken: string;
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | undefined;
}

/**
 * One page in the order of the keys. The token names the last key of the page before, so that items which come and go between
 * two pages neither repeat nor hide others.
 */
export function paginate<T>(all: readonly T[], keyOf: (item: T) => string, request: PageRequest): Page<T> {
  const { size = request.bounds.max, bounds } = request;
  if (size < bounds.min || size > bounds.max) {
    throw new AwsError(
      "InvalidParameterValue",
      `Value ( ${size} ) for the page size is invalid; expecting ${bounds.min} to ${bounds.max}.`,
    );
  }
  const sorted = [...all].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  const after = request.token === undefined ? undefined : readToken(request.token, request.badToken);
  const rest = after === undefined ? sorted : sorted.filter((item) => keyOf(item) > after);
  const items = rest.slice(0, size);
  const last = items.at(-1);
  return { items, next: last !== undefined && rest.length > items.length ? writeToken(keyOf(last)) : undefined };
}

const PREFIX = "lab-after:";

function writeToken(key: string): string {
  return Buffer.from(`${PREFIX}${key}`).toString("base64url");
}

function readToken(token: string, code: string): string {
  const text = Buffer.from(token, "base64url").toString();
  if (!text.startsWith(PREFIX)) throw new AwsError(code, `The token '${token}' is invalid.`);
  return text.slice(PREFIX.length);
}
