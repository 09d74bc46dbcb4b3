import { Construct } from "constructs";
import { CloudwatchLogGroup } from "@cdktf/provider-aws/lib/cloudwatch-log-group";
import { IamInstanceProfile } from "@cdktf/provider-aws/lib/iam-instance-profile";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role";
import { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy";
import type { ITerraformDependable } from "cdktf";
import { natLogGroup } from "../../contract/metrics";
import { physicalName } from "../../contract/project";
import type { Deployment } from "../shared/deployment";
import { policyDocument, trustPolicy } from "../shared/statement";
import { instanceStatements } from "./instance-statements";

/** Role of the NATs. */
export interface InstanceRoleProps {
  readonly deployment: Deployment;
  /** ARN (pattern) of the payloads in the bucket. */
  readonly payloads: string;
  readonly logRetentionDays: number;
}

/** Role, instance profile and log group of the NATs. */
export class InstanceRole extends Construct {
  public readonly profileArn: string;
  public readonly ready: readonly ITerraformDependable[];

  public constructor(scope: Construct, id: string, props: InstanceRoleProps) {
    super(scope, id);
    const name = physicalName(props.deployment.env, "nat");
    const logs = new CloudwatchLogGroup(this, "LogGroup", {
      name: natLogGroup(props.deployment.env),
      retentionInDays: props.logRetentionDays,
    });
    const role = new IamRole(this, "Resource", { name, assumeRolePolicy: trustPolicy("ec2.amazonaws.com") });
    const policy = new IamRolePolicy(this, "Policy", {
      name: "nat",
      role: role.id,
      policy: policyDocument(instanceStatements(props.deployment, props.payloads)),
    });
    const profile = new IamInstanceProfile(this, "Profile", { name, role: role.name });
    this.profileArn = profile.arn;
    this.ready = [policy, profile, logs];
  }
}
