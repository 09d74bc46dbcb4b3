/**
 * The synthesised stack as the lab needs it: read from cdktf.out/stacks/<env>/cdk.tf.json, references resolved, IDs given.
 * IDs are deterministic (hash of the Terraform address), shaped like AWS's.
 */
export interface StackModel {
  readonly env: string;
  readonly region: string;
  readonly accountId: string;
  readonly vpc: { readonly vpcId: string; readonly cidr: string };
  readonly internetGatewayId: string;
  readonly subnets: readonly SubnetModel[];
  readonly routeTables: readonly RouteTableModel[];
  readonly networkAcls: readonly NetworkAclModel[];
  readonly securityGroups: readonly SecurityGroupModel[];
  readonly addresses: readonly AddressModel[];
  readonly natGateways: readonly NatGatewayModel[];
  readonly launchTemplates: readonly LaunchTemplateModel[];
  readonly autoScalingGroups: readonly AutoScalingGroupModel[];
  readonly scalingPolicies: readonly ScalingPolicyModel[];
  readonly targetGroups: readonly TargetGroupModel[];
  readonly loadBalancers: readonly {
    readonly arn: string;
    readonly name: string;
    readonly subnets: readonly { readonly subnetId: string; readonly address: string | undefined }[];
  }[];
  readonly functions: readonly FunctionModel[];
  readonly roles: readonly RoleModel[];
  /** Instance profile name or ARN → role name. */
  readonly instanceProfiles: Readonly<Record<string, string>>;
  readonly queues: readonly QueueModel[];
  readonly eventSourceMappings: readonly {
    readonly queueArn: string;
    readonly functionName: string;
    readonly batchSize: number;
  }[];
  readonly eventRules: readonly EventRuleModel[];
  readonly parameters: readonly { readonly name: string; readonly type: string; readonly value: string }[];
  readonly documents: readonly { readonly name: string; readonly content: string }[];
  readonly objects: readonly { readonly bucket: string; readonly key: string; readonly path: string }[];
  readonly alarms: readonly {
    readonly name: string;
    readonly description: string;
    readonly raw: Readonly<Record<string, unknown>>;
  }[];
  /** Names. What functions print goes to files; into these somebody must put. */
  readonly logGroups: readonly string[];
  readonly topics: readonly { readonly arn: string; readonly name: string }[];
  readonly outputs: Readonly<Record<string, unknown>>;
}

export type Tags = Readonly<Record<string, string>>;

export interface SubnetModel {
  readonly subnetId: string;
  readonly cidr: string;
  /** AZ ID. */
  readonly zone: string;
  readonly routeTableId: string;
  readonly networkAclId: string | undefined;
  /** Blocks that EC2 hands to no instance by itself: the floating and guest addresses. */
  readonly reservedCidrs?: readonly string[];
  readonly mapPublicIp: boolean;
  readonly tags: Tags;
}

export interface NatGatewayModel {
  readonly natGatewayId: string;
  readonly subnetId: string;
  /** AZ ID of the subnet. */
  readonly zone: string;
  /** Its network interface, which AWS makes with it. */
  readonly eniId: string;
  readonly allocationId: string;
  readonly publicIp: string;
  readonly tags: Tags;
}

export interface RouteTableModel {
  readonly routeTableId: string;
  readonly tags: Tags;
  /** Routes that Terraform creates: to the internet gateway. Default routes of lanes are never among them. */
  readonly routes: readonly { readonly destination: string; readonly gatewayId: string }[];
}

export interface NetworkAclRule {
  readonly number: number;
  readonly egress: boolean;
  readonly protocol: string;
  readonly allow: boolean;
  readonly cidr: string;
  readonly fromPort: number;
  readonly toPort: number;
}

export interface NetworkAclModel {
  readonly networkAclId: string;
  readonly rules: readonly NetworkAclRule[];
  readonly tags?: Tags;
}

export interface SecurityGroupModel {
  readonly groupId: string;
  readonly name: string;
  readonly tags?: Tags;
  readonly rules?: readonly SecurityGroupRule[];
}

export interface SecurityGroupRule {
  readonly egress: boolean;
  readonly protocol: string;
  readonly cidr: string;
}

export interface AddressModel {
  readonly allocationId: string;
  readonly publicIp: string;
  readonly tags: Tags;
}

export interface LaunchTemplateModel {
  readonly launchTemplateId: string;
  readonly name: string;
  readonly instanceType: string;
  readonly instanceProfile: string;
  /** Decoded text. */
  readonly userData: string;
  readonly instanceTags: Tags;
  readonly networkInterfaceTags: Tags;
  readonly associatePublicIp: boolean;
  readonly securityGroupIds: readonly string[];
}

export interface AutoScalingGroupModel {
  readonly name: string;
  readonly arn: string;
  readonly subnetIds: readonly string[];
  readonly minSize: number;
  readonly maxSize: number;
  readonly desired: number;
  readonly launchTemplateId: string;
  /** How much of the desired size is kept while instances are replaced; without one, AWS's defaults. */
  readonly maintenance?: { readonly minHealthyPercentage: number; readonly maxHealthyPercentage: number };
  readonly hooks: readonly {
    readonly name: string;
    readonly transition: string;
    readonly heartbeatTimeoutSeconds: number;
    readonly defaultResult: "CONTINUE" | "ABANDON";
  }[];
  readonly tags: Tags;
}

/** Target tracking: how many instances a group should have, by what they do on average. */
export interface ScalingPolicyModel {
  readonly name: string;
  readonly groupName: string;
  readonly metric: TrackedMetric;
  readonly targetValue: number;
  /** How long an instance in service says nothing of the load yet. */
  readonly warmupSeconds: number;
}

export type TrackedMetric =
  /** ASGAverageNetworkOut: bytes a minute that an instance sends, on average. */
  | { readonly kind: "network-out" }
  /** The average of what agents emit under this name and these dimensions. */
  | {
      readonly kind: "emitted";
      readonly namespace: string;
      readonly name: string;
      readonly dimensions: Readonly<Record<string, string>>;
    };

export interface TargetGroupModel {
  readonly arn: string;
  readonly name: string;
  readonly port: number;
  readonly healthPath: string;
  readonly healthPort: number;
  readonly intervalSeconds: number;
  readonly timeoutSeconds: number;
  readonly healthyThreshold: number;
  readonly unhealthyThreshold: number;
}

export interface FunctionModel {
  readonly name: string;
  readonly arn: string;
  /** Absolute path of the zip. */
  readonly zipPath: string;
  readonly handler: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutSeconds: number;
  readonly roleName: string;
  /** Empty outside the VPC. */
  readonly subnetIds: readonly string[];
  /** Where failed asynchronous invocations go; undefined when none. */
  readonly deadLetterArn: string | undefined;
}

export interface RoleModel {
  readonly name: string;
  readonly arn: string;
  readonly policies: readonly { readonly name: string; readonly document: unknown }[];
}

export interface QueueModel {
  readonly name: string;
  readonly arn: string;
  readonly url: string;
  readonly fifo: boolean;
  readonly visibilityTimeoutSeconds: number;
  readonly maxReceiveCount: number | undefined;
  readonly deadLetterArn: string | undefined;
}

export interface EventRuleModel {
  readonly name: string;
  /** `rate(1 minute)`; undefined for a pattern rule. */
  readonly schedule: string | undefined;
  readonly pattern: unknown;
  readonly targets: readonly {
    readonly arn: string;
    readonly messageGroupId: string | undefined;
    readonly input: string | undefined;
  }[];
}
