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
  /** Action → `Sid` of each statement that has it. */
  readonly sids: ReadonlyMap<string, readonly string[]>;
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
    sids: sidsOf(model),
  }));
  return { region, accountId, roles: read };
}

interface Document {
  readonly Statement: readonly { readonly Sid: string; readonly Action: string | readonly string[] }[];
}

function actionsOf(document: unknown): readonly string[] {
  return (document as Document).Statement.flatMap(({ Action }) => Action);
}

function sidsOf({ policies }: RoleModel): ReadonlyMap<string, readonly string[]> {
  const sids = new Map<string, readonly string[]>();
  for (const { Sid, Action } of policies.flatMap(({ document }) => (document as Document).Statement))
    for (const action of [Action].flat()) sids.set(action, [...(sids.get(action) ?? []), Sid]);
  return sids;
}
