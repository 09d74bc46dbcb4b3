import { AssetType, TerraformAsset } from "cdktf";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { CloudwatchLogGroup } from "@cdktf/provider-aws/lib/cloudwatch-log-group";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role";
import { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy";
import { LambdaFunction } from "@cdktf/provider-aws/lib/lambda-function";
import { METRIC_NAMESPACE } from "../../contract/metrics";
import { physicalName } from "../../contract/project";
import { TAGS } from "../../contract/tags";
import { logGroupArn, queueArn } from "../shared/deployment";
import type { Deployment } from "../shared/deployment";
import { policyDocument, trustPolicy } from "../shared/statement";
import type { FunctionCopy, FunctionSpec } from "./functions";
import { names } from "./names";
import { commonStatements } from "./statements";

/** One function of the control plane. */
export interface ControlPlaneFunctionProps {
  readonly deployment: Deployment;
  readonly spec: FunctionSpec;
  readonly bundle: { readonly path: string; readonly sha256: string };
  readonly logRetentionDays: number;
  /** Where a copy of a lane sits. Called for copies with a lane only. */
  readonly place: (lane: string) => { readonly subnetId: string; readonly securityGroupId: string };
  /** Queues that must stand before Lambda accepts a function that names them. */
  readonly after: readonly ITerraformDependable[];
}

/**
 * A function done right: role with its statements, log group with retention, tracing, dead letters when it is started
 * asynchronously, arm64, and code whose hash changes only when the code does. One role for all copies.
 */
export class ControlPlaneFunction extends Construct {
  /** Functions, policies and log groups: what whoever depends on this function depends on. */
  public readonly ready: readonly ITerraformDependable[];
  /** What Lambda itself makes and deletes network interfaces by, among others. */
  public readonly policy: ITerraformDependable;

  public constructor(
    scope: Construct,
    id: string,
    private readonly props: ControlPlaneFunctionProps,
  ) {
    super(scope, id);
    const { deployment, spec, bundle } = props;
    const asset = new TerraformAsset(this, "Code", { path: bundle.path, type: AssetType.FILE, assetHash: bundle.sha256 });
    const roleName = physicalName(deployment.env, spec.bundle);
    const tags = { [TAGS.env]: deployment.env };
    const role = new IamRole(this, "Role", { name: roleName, assumeRolePolicy: trustPolicy("lambda.amazonaws.com"), tags });
    const logGroups = spec.copies.map((copy) => `/aws/lambda/${copy.name}`);
    const arns = logGroups.map((name) => logGroupArn(deployment, name));
    const policy = new IamRolePolicy(this, "Policy", {
      name: spec.bundle,
      role: role.id,
      policy: policyDocument([...spec.statements, ...commonStatements(deployment, arns, this.isAsynchronous)]),
    });
    const made = spec.copies.map((copy) => this.copy(copy, role, asset, policy));
    this.policy = policy;
    this.ready = [policy, ...made];
  }

  private get isAsynchronous(): boolean {
    return this.props.spec.trigger.kind === "schedule" || this.props.spec.trigger.kind === "lifecycle";
  }

  private copy(copy: FunctionCopy, role: IamRole, code: TerraformAsset, policy: IamRolePolicy): LambdaFunction {
    const { deployment, spec, bundle, logRetentionDays, place, after } = this.props;
    const suffix = copy.lane === undefined ? "" : `-${copy.lane}`;
    const tags = { [TAGS.env]: deployment.env };
    const logs = new CloudwatchLogGroup(this, `LogGroup${suffix}`, {
      name: `/aws/lambda/${copy.name}`,
      retentionInDays: logRetentionDays,
      tags,
    });
    const spot = copy.lane === undefined ? undefined : place(copy.lane);
    return new LambdaFunction(this, `Function${suffix}`, {
      functionName: copy.name,
      description: spec.description,
      role: role.arn,
      runtime: "nodejs22.x",
      architectures: ["arm64"],
      handler: "index.handler",
      filename: code.path,
      sourceCodeHash: Buffer.from(bundle.sha256, "hex").toString("base64"),
      timeout: spec.timeoutSeconds,
      memorySize: spec.memoryMb,
      tracingConfig: { mode: "Active" },
      environment: {
        variables: {
          ...copy.environment,
          POWERTOOLS_SERVICE_NAME: spec.bundle,
          POWERTOOLS_METRICS_NAMESPACE: METRIC_NAMESPACE,
          POWERTOOLS_LOG_LEVEL: "INFO",
        },
      },
      ...(this.isAsynchronous
        ? { deadLetterConfig: { targetArn: queueArn(deployment, names.asyncDeadLetters(deployment.env)) } }
        : {}),
      ...(spot ? { vpcConfig: { subnetIds: [spot.subnetId], securityGroupIds: [spot.securityGroupId] } } : {}),
      tags,
      dependsOn: [logs, policy, ...after],
    });
  }
}
