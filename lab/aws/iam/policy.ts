import type { RoleModel } from "../../stack/model";
import type { Condition, RequestContext } from "./conditions";
import { conditionsHold, loadConditions } from "./conditions";
import { arnMatches, globMatches } from "./glob";

export interface Statement {
  readonly effect: "Allow" | "Deny";
  /** Lower case. */
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly conditions: readonly Condition[];
}

const ELEMENTS = ["Sid", "Effect", "Action", "Resource", "Condition"];

/** The statements of a role's policies. Throws for every element that the evaluator does not know: never a pass. */
export function loadPolicies(role: Pick<RoleModel, "name" | "policies">): readonly Statement[] {
  return role.policies.flatMap(({ name, document }) => {
    const where = `policy ${name} of role ${role.name}`;
    if (!isRecord(document)) throw new Error(`${where}: a policy must be an object, got ${typeof document}`);
    const statements: readonly unknown[] = [document["Statement"]].flat();
    return statements.map((statement, index) => loadStatement(statement, `${where}, statement ${index + 1}`));
  });
}

function loadStatement(statement: unknown, where: string): Statement {
  if (!isRecord(statement)) throw new Error(`${where}: must be an object, got ${typeof statement}`);
  const unknown = Object.keys(statement).find((element) => !ELEMENTS.includes(element));
  if (unknown !== undefined) {
    throw new Error(`${where}: the lab does not know the element ${unknown} (it knows ${ELEMENTS.join(", ")})`);
  }
  const effect = statement["Effect"];
  if (effect !== "Allow" && effect !== "Deny") throw new Error(`${where}: Effect must be Allow or Deny, got ${String(effect)}`);
  const actions = texts(statement["Action"], `${where}, Action`).map((action) => action.toLowerCase());
  const malformed = actions.find((action) => !/^(\*|[\w-]+:[\w*?]+)$/.test(action));
  if (malformed !== undefined) throw new Error(`${where}: Action must be <service>:<name>, got ${malformed}`);
  return {
    effect,
    actions,
    resources: texts(statement["Resource"], `${where}, Resource`),
    conditions: statement["Condition"] === undefined ? [] : loadConditions(statement["Condition"], `${where}, Condition`),
  };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function texts(value: unknown, where: string): readonly string[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (list.length === 0) throw new Error(`${where}: is empty`);
  return list.map((item) => {
    if (typeof item === "string" && item !== "" && !item.includes("${")) return item;
    throw new Error(`${where}: must be text without policy variables, got ${JSON.stringify(item)}`);
  });
}

export type Decision = "allowed" | "denied explicitly" | "not allowed";

export interface PolicyQuestion {
  /** `ec2:ReplaceRoute`. */
  readonly action: string;
  readonly resource: string;
  readonly context: RequestContext;
}

/** A deny outranks every allow; what nobody allows is not allowed. */
export function decide(statements: readonly Statement[], question: PolicyQuestion): Decision {
  const applying = statements.filter((statement) => applies(statement, question));
  if (applying.some((statement) => statement.effect === "Deny")) return "denied explicitly";
  return applying.length > 0 ? "allowed" : "not allowed";
}

/** Some statement allows the action on something. */
export function mentions(statements: readonly Statement[], action: string): boolean {
  return statements.some(({ effect, actions }) => effect === "Allow" && namesAction(actions, action));
}

function namesAction(patterns: readonly string[], action: string): boolean {
  return patterns.some((pattern) => globMatches(pattern, action.toLowerCase()));
}

function applies(statement: Statement, { action, resource, context }: PolicyQuestion): boolean {
  return (
    namesAction(statement.actions, action) &&
    statement.resources.some((pattern) => arnMatches(pattern, resource)) &&
    conditionsHold(statement.conditions, context)
  );
}
