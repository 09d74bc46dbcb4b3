import { loadPolicies } from "../../lab/aws/iam/policy";
import type { Statement } from "../../lab/aws/iam/policy";
import { parseDocument } from "../../lab/stack/document";
import { modelOf } from "../../lab/stack/read-stack";
import type { RoleModel } from "../../lab/stack/model";
import type { EnvironmentInput } from "../../stacks/config";
import { synthesise } from "../stacks/support";

export interface Role {
  /** Without its environment: `nat-route-failover`. */
  readonly name: string;
  readonly model: RoleModel;
  readonly statements: readonly Statement[];
  /** IAM actions as they are written. */
  readonly actions: readonly string[];
}

/** The synthesised stack's roles as the lab's evaluator reads them, and where it is deployed. */
export function deployedRoles(
  env: string,
  change: Partial<EnvironmentInput> = {},
): {
  readonly region: string;
  readonly accountId: string;
  readonly roles: readonly Role[];
} {
  const { roles, region, accountId } = modelOf(parseDocument("/nowhere", synthesise(env, change).text, `the stack of ${env}`));
  const read = roles.map((model) => ({
    name: model.name.replace(`ha-nat-${env}-`, ""),
    model,
    statements: loadPolicies(model),
    actions: [...new Set(model.policies.flatMap(({ document }) => actionsOf(document)))],
  }));
  return { region, accountId, roles: read };
}

function actionsOf(document: unknown): readonly string[] {
  const { Statement } = document as { readonly Statement: readonly { readonly Action: string | readonly string[] }[] };
  return Statement.flatMap(({ Action }) => Action);
}
