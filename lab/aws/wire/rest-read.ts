import type { IncomingHttpHeaders } from "node:http";
import type { NormalizedSchema } from "@smithy/core/schema";
import type { Call, RawRequest } from "./call";
import { AwsError } from "./call";
import type { BodyCodec } from "./codecs";
import { fromBinding, jsonCodec, xmlCodec } from "./codecs";
import { matchRoute } from "./rest-route";
import type { Service } from "./service";

interface RestRequest {
  readonly url: URL;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly labels: Readonly<Record<string, string>>;
}

/** Operation and input of a REST request. */
export async function decodeRest(
  service: Service,
  protocol: "restXml" | "restJson",
  request: RawRequest,
): Promise<Pick<Call, "operation" | "input">> {
  const url = new URL(request.url, "http://endpoint");
  const xml = protocol === "restXml";
  const bucket = xml ? takeBucket(url) : undefined;
  const match = matchRoute(service.routes, request.method, { url, headers: request.headers, inBucket: bucket !== undefined });
  const operation = match && service.operations.get(match.operation);
  if (!match || !operation) {
    const text = `${service.signingName} has no operation ${request.method} ${url.pathname}.`;
    throw new AwsError(xml ? "MethodNotAllowed" : "UnknownOperationException", text, xml ? 405 : 404);
  }
  const labels = bucket === undefined ? match.labels : { ...match.labels, Bucket: bucket };
  const codec = xml ? xmlCodec(service, true) : jsonCodec(true);
  const input = await readInput(operation.input, { url, headers: request.headers, body: request.body, labels }, codec);
  return { operation: operation.name, input };
}

/** S3's URIs in the schemas have no bucket (an endpoint rule of the client adds it): path style, `/bucket/key`. */
function takeBucket(url: URL): string | undefined {
  const bucket = /^\/([^/]+)/.exec(url.pathname)?.[1];
  if (bucket === undefined) return undefined;
  url.pathname = url.pathname.slice(bucket.length + 1) || "/";
  return bucket;
}

async function readInput(schema: NormalizedSchema, request: RestRequest, codec: BodyCodec): Promise<Call["input"]> {
  const input: Record<string, unknown> = {};
  if (schema.isUnitSchema()) return input;
  const inBody = new Set<string>();
  for (const [name, member] of schema.structIterator()) {
    const traits = member.getMergedTraits();
    if (traits.httpPayload) {
      if (request.body.length > 0) input[name] = await readPayload(member, request.body, codec);
    } else if (isBound(member)) {
      const value = readBinding(name, member, request);
      if (value !== undefined) input[name] = value;
    } else inBody.add(name);
  }
  if (inBody.size === 0 || request.body.length === 0) return input;
  const body = ((await codec.read(schema, request.body)) ?? {}) as Record<string, unknown>;
  for (const [name, value] of Object.entries(body)) if (inBody.has(name)) input[name] = value;
  return input;
}

function isBound(member: NormalizedSchema): boolean {
  const t = member.getMergedTraits();
  return [t.httpLabel, t.httpQuery, t.httpQueryParams, t.httpHeader, t.httpPrefixHeaders].some((trait) => trait !== undefined);
}

async function readPayload(member: NormalizedSchema, body: Buffer, codec: BodyCodec): Promise<unknown> {
  if (member.isBlobSchema()) return new Uint8Array(body);
  if (member.isStringSchema()) return body.toString();
  return codec.read(member, body);
}

function readBinding(name: string, member: NormalizedSchema, { url, headers, labels }: RestRequest): unknown {
  const traits = member.getMergedTraits();
  const leaf = (text: string) => fromBinding.read(member.isListSchema() ? member.getValueSchema() : member, text);
  if (traits.httpLabel) return labels[name] === undefined ? undefined : leaf(labels[name]);
  if (traits.httpQuery) {
    const values = url.searchParams.getAll(traits.httpQuery);
    if (values.length === 0) return undefined;
    return member.isListSchema() ? values.map(leaf) : leaf(values[0] ?? "");
  }
  if (traits.httpQueryParams) return Object.fromEntries(url.searchParams);
  if (traits.httpHeader) {
    const value = headers[traits.httpHeader.toLowerCase()];
    if (value === undefined) return undefined;
    const text = String(value);
    return member.isListSchema() ? text.split(",").map((item) => leaf(item.trim())) : leaf(text);
  }
  return prefixedHeaders(headers, (traits.httpPrefixHeaders ?? "").toLowerCase());
}

function prefixedHeaders(headers: IncomingHttpHeaders, prefix: string): Record<string, string> | undefined {
  const found = Object.entries(headers).filter(([name]) => name.startsWith(prefix));
  if (found.length === 0) return undefined;
  return Object.fromEntries(found.map(([name, value]) => [name.slice(prefix.length), String(value)]));
}
