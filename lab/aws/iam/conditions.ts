import { arnMatches, globMatches } from "./glob";

/** Values of the condition keys of one request; a key without an entry is absent. */
export type RequestContext = ReadonlyMap<string, readonly string[]>;

export interface Condition {
  /** Lower case: condition keys are compared without case, tag keys in them too. */
  readonly key: string;
  readonly values: readonly string[];
  readonly operator: Operator;
}

interface Operator {
  readonly test: (value: string, wanted: string) => boolean;
  /** `StringNotEquals`: true when no wanted value matches, and when the key is absent. */
  readonly negated: boolean;
  readonly set: "ForAllValues" | "ForAnyValue" | undefined;
  readonly ifExists: boolean;
  readonly isNull: boolean;
}

type Test = Operator["test"];

const equals: Test = (value, wanted) => value === wanted;
const like: Test = (value, wanted) => globMatches(wanted, value);
const arn: Test = (value, wanted) => arnMatches(wanted, value);
const ignoringCase: Test = (value, wanted) => value.toLowerCase() === wanted.toLowerCase();

const TESTS: Readonly<Record<string, { readonly test: Test; readonly negated?: true; readonly isNull?: true }>> = {
  StringEquals: { test: equals },
  StringNotEquals: { test: equals, negated: true },
  StringEqualsIgnoreCase: { test: ignoringCase },
  StringLike: { test: like },
  StringNotLike: { test: like, negated: true },
  ArnEquals: { test: arn },
  ArnLike: { test: arn },
  ArnNotEquals: { test: arn, negated: true },
  ArnNotLike: { test: arn, negated: true },
  Bool: { test: ignoringCase },
  Null: { test: ignoringCase, isNull: true },
};

/** Keys whose value the lab can tell (see context.ts); the tag keys end in the tag's name. */
const KEYS = [
  "aws:principalaccount",
  "aws:principalarn",
  "aws:requestedregion",
  "aws:resourceaccount",
  "aws:userid",
  "cloudwatch:namespace",
  "ec2:attribute",
];
const KEY_PREFIXES = ["aws:resourcetag/", "ec2:resourcetag/", "ssm:resourcetag/", "autoscaling:resourcetag/", "ec2:attribute/"];

/** Reads a condition block. Throws for an operator, key or value that the evaluator does not know: never a pass. */
export function loadConditions(block: unknown, where: string): readonly Condition[] {
  return entries(block, where).flatMap(([name, keys]) => {
    const operator = loadOperator(name, where);
    return entries(keys, `${where} ${name}`).map(([key, values]) => ({
      key: loadKey(key, `${where} ${name}`),
      values: loadValues(values, `${where} ${name} ${key}`),
      operator,
    }));
  });
}

function entries(block: unknown, where: string): readonly (readonly [string, unknown])[] {
  if (typeof block === "object" && block !== null && !Array.isArray(block)) return Object.entries(block);
  throw new Error(`${where}: a condition must be an object, got ${JSON.stringify(block)}`);
}

function loadOperator(name: string, where: string): Operator {
  const [, set, base = "", ifExists] = /^(?:(ForAllValues|ForAnyValue):)?(\w+?)(IfExists)?$/.exec(name) ?? [];
  const known = Object.hasOwn(TESTS, base) ? TESTS[base] : undefined;
  if (!known) {
    throw new Error(
      `${where}: the lab does not know the condition operator ${name} (it knows ${Object.keys(TESTS).join(", ")}); ` +
        "use one of these, or teach lab/aws/iam/conditions.ts",
    );
  }
  return {
    test: known.test,
    negated: known.negated === true,
    isNull: known.isNull === true,
    set: set as Operator["set"],
    ifExists: ifExists !== undefined,
  };
}

function loadKey(key: string, where: string): string {
  const lower = key.toLowerCase();
  if (KEYS.includes(lower) || KEY_PREFIXES.some((prefix) => lower.startsWith(prefix) && lower.length > prefix.length))
    return lower;
  throw new Error(
    `${where}: the lab does not know the condition key ${key} (it knows ${[...KEYS, ...KEY_PREFIXES].join(", ")}); ` +
      "use one of these, or teach lab/aws/iam/conditions.ts and context.ts",
  );
}

function loadValues(values: unknown, where: string): readonly string[] {
  const list: readonly unknown[] = Array.isArray(values) ? values : [values];
  return list.map((value) => {
    if (typeof value === "boolean" || typeof value === "number") return String(value);
    if (typeof value === "string" && !value.includes("${")) return value;
    throw new Error(`${where}: a value must be a string without policy variables, got ${JSON.stringify(value)}`);
  });
}

/** All conditions of a statement must hold. */
export function conditionsHold(conditions: readonly Condition[], context: RequestContext): boolean {
  return conditions.every((condition) => holds(condition, context.get(condition.key)));
}

function holds({ operator, values }: Condition, actual: readonly string[] | undefined): boolean {
  if (operator.isNull) return values.includes(String(actual === undefined));
  if (actual === undefined)
    return operator.ifExists || operator.set === "ForAllValues" || (operator.negated && operator.set === undefined);
  const one = (value: string) => values.some((wanted) => operator.test(value, wanted)) !== operator.negated;
  return operator.set === "ForAllValues" ? actual.every(one) : actual.some(one);
}
