import { COMPUTED } from "./computed";
import { scalarText, type Json, type StackDocument } from "./document";

/** `type.name.attribute`, with `["key"]` and `[0]` behind it. */
const REFERENCE = /^([a-z][a-z0-9_]*)\.([\w-]+)\.([a-z][a-z0-9_]*)((?:\["[^"]+"\]|\[\d+\])*)$/;
const BASE64 = /^base64encode\("((?:[^"\\]|\\.)*)"\)$/s;

/**
 * Turns Terraform's expressions into values. It knows literals, `${type.name.attribute}` and `${base64encode("…")}`; anything
 * else is an error that names the expression and where it stands.
 */
export class Resolver {
  /** References being resolved, to name a cycle instead of running into it. */
  readonly #open: string[] = [];

  constructor(private readonly document: StackDocument) {}

  /** @param where named in errors, e.g. `aws_subnet.Public.vpc_id` */
  resolve(value: Json, where: string): Json {
    if (typeof value === "string") return this.#text(value, where);
    if (Array.isArray(value)) return value.map((item: Json, index) => this.resolve(item, `${where}[${index}]`));
    if (typeof value === "object" && value !== null) {
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, this.resolve(item, `${where}.${key}`)]));
    }
    return value;
  }

  #text(text: string, where: string): Json {
    const parts = splitTemplate(text, where);
    const [only] = parts;
    // An expression alone keeps its type; within text it becomes text.
    if (parts.length === 1 && only?.kind === "expression") return this.#expression(only.text, where);
    return parts.map((part) => (part.kind === "literal" ? part.text : this.#inText(part.text, where))).join("");
  }

  #inText(expression: string, where: string): string {
    return scalarText(this.#expression(expression, where), `${where}: \${${expression}} within text`);
  }

  #expression(expression: string, where: string): Json {
    const base64 = BASE64.exec(expression);
    if (base64?.[1] !== undefined) {
      const text = this.#text(unquote(base64[1], where), where);
      return Buffer.from(scalarText(text, where)).toString("base64");
    }
    const [, type, name, attribute, path = ""] = REFERENCE.exec(expression) ?? [];
    if (type === undefined || name === undefined || attribute === undefined || type === "data") {
      throw new Error(
        `${where}: the lab does not know the expression \${${expression}}; ` +
          'it knows literals, ${type.name.attribute} and ${base64encode("…")}',
      );
    }
    return this.#reference(`${type}.${name}`, attribute, path, where);
  }

  #reference(address: string, attribute: string, path: string, where: string): Json {
    const reference = `${address}.${attribute}`;
    if (this.#open.includes(reference)) {
      throw new Error(`${where}: references form a circle: ${[...this.#open, reference].join(" → ")}`);
    }
    this.#open.push(reference);
    try {
      return descend(this.attribute(address, attribute, where), path, `${where}: \${${reference}${path}}`);
    } finally {
      this.#open.pop();
    }
  }

  /** Value of an attribute: given at creation, or an argument. */
  attribute(address: string, attribute: string, where = address): Json {
    const [type = "", name = ""] = address.split(".");
    const resource = this.document.resources[type]?.[name];
    if (!resource) throw new Error(`${where}: the stack has no resource ${address}`);
    const argument = (key: string) => scalarText(this.attribute(address, key, where), `${address}.${key}`);
    const computed = COMPUTED[type]?.[attribute];
    if (computed) return computed({ document: this.document, address, argument });
    const value = resource[attribute];
    if (value === undefined) {
      throw new Error(
        `${where}: the lab does not know the attribute ${address}.${attribute}; it is no argument of the resource, ` +
          "and lab/stack/computed.ts has no line for it",
      );
    }
    return this.resolve(value, `${address}.${attribute}`);
  }
}

interface Part {
  readonly kind: "literal" | "expression";
  readonly text: string;
}

/** `a${b}c` → a, b, c. `$${` stands for a literal `${`. */
function splitTemplate(text: string, where: string): readonly Part[] {
  const parts: Part[] = [];
  let literal = "";
  let position = 0;
  while (position < text.length) {
    if (text.startsWith("$${", position) || text.startsWith("%%{", position)) {
      literal += text.slice(position + 1, position + 3);
      position += 3;
    } else if (text.startsWith("%{", position)) {
      throw new Error(`${where}: the lab does not know template directives: ${text.slice(position, position + 40)}`);
    } else if (text.startsWith("${", position)) {
      const end = expressionEnd(text, position + 2, where);
      if (literal !== "") parts.push({ kind: "literal", text: literal });
      literal = "";
      parts.push({ kind: "expression", text: text.slice(position + 2, end) });
      position = end + 1;
    } else {
      literal += text.charAt(position);
      position += 1;
    }
  }
  if (literal !== "" || parts.length === 0) parts.push({ kind: "literal", text: literal });
  return parts;
}

/** Position of the brace that ends an expression; expressions within quoted text in it have their own. */
function expressionEnd(text: string, start: number, where: string): number {
  let depth = 1;
  for (let position = start; position < text.length; position++) {
    const character = text.charAt(position);
    if (character === "\\") position += 1;
    else if (character === "{") depth += 1;
    else if (character === "}" && --depth === 0) return position;
  }
  throw new Error(`${where}: the expression is not closed: ${text.slice(start - 2, start + 60)}`);
}

/** HCL's escapes in quoted text are JSON's, so far as cdktf writes them. */
function unquote(quoted: string, where: string): string {
  try {
    return JSON.parse(`"${quoted.replaceAll("\n", "\\n")}"`) as string;
  } catch (cause) {
    throw new Error(`${where}: cannot read the quoted text ${quoted.slice(0, 60)}`, { cause });
  }
}

function descend(value: Json, path: string, where: string): Json {
  let current: Json | undefined = value;
  for (const [, key, index] of path.matchAll(/\["([^"]+)"\]|\[(\d+)\]/g)) {
    const step: string = key ?? index ?? "";
    current = typeof current === "object" && current !== null ? (current as { readonly [key: string]: Json })[step] : undefined;
  }
  if (current === undefined) throw new Error(`${where} leads nowhere`);
  return current;
}
