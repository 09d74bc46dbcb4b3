import { NumericValue } from "@smithy/core/serde";
import type { NormalizedSchema } from "@smithy/core/schema";
import type { Random } from "../../../../lab/aws/latency";

const WORDS = ["a", "x y", "ü&<>\"'", "10.0.0.0/16", "a+b=c", '{"j":[1]}', "tab\there", "i-0123"];

/** Members that the client or HTTP itself fills in or changes. */
const CLIENT_OWNED = /^(Checksum\w+|EndpointId|.*SSECustomer.*|ContentMD5|ContentLength|Expires|ExpiresString|MD5Of.*)$/;

function isClientOwned(name: string): boolean {
  return name === "$metadata" || CLIENT_OWNED.test(name);
}

/** Deeper than this only leaves are made. */
const MAX_DEPTH = 3;

/** A random value of a schema; undefined where no value can be made. */
export function randomValue(schema: NormalizedSchema, random: Random, depth = 0, name = ""): unknown {
  if (isClientOwned(name)) return undefined;
  if (schema.isIdempotencyToken()) return "token-1";
  if (schema.isStructSchema()) return randomStructure(schema, random, depth);
  if (schema.isListSchema()) return randomList(schema, random, depth);
  if (schema.isMapSchema()) return randomMap(schema, random, depth);
  return randomLeaf(schema, random, name);
}

function below(random: Random, limit: number): number {
  return Math.floor(random() * limit);
}

function randomLeaf(schema: NormalizedSchema, random: Random, name: string): unknown {
  if (schema.isStringSchema()) return randomText(schema, random, name);
  if (schema.isBooleanSchema()) return random() < 0.5;
  if (schema.isNumericSchema()) return below(random, 1000);
  if (schema.isBigIntegerSchema()) return BigInt(below(random, 1000));
  if (schema.isBigDecimalSchema()) return new NumericValue("1.5", "bigDecimal");
  if (schema.isTimestampSchema()) return new Date(1_700_000_000_000 + below(random, 1_000_000) * 1000);
  if (schema.isBlobSchema()) return new Uint8Array([1, 2, 255, below(random, 255)]);
  return schema.isDocumentSchema() ? { d: [1, "x"] } : undefined;
}

function randomText(schema: NormalizedSchema, random: Random, name: string): string | undefined {
  const traits = schema.getMergedTraits();
  if (traits.mediaType) return undefined;
  if (traits.httpHeader || traits.httpPrefixHeaders !== undefined) return `h${below(random, 9)}`;
  if (traits.httpLabel) return name === "Bucket" ? "bucket1" : `lab-${below(random, 99)}`;
  return WORDS[below(random, WORDS.length)];
}

function randomList(schema: NormalizedSchema, random: Random, depth: number): unknown {
  // A list in a header is joined with commas and quotes.
  if (schema.getMergedTraits().httpHeader) return ["h1", "h2"];
  const item = () => randomValue(schema.getValueSchema(), random, depth + 1);
  const items = Array.from({ length: 1 + below(random, 2) }, item).filter((value) => value !== undefined);
  return items.length > 0 ? items : undefined;
}

function randomMap(schema: NormalizedSchema, random: Random, depth: number): unknown {
  const value = randomValue(schema.getValueSchema(), random, depth + 1);
  return value === undefined ? undefined : { k1: value, k2: value };
}

function randomStructure(schema: NormalizedSchema, random: Random, depth: number): unknown {
  const all = [...schema.structIterator()];
  const chosen = schema.isUnionSchema() ? all.slice(0, 1) : all;
  const members = chosen.flatMap(([name, member]) => {
    if (depth > MAX_DEPTH && (member.isStructSchema() || member.isListSchema() || member.isMapSchema())) return [];
    const value = randomValue(member, random, depth + 1, name);
    return value === undefined ? [] : [[name, value] as const];
  });
  // The query protocols cannot say "a structure without members".
  return members.length > 0 || depth === 0 ? Object.fromEntries(members) : undefined;
}

/** The same data whatever class carries it: what both sides are compared by. */
export function plain(value: unknown): unknown {
  if (value instanceof Date) return value.getTime();
  if (value instanceof NumericValue) return value.string;
  if (typeof value === "bigint") return String(value);
  if (ArrayBuffer.isView(value)) return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("hex");
  // Array.from: an array of node:url is of another realm than jest's, and would not be equal.
  if (Array.isArray(value)) return Array.from(value, plain);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([key, item]) => item !== undefined && item !== null && !isClientOwned(key));
  return Object.fromEntries(entries.map(([key, item]) => [key, plain(item)]));
}
