import { NormalizedSchema } from "@smithy/core/schema";
import type { Reply } from "./call";
import type { BodyCodec } from "./codecs";
import { toBinding } from "./codecs";
import type { Operation } from "./service";

interface Writer {
  readonly codec: BodyCodec;
  readonly contentType: string;
}

/** Smithy's static form of a structure without members. */
const EMPTY = NormalizedSchema.of([3, "lab", "Empty", 0, [], []]);

interface Parts {
  status: number;
  readonly headers: Record<string, string>;
  /** Members that go to the document in the body. */
  readonly document: Record<string, unknown>;
  payload: string | Uint8Array | undefined;
}

/** The HTTP answer of a REST protocol: members go to the status, headers, a payload, or the document. */
export function encodeRest(operation: Operation, output: object, writer: Writer): Reply {
  const schema = operation.output;
  const parts: Parts = { status: operation.successStatus, headers: {}, document: {}, payload: undefined };
  const values: Readonly<Record<string, unknown>> = { ...output };
  if (!schema.isUnitSchema()) {
    for (const [name, member] of schema.structIterator()) {
      const value = values[name];
      if (value !== undefined && value !== null) place(parts, name, member, value, writer.codec);
    }
  }
  const { status, headers } = parts;
  if (parts.payload !== undefined) return { status, headers, body: parts.payload };
  // A JSON client parses every body; an XML client takes "" for an empty answer.
  if (Object.keys(parts.document).length === 0 && writer.contentType !== "application/json") return { status, headers, body: "" };
  const body = writer.codec.write(schema.isUnitSchema() ? EMPTY : schema, parts.document);
  return { status, headers: { "content-type": writer.contentType, ...headers }, body };
}

function place(parts: Parts, name: string, member: NormalizedSchema, value: unknown, codec: BodyCodec): void {
  const traits = member.getMergedTraits();
  if (traits.httpResponseCode) parts.status = Number(value);
  else if (traits.httpHeader) {
    toBinding.write(member, value);
    parts.headers[traits.httpHeader.toLowerCase()] = toBinding.flush();
  } else if (traits.httpPrefixHeaders !== undefined) {
    for (const [key, text] of Object.entries(value as object)) parts.headers[traits.httpPrefixHeaders + key] = String(text);
  } else if (traits.httpPayload) parts.payload = payload(member, value, codec);
  else parts.document[name] = value;
}

function payload(member: NormalizedSchema, value: unknown, codec: BodyCodec): string | Uint8Array {
  if (typeof value === "string" || value instanceof Uint8Array) return value;
  return codec.write(member, value);
}
