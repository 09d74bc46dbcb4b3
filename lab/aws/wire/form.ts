import type { NormalizedSchema } from "@smithy/core/schema";
import { fromForm } from "./codecs";

/** The request body of the query protocols as a tree: `Filter.1.Name=x` → `{ Filter: { "1": { Name: "x" } } }`. */
export interface FormTree {
  readonly [key: string]: FormTree | string;
}

type MutableTree = { [key: string]: MutableTree | string };

export function parseForm(body: string): FormTree {
  const root: MutableTree = Object.create(null);
  for (const [key, value] of new URLSearchParams(body)) {
    const path = key.split(".");
    const last = path.pop() ?? key;
    let node = root;
    for (const part of path) node = child(node, part);
    node[last] = value;
  }
  return root;
}

function child(node: MutableTree, part: string): MutableTree {
  const existing = node[part];
  if (typeof existing === "object") return existing;
  const created: MutableTree = Object.create(null);
  node[part] = created;
  return created;
}

/** The typed input in a form. This direction is in no published package: clients only ever write forms. */
export function readForm(schema: NormalizedSchema, node: FormTree | string | undefined, ec2: boolean): unknown {
  if (schema.isStructSchema()) return readStructure(schema, node, ec2);
  if (schema.isListSchema()) return readList(schema, node, ec2);
  if (schema.isMapSchema()) return readMap(schema, node, ec2);
  return fromForm.read(schema, text(node));
}

function readStructure(schema: NormalizedSchema, node: FormTree | string | undefined, ec2: boolean): Record<string, unknown> {
  const members: Record<string, unknown> = {};
  if (typeof node !== "object") return members;
  for (const [name, member] of schema.structIterator()) {
    const value = node[formKey(name, member, ec2)];
    if (value !== undefined) members[name] = readForm(member, value, ec2);
  }
  return members;
}

function formKey(name: string, member: NormalizedSchema, ec2: boolean): string {
  const { xmlName = name, ec2QueryName }: { xmlName?: string; ec2QueryName?: string } = member.getMergedTraits() as object;
  return ec2 ? (ec2QueryName ?? xmlName.charAt(0).toUpperCase() + xmlName.slice(1)) : xmlName;
}

function readList(schema: NormalizedSchema, node: FormTree | string | undefined, ec2: boolean): unknown[] {
  const member = schema.getValueSchema();
  const flat = ec2 || Boolean(schema.getMergedTraits().xmlFlattened);
  const items = flat ? node : field(node, String(member.getMergedTraits().xmlName ?? "member"));
  return numbered(items).map((item) => readForm(member, item, ec2));
}

function readMap(schema: NormalizedSchema, node: FormTree | string | undefined, ec2: boolean): Record<string, unknown> {
  const keyName = String(schema.getKeySchema().getMergedTraits().xmlName ?? "key");
  const value = schema.getValueSchema();
  const valueName = String(value.getMergedTraits().xmlName ?? "value");
  const entries = numbered(schema.getMergedTraits().xmlFlattened ? node : field(node, "entry"));
  return Object.fromEntries(entries.map((e) => [text(field(e, keyName)), readForm(value, field(e, valueName), ec2)]));
}

function field(node: FormTree | string | undefined, name: string): FormTree | string | undefined {
  return typeof node === "object" ? node[name] : undefined;
}

/** `{ "1": a, "10": c, "2": b }` → `[a, b, c]`. */
function numbered(node: FormTree | string | undefined): (FormTree | string)[] {
  if (typeof node !== "object") return [];
  return Object.entries(node)
    .sort(([left], [right]) => Number(left) - Number(right))
    .map(([, item]) => item);
}

function text(node: FormTree | string | undefined): string {
  return typeof node === "string" ? node : "";
}
