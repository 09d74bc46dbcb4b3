import type { Filter } from "@aws-sdk/client-ec2";
import type { Tags } from "../../stack/model";
import { AwsError } from "../wire/call";

/** The values of one item under each filter name that the operation knows. `tag:<key>` and `tag-key` come from `tags`. */
export type FilterFields<T> = Readonly<Record<string, (item: T) => readonly (string | undefined)[]>>;

/** EC2 filters: all filters must match, any value of a filter may; `*` and `?` are wildcards. An unknown name is an error. */
export function applyFilters<T>(
  items: readonly T[],
  filters: readonly Filter[] | undefined,
  fields: FilterFields<T>,
  tagsOf: (item: T) => Tags,
): readonly T[] {
  const tests = (filters ?? []).map((filter) => {
    const name = filter.Name ?? "";
    const read = fieldOf(name, fields, tagsOf);
    const patterns = (filter.Values ?? []).map(wildcard);
    if (patterns.length === 0) throw new AwsError("InvalidParameterValue", `The filter '${name}' has no value.`);
    return (item: T) => read(item).some((value) => value !== undefined && patterns.some((pattern) => pattern.test(value)));
  });
  return items.filter((item) => tests.every((test) => test(item)));
}

function fieldOf<T>(
  name: string,
  fields: FilterFields<T>,
  tagsOf: (item: T) => Tags,
): (item: T) => readonly (string | undefined)[] {
  if (name.startsWith("tag:")) return (item) => [tagsOf(item)[name.slice("tag:".length)]];
  if (name === "tag-key") return (item) => Object.keys(tagsOf(item));
  const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
  if (field === undefined) {
    throw new AwsError(
      "InvalidParameterValue",
      `The filter '${name}' is invalid; the lab knows ${Object.keys(fields).join(", ")}, tag:<key> and tag-key.`,
    );
  }
  return field;
}

function wildcard(pattern: string): RegExp {
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`^${escaped.replace(/\*/g, ".*").replace(/\?/g, ".")}$`, "s");
}
