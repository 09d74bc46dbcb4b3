import type { IncomingHttpHeaders } from "node:http";
import { NormalizedSchema } from "@smithy/core/schema";
import type { StaticOperationSchema } from "@smithy/types";

/** One operation of a REST protocol as a request pattern. */
export interface RestRoute {
  readonly operation: string;
  readonly method: string;
  readonly path: RegExp;
  readonly labels: readonly string[];
  /** The client puts the bucket before this path: S3's URIs in the schemas are without it. */
  readonly inBucket: boolean;
  /** Fixed query parameters: `?list-type=2`. */
  readonly query: readonly (readonly [string, string])[];
  /** Lower-case headers and query parameters that must be there: CopyObject and PutObject differ by them alone. */
  readonly requiredHeaders: readonly string[];
  readonly requiredQuery: readonly string[];
  /** The most specific of the matching routes is meant. */
  readonly score: number;
}

export interface RestTarget {
  /** Without the bucket. */
  readonly url: URL;
  readonly headers: IncomingHttpHeaders;
  readonly inBucket?: boolean;
}

export interface RestMatch {
  readonly operation: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** `x-id` repeats the operation's name; old clients leave it out. */
const OPERATION_HINT = "x-id";

/** Routes of a service, empty for one without REST bindings. */
export function restRoutes(schemas: readonly StaticOperationSchema[]): readonly RestRoute[] {
  return schemas.flatMap((schema) => {
    const traits = schema[3];
    const http = typeof traits === "object" ? traits.http : undefined;
    return http ? [restRoute(schema, http[0], http[1])] : [];
  });
}

function restRoute(schema: StaticOperationSchema, method: string, uri: string): RestRoute {
  const [path = "/", queryText = ""] = uri.split("?");
  const query = [...new URLSearchParams(queryText)].filter(([name]) => name !== OPERATION_HINT);
  const { expression, labels } = compile(path);
  const required = requiredBindings(schema);
  const fixedLength = path.length - labels.join("").length;
  return {
    operation: schema[2],
    method,
    path: expression,
    labels,
    inBucket: requiredMembers(NormalizedSchema.of(schema[4])).some(([name]) => name === "Bucket") && !labels.includes("Bucket"),
    query,
    ...required,
    score: fixedLength + 100 * query.length + required.requiredHeaders.length + required.requiredQuery.length,
  };
}

function compile(path: string): { readonly expression: RegExp; readonly labels: readonly string[] } {
  const labels: string[] = [];
  const pattern = path.replace(/\{(\w+)(\+?)\}|[.*+?^$()|[\]\\]/g, (text, label: string | undefined, greedy: string) => {
    if (label === undefined) return `\\${text}`;
    labels.push(label);
    return greedy ? "(.+)" : "([^/]+)";
  });
  return { expression: new RegExp(`^${pattern}/?$`), labels };
}

function requiredBindings(schema: StaticOperationSchema): Pick<RestRoute, "requiredHeaders" | "requiredQuery"> {
  const input = NormalizedSchema.of(schema[4]);
  const traits = requiredMembers(input).map(([, member]) => member.getMergedTraits());
  return {
    requiredHeaders: traits.flatMap(({ httpHeader }) => (httpHeader === undefined ? [] : [httpHeader.toLowerCase()])),
    requiredQuery: traits.flatMap(({ httpQuery }) => (httpQuery === undefined ? [] : [httpQuery])),
  };
}

/** The first n members of a structure are the required ones; n is the last part of its schema. */
export function requiredMembers(schema: NormalizedSchema): readonly (readonly [string, NormalizedSchema])[] {
  if (!schema.isStructSchema() || schema.isUnitSchema()) return [];
  const parts = schema.getSchema() as readonly unknown[];
  return [...schema.structIterator()].slice(0, Number(parts[6] ?? 0));
}

/** The operation that a method, path, query and headers mean; undefined when there is none. */
export function matchRoute(
  routes: readonly RestRoute[],
  method: string,
  { url, headers, inBucket = false }: RestTarget,
): RestMatch | undefined {
  const hint = url.searchParams.get(OPERATION_HINT);
  const rank = (route: RestRoute) => route.score + (route.operation === hint ? 1000 : 0);
  const [best] = routes
    .filter((route) => matches(route, method, { url, headers, inBucket }))
    .sort((left, right) => rank(right) - rank(left));
  if (!best) return undefined;
  const values = best.path.exec(url.pathname)?.slice(1) ?? [];
  return { operation: best.operation, labels: Object.fromEntries(best.labels.map((name, i) => [name, decode(values[i] ?? "")])) };
}

function matches(route: RestRoute, method: string, { url, headers, inBucket }: RestTarget): boolean {
  return (
    route.method === method &&
    route.inBucket === inBucket &&
    route.query.every(([name, value]) => url.searchParams.get(name) === value) &&
    route.requiredHeaders.every((name) => headers[name] !== undefined) &&
    route.requiredQuery.every((name) => url.searchParams.has(name)) &&
    route.path.test(url.pathname)
  );
}

function decode(label: string): string {
  try {
    return decodeURIComponent(label);
  } catch {
    return label;
  }
}
