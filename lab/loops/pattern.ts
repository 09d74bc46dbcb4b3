/** EventBridge event patterns: the subset that the stack's rules use. What is not known is an error when the rule is loaded. */
export type Matcher = (event: unknown) => boolean;

export function compilePattern(rule: string, pattern: unknown): Matcher {
  return compileObject(`rule ${rule}`, pattern);
}

function compileObject(where: string, pattern: unknown): Matcher {
  if (!isRecord(pattern)) throw new Error(`${where}: a pattern is an object, got ${JSON.stringify(pattern)}`);
  const fields = Object.entries(pattern).map(([key, value]) => {
    const path = `${where}.${key}`;
    if (key.startsWith("$")) throw new Error(`${path}: the lab does not know ${key}`);
    return { key, test: Array.isArray(value) ? compileAlternatives(path, value) : compileNested(path, value) };
  });
  return (event) => isRecord(event) && fields.every(({ key, test }) => test(event[key]));
}

function compileNested(where: string, pattern: unknown): Matcher {
  const nested = compileObject(where, pattern);
  // AWS looks into each object of an array.
  return (value) => (Array.isArray(value) ? value.some(nested) : nested(value));
}

/** Any of the list; of an array in the event, any element. */
function compileAlternatives(where: string, alternatives: readonly unknown[]): Matcher {
  if (alternatives.length === 0) throw new Error(`${where}: an empty list matches nothing; list at least one value`);
  const tests = alternatives.map((alternative) => compileAlternative(where, alternative));
  return (value) => {
    const values: readonly unknown[] = Array.isArray(value) && value.length > 0 ? value : [value];
    return tests.some((test) => values.some(test));
  };
}

function compileAlternative(where: string, alternative: unknown): Matcher {
  if (!isRecord(alternative)) return (value) => value === alternative;
  const [operator, ...more] = Object.keys(alternative);
  const operand = alternative[operator ?? ""];
  const refuse = (): Error =>
    new Error(
      `${where}: the lab does not know ${JSON.stringify(alternative)}; it knows values, prefix, suffix, exists and anything-but`,
    );
  if (more.length > 0) throw refuse();
  switch (operator) {
    case "prefix":
      if (typeof operand !== "string") throw refuse();
      return (value) => typeof value === "string" && value.startsWith(operand);
    case "suffix":
      if (typeof operand !== "string") throw refuse();
      return (value) => typeof value === "string" && value.endsWith(operand);
    case "exists":
      if (typeof operand !== "boolean") throw refuse();
      return (value) => (value !== undefined) === operand;
    case "anything-but": {
      const excluded: readonly unknown[] = Array.isArray(operand) ? operand : [operand];
      if (excluded.some((item) => typeof item !== "string" && typeof item !== "number")) throw refuse();
      return (value) => value !== undefined && !excluded.includes(value);
    }
    default:
      throw refuse();
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
