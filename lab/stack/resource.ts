import { first, object, scalarText, type Json, type JsonObject, type StackDocument } from "./document";
import type { Tags } from "./model";
import { Resolver } from "./resolver";

/** Arguments of a resource or of a block in it, resolved when they are read; errors name the argument. */
export class Block {
  constructor(
    readonly address: string,
    protected readonly values: JsonObject,
    protected readonly resolver: Resolver,
  ) {}

  text(key: string): string {
    return this.optionalText(key) ?? this.#fail(key, "must be text", undefined);
  }

  optionalText(key: string): string | undefined {
    const value = this.#read(key);
    if (value === undefined || typeof value === "string") return value;
    return this.#fail(key, "must be text", value);
  }

  number(key: string, fallback?: number): number {
    const value = this.#read(key) ?? fallback;
    const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
    if (typeof number === "number" && Number.isFinite(number)) return number;
    return this.#fail(key, "must be a number", value);
  }

  /** Terraform takes `"true"` for `true`. */
  flag(key: string, fallback: boolean): boolean {
    const value = this.#read(key) ?? fallback;
    if (value === true || value === "true") return true;
    if (value === false || value === "false") return false;
    return this.#fail(key, "must be true or false", value);
  }

  /** Empty when absent. */
  texts(key: string): readonly string[] {
    const value = this.#read(key) ?? [];
    if (Array.isArray(value) && value.every((item) => typeof item === "string")) return value;
    return this.#fail(key, "must be a list of texts", value);
  }

  /** Text → text; empty when absent. */
  map(key: string): Readonly<Record<string, string>> {
    const values = object(this.#read(key) ?? {}, `${this.address}.${key}`);
    return Object.fromEntries(
      Object.entries(values).map(([name, value]) => [name, scalarText(value, `${this.address}.${key}.${name}`)]),
    );
  }

  json(key: string): unknown {
    const text = this.text(key);
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw new Error(`${this.address}.${key}: must be JSON, got ${text.slice(0, 80)}`, { cause });
    }
  }

  block(key: string): Block | undefined {
    const value = first(this.values[key]);
    return value === undefined ? undefined : this.#child(key, value);
  }

  blocks(key: string): readonly Block[] {
    const value = this.values[key] ?? [];
    const list: readonly Json[] = Array.isArray(value) ? value : [value];
    return list.map((item, index) => this.#child(`${key}[${index}]`, item));
  }

  /** The lab would silently build something else than the stack says. */
  refuse(keys: readonly string[], instead: string): void {
    const found = keys.find((key) => this.values[key] !== undefined);
    if (found !== undefined) throw new Error(`${this.address}: the lab does not read the argument ${found}; ${instead}`);
  }

  /** As `refuse`, of whatever is not in the list. */
  refuseBut(known: readonly string[]): void {
    const strange = Object.keys(this.values).filter((key) => ![...known, ...TERRAFORM_ARGUMENTS].includes(key));
    this.refuse(strange, `it knows ${known.join(", ")}`);
  }

  #child(key: string, value: Json): Block {
    return new Block(`${this.address}.${key}`, object(value, `${this.address}.${key}`), this.resolver);
  }

  #read(key: string): Json | undefined {
    const value = this.values[key];
    return value === undefined || value === null ? undefined : this.resolver.resolve(value, `${this.address}.${key}`);
  }

  #fail(key: string, problem: string, value: Json | undefined): never {
    throw new Error(`${this.address}.${key}: ${problem}, got ${JSON.stringify(value)}`);
  }
}

/** One resource of the stack. */
export class Resource extends Block {
  constructor(
    address: string,
    values: JsonObject,
    resolver: Resolver,
    private readonly defaultTags: Tags,
  ) {
    super(address, values, resolver);
  }

  /** Attribute given at creation, or an argument. */
  attribute(name: string): string {
    return scalarText(this.resolver.attribute(this.address, name), `${this.address}.${name}`);
  }

  /** Own tags over the provider's default tags. */
  tags(): Tags {
    return { ...this.defaultTags, ...this.map("tags") };
  }

  /** All arguments that are AWS's, not Terraform's. */
  raw(): Readonly<Record<string, unknown>> {
    const arguments_ = Object.entries(this.values).filter(([key]) => !TERRAFORM_ARGUMENTS.includes(key));
    return object(this.resolver.resolve(Object.fromEntries(arguments_), this.address), this.address);
  }
}

const TERRAFORM_ARGUMENTS = ["//", "depends_on", "lifecycle", "provider", "timeouts"];

/** The resources of a stack by type, in the order of their addresses. */
export class Resources {
  readonly #resolver: Resolver;

  constructor(readonly document: StackDocument) {
    this.#resolver = new Resolver(document);
  }

  of(type: string): readonly Resource[] {
    const found = this.document.resources[type] ?? {};
    return Object.keys(found)
      .sort()
      .map((name) => {
        const address = `${type}.${name}`;
        return new Resource(address, object(found[name], address), this.#resolver, this.document.defaultTags);
      });
  }

  outputs(): Readonly<Record<string, unknown>> {
    return object(this.#resolver.resolve(this.document.outputs, "output"), "output");
  }
}
