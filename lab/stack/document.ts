import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Tags } from "./model";

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

/** A synthesised stack as Terraform would read it: expressions unresolved. */
export interface StackDocument {
  /** Directory of cdk.tf.json; paths of assets are relative to it. */
  readonly directory: string;
  readonly env: string;
  readonly region: string;
  readonly accountId: string;
  /** The provider adds them to every resource that takes tags. */
  readonly defaultTags: Tags;
  /** Type → name → arguments. */
  readonly resources: Readonly<Record<string, Readonly<Record<string, JsonObject>>>>;
  readonly outputs: Readonly<Record<string, Json>>;
}

/** Blocks of a Terraform document that the lab understands or that mean nothing to it. */
const BLOCKS = ["//", "terraform", "provider", "resource", "output"];

export function loadDocument(stackDirectory: string): StackDocument {
  const path = join(stackDirectory, "cdk.tf.json");
  return parseDocument(stackDirectory, readText(path), path);
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new Error(`cannot read the synthesised stack ${path}: run \`npm run synth\` first`, { cause });
  }
}

/** @param origin named in errors */
export function parseDocument(directory: string, text: string, origin: string): StackDocument {
  const root = object(JSON.parse(text) as Json, origin);
  const unknown = Object.keys(root).find((block) => !BLOCKS.includes(block));
  if (unknown !== undefined) {
    throw new Error(`${origin}: the lab does not know the block "${unknown}" (it knows ${BLOCKS.join(", ")})`);
  }
  const provider = object(first(object(root["provider"] ?? {}, `${origin} provider`)["aws"]), `${origin} provider.aws`);
  const defaultTags = object(first(provider["default_tags"]) ?? {}, `${origin} provider.aws.default_tags`);
  const metadata = object(object(root["//"] ?? {}, `${origin} //`)["metadata"] ?? {}, `${origin} //.metadata`);
  const outputs = object(root["output"] ?? {}, `${origin} output`);
  return {
    directory,
    env: textOf(metadata["stackName"], `${origin} //.metadata.stackName`),
    region: textOf(provider["region"], `${origin} provider.aws.region`),
    accountId: textOf(first(provider["allowed_account_ids"]), `${origin} provider.aws.allowed_account_ids`),
    defaultTags: object(defaultTags["tags"] ?? {}, `${origin} provider.aws.default_tags.tags`) as Tags,
    resources: (root["resource"] ?? {}) as StackDocument["resources"],
    outputs: Object.fromEntries(
      Object.entries(outputs).map(([name, output]) => [name, object(output, `${origin} output.${name}`)["value"] ?? null]),
    ),
  };
}

/** cdktf writes a block that may be repeated as a list, any other as an object. */
export function first(value: Json | undefined): Json | undefined {
  return Array.isArray(value) ? (value as readonly Json[])[0] : value;
}

export function object(value: Json | undefined, where: string): JsonObject {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as JsonObject;
  throw new Error(`${where}: must be an object, got ${JSON.stringify(value)}`);
}

function textOf(value: Json | undefined, where: string): string {
  if (typeof value === "string" && value !== "") return value;
  throw new Error(`${where}: must be text, got ${JSON.stringify(value)}`);
}

/** Text of a text, number or truth value. */
export function scalarText(value: Json | undefined, where: string): string {
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return String(value);
  throw new Error(`${where}: must be text, got ${JSON.stringify(value)}`);
}
