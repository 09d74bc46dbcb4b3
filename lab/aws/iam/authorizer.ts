import type { RoleModel } from "../../stack/model";
import type { Call, Protocol } from "../wire/call";
import { AwsError } from "../wire/call";
import { actionOf } from "./actions";
import { contextOf, type Principal } from "./context";
import { OPERATOR, type LabKeyRing } from "./key-ring";
import { decide, loadPolicies, mentions, type Decision, type Statement } from "./policy";
import { resourcesOf, type ResourceDirectory } from "./resources";

export interface AuthorizerOptions {
  readonly roles: readonly RoleModel[];
  readonly keyRing: LabKeyRing;
  readonly resolve: ResourceDirectory;
}

export interface Authorizer {
  /** Throws AwsError in AWS's words when the caller may not. */
  readonly authorize: (call: Call) => void;
  /** Actions that each role was allowed and used, sorted: role name → `ec2:ReplaceRoute`. */
  used(): Readonly<Record<string, readonly string[]>>;
}

interface LoadedRole {
  readonly role: RoleModel;
  readonly statements: readonly Statement[];
  readonly used: Set<string>;
}

/** Loads the policies of all roles (throws for what the evaluator does not know), then answers call by call. */
export function createAuthorizer({ roles, keyRing, resolve }: AuthorizerOptions): Authorizer {
  const loaded = new Map(
    roles.map((role): [string, LoadedRole] => [role.name, { role, statements: loadPolicies(role), used: new Set() }]),
  );
  const authorize = (call: Call): void => {
    if (call.accessKeyId === OPERATOR.accessKeyId) return;
    const identity = keyRing.find(call.accessKeyId);
    const caller = identity && loaded.get(identity.roleName);
    if (!identity || !caller) throw unknownKey(call);
    check(call, caller, { sessionName: identity.sessionName, userId: keyRing.userIdOf(call.accessKeyId) ?? "" }, resolve);
  };
  const used = () => Object.fromEntries([...loaded].map(([name, role]) => [name, [...role.used].sort()]));
  return { authorize, used };
}

interface Session {
  readonly sessionName: string;
  readonly userId: string;
}

function check(call: Call, caller: LoadedRole, session: Session, directory: ResourceDirectory): void {
  const action = actionOf(call);
  // AWS answers who somebody is to anybody with valid keys, even with an explicit deny.
  if (action === "sts:GetCallerIdentity") return;
  const account = caller.role.arn.split(":")[4] ?? "";
  const principal: Principal = { arn: caller.role.arn, account, userId: session.userId };
  for (const resource of resourcesOf(call, action, account, directory) ?? unknownResources(caller, action)) {
    const tags = resource === "*" ? {} : directory.tagsOf(resource);
    const decision = decide(caller.statements, { action, resource, context: contextOf(call, principal, tags) });
    if (decision !== "allowed") {
      const user = `arn:aws:sts::${account}:assumed-role/${caller.role.name}/${session.sessionName}`;
      throw denied(call, { user, action, resource, decision });
    }
  }
  caller.used.add(action);
}

/** A gap in the lab must not look like a decision about rights: what is granted needs its resources known. */
function unknownResources(caller: LoadedRole, action: string): readonly string[] {
  if (!mentions(caller.statements, action)) return ["*"];
  throw new Error(`no resource known for ${action}: add a line to lab/aws/iam/resources.ts`);
}

interface Denial {
  readonly user: string;
  readonly action: string;
  readonly resource: string;
  readonly decision: Exclude<Decision, "allowed">;
}

function denied(call: Call, { user, action, resource, decision }: Denial): AwsError {
  const why =
    decision === "denied explicitly"
      ? "with an explicit deny in an identity-based policy"
      : `because no identity-based policy allows the ${action} action`;
  const text = `User: ${user} is not authorized to perform: ${action} on resource: ${resource} ${why}`;
  switch (call.protocol) {
    case "ec2Query":
      return new AwsError("UnauthorizedOperation", `You are not authorized to perform this operation. ${text}`, 403);
    case "awsQuery":
    case "restXml":
      return new AwsError("AccessDenied", text, 403);
    case "json":
    case "cbor":
      return new AwsError("AccessDeniedException", text, 400);
    case "restJson":
      return new AwsError("AccessDeniedException", text, 403);
  }
}

const UNKNOWN_KEY: Readonly<Record<Protocol, readonly [code: string, status: number]>> = {
  ec2Query: ["AuthFailure", 401],
  awsQuery: ["InvalidClientTokenId", 403],
  json: ["UnrecognizedClientException", 400],
  cbor: ["UnrecognizedClientException", 400],
  restJson: ["UnrecognizedClientException", 403],
  restXml: ["InvalidAccessKeyId", 403],
};

function unknownKey(call: Call): AwsError {
  const [code, status] = UNKNOWN_KEY[call.protocol];
  const text =
    code === "AuthFailure"
      ? "AWS was not able to validate the provided access credentials"
      : "The security token included in the request is invalid.";
  return new AwsError(code, text, status);
}
