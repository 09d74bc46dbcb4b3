import { createAuthorizer, type Authorizer } from "../../../../lab/aws/iam/authorizer";
import { createKeyRing, type LabKeyRing } from "../../../../lab/aws/iam/key-ring";
import type { ResourceDirectory } from "../../../../lab/aws/iam/resources";
import type { Call } from "../../../../lab/aws/wire/call";
import type { RoleModel } from "../../../../lab/stack/model";

export const ACCOUNT = "123456789012";

export function roleWith(...statements: readonly unknown[]): RoleModel {
  const document = { Version: "2012-10-17", Statement: statements };
  return { name: "failover", arn: `arn:aws:iam::${ACCOUNT}:role/failover`, policies: [{ name: "main", document }] };
}

/** Route table rtb-ours and everything of i-ours carry our tag; the rest carries none. */
export const directory: ResourceDirectory = {
  tagsOf: (arn) => (arn.endsWith("-ours") ? { "ha-nat:env": "test" } : {}),
  autoScalingGroupArn: (name) =>
    name.startsWith("ha-nat-")
      ? `arn:aws:autoscaling:us-east-1:${ACCOUNT}:autoScalingGroup:u-1:autoScalingGroupName/${name}`
      : undefined,
  autoScalingGroupOf: (instanceId) => (instanceId === "i-ours" ? "ha-nat-test-nat-use1-az1" : undefined),
};

export interface Setting {
  readonly keyRing: LabKeyRing;
  readonly authorizer: Authorizer;
  /** A call of the role's session `s-1`. */
  call(service: string, operation: string, input: Call["input"], protocol?: Call["protocol"]): Call;
}

export function settingFor(role: RoleModel): Setting {
  const keyRing = createKeyRing([role], { seed: "test" });
  const authorizer = createAuthorizer({ roles: [role], keyRing, resolve: directory });
  const { accessKeyId } = keyRing.issue(role.name, "s-1");
  return {
    keyRing,
    authorizer,
    call: (service, operation, input, protocol = service === "ec2" ? "ec2Query" : "json") => ({
      service,
      operation,
      protocol,
      input,
      accessKeyId,
      region: "us-east-1",
      requestId: "r-1",
      baseUrl: "http://endpoint",
    }),
  };
}

/** Code of the refusal, or "allowed". */
export function outcome(authorizer: Authorizer, call: Call): string {
  try {
    authorizer.authorize(call);
    return "allowed";
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}
