/** IAM's wildcards: `*` is any run of characters, `?` any one. */
export function globMatches(pattern: string, value: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`, "s").test(value);
}

const ARN_PARTS = 6;

/** A wildcard does not cross the first five colons of an ARN. */
export function arnMatches(pattern: string, arn: string): boolean {
  if (pattern === "*") return true;
  const patterns = arnParts(pattern);
  const parts = arnParts(arn);
  if (patterns.length !== ARN_PARTS || parts.length !== ARN_PARTS) return false;
  return patterns.every((part, index) => globMatches(part, parts[index] ?? ""));
}

function arnParts(arn: string): readonly string[] {
  const parts = arn.split(":");
  if (parts.length < ARN_PARTS) return parts;
  return [...parts.slice(0, ARN_PARTS - 1), parts.slice(ARN_PARTS - 1).join(":")];
}
