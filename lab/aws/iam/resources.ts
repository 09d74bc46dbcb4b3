import type { Call } from "../wire/call";

/** What a call's input alone does not say. */
export interface ResourceDirectory {
  /** Tags of a resource by its ARN (`arn:aws:ec2:…:route-table/rtb-…`); empty when it has none or does not exist. */
  tagsOf(arn: string): Readonly<Record<string, string>>;
  /** ARN of a group by name; undefined when there is no such group. */
  autoScalingGroupArn(name: string): string | undefined;
  /** Name of the group that an instance belongs to. */
  autoScalingGroupOf(instanceId: string): string | undefined;
}

/** One ARN per resource that the call touches. */
type Resources = (id: (member: string) => readonly string[], scope: Scope) => readonly string[];

interface Scope {
  /** `arn:aws:<service>:<region>:<account>:<rest>`. */
  readonly arn: (service: string, rest: string) => string;
  readonly region: string;
  readonly directory: ResourceDirectory;
}

/** Actions without resource types are checked against "*". */
const everything: Resources = () => ["*"];

const route: Resources = (id, { arn }) => id("RouteTableId").map((x) => arn("ec2", `route-table/${x}`));
const eni: Resources = (id, { arn }) => id("NetworkInterfaceId").map((x) => arn("ec2", `network-interface/${x}`));
const instance: Resources = (id, { arn }) => [...id("InstanceId"), ...id("InstanceIds")].map((x) => arn("ec2", `instance/${x}`));
const acl: Resources = (id, { arn }) => id("NetworkAclId").map((x) => arn("ec2", `network-acl/${x}`));
const address: Resources = (id, { arn }) => id("AllocationId").map((x) => arn("ec2", `elastic-ip/${x}`));
const parameter: Resources = (id, { arn }) =>
  [...id("Name"), ...id("Names"), ...id("Path")].map((x) => arn("ssm", `parameter/${x.replace(/^\//, "")}`));
const queue: Resources = (id, { arn }) => id("QueueUrl").map((x) => arn("sqs", x.slice(x.lastIndexOf("/") + 1)));
const targetGroup: Resources = (id) => id("TargetGroupArn");
const topic: Resources = (id) => id("TopicArn");
const object: Resources = (id) => id("Bucket").flatMap((bucket) => id("Key").map((key) => `arn:aws:s3:::${bucket}/${key}`));
const bucket: Resources = (id) => id("Bucket").map((x) => `arn:aws:s3:::${x}`);
const lambdaFunction: Resources = (id, { arn }) =>
  id("FunctionName").map((x) => (x.startsWith("arn:") ? x : arn("lambda", `function:${x}`)));
const logGroup: Resources = (id, { arn }) => id("logGroupName").map((x) => arn("logs", `log-group:${x}:*`));
const logStream: Resources = (id, { arn }) =>
  id("logGroupName").map((group) => arn("logs", `log-group:${group}:log-stream:${id("logStreamName")[0] ?? ""}`));

/** AWS's own documents are nobody's: no account in their ARN. A command by `Targets` may reach every instance. */
const documentAndInstances: Resources = (id, scope) => [
  ...id("DocumentName").map((name) =>
    name.startsWith("AWS-") ? `arn:aws:ssm:${scope.region}::document/${name}` : scope.arn("ssm", `document/${name}`),
  ),
  ...(id("InstanceIds").length > 0 ? instance(id, scope) : [scope.arn("ec2", "instance/*")]),
];

/** A group that does not exist still has a place where its ARN would be: the call fails on the name, not on rights. */
const group: Resources = (id, { arn, directory }) => {
  const owners = id("InstanceId").flatMap((x) => directory.autoScalingGroupOf(x) ?? []);
  const names = id("AutoScalingGroupName").length > 0 ? id("AutoScalingGroupName") : owners;
  return names.map(
    (x) => directory.autoScalingGroupArn(x) ?? arn("autoscaling", `autoScalingGroup:none:autoScalingGroupName/${x}`),
  );
};

const all =
  (...parts: readonly Resources[]): Resources =>
  (id, scope) =>
    parts.flatMap((part) => part(id, scope));

/** By IAM action. Reads without resource types (`Describe…`, `List…`) need no line. */
const RESOURCES: Readonly<Record<string, Resources>> = {
  "ec2:CreateRoute": route,
  "ec2:ReplaceRoute": route,
  "ec2:DeleteRoute": route,
  "ec2:CreateNetworkAclEntry": acl,
  "ec2:ReplaceNetworkAclEntry": acl,
  "ec2:DeleteNetworkAclEntry": acl,
  "ec2:AssignPrivateIpAddresses": eni,
  "ec2:UnassignPrivateIpAddresses": eni,
  "ec2:ModifyNetworkInterfaceAttribute": eni,
  "ec2:ModifyInstanceAttribute": instance,
  "ec2:TerminateInstances": instance,
  "ec2:AssociateAddress": all(address, eni, instance),
  "autoscaling:SetInstanceHealth": group,
  "autoscaling:CompleteLifecycleAction": group,
  "autoscaling:RecordLifecycleActionHeartbeat": group,
  "autoscaling:TerminateInstanceInAutoScalingGroup": group,
  "autoscaling:SetDesiredCapacity": group,
  "autoscaling:UpdateAutoScalingGroup": group,
  "autoscaling:StartInstanceRefresh": group,
  "elasticloadbalancing:RegisterTargets": targetGroup,
  "elasticloadbalancing:DeregisterTargets": targetGroup,
  "ssm:GetParameter": parameter,
  "ssm:GetParameters": parameter,
  "ssm:GetParametersByPath": parameter,
  "ssm:PutParameter": parameter,
  "ssm:DeleteParameter": parameter,
  "ssm:SendCommand": documentAndInstances,
  "ssm:GetCommandInvocation": everything,
  "ssm:UpdateInstanceInformation": everything,
  "sqs:SendMessage": queue,
  "sqs:ReceiveMessage": queue,
  "sqs:DeleteMessage": queue,
  "sqs:ChangeMessageVisibility": queue,
  "sqs:GetQueueAttributes": queue,
  "sqs:GetQueueUrl": (id, { arn }) => id("QueueName").map((x) => arn("sqs", x)),
  "lambda:InvokeFunction": lambdaFunction,
  "s3:GetObject": object,
  "s3:PutObject": object,
  "s3:ListBucket": bucket,
  "sns:Publish": topic,
  "logs:CreateLogStream": logStream,
  "logs:PutLogEvents": logStream,
  "logs:DescribeLogStreams": logGroup,
  "cloudwatch:PutMetricData": everything,
  "sts:GetCallerIdentity": everything,
};

const READS = /^[a-z0-9-]+:(Describe|List)/;

/** ARNs that a call must be allowed on, every one; undefined for an action without a line above. */
export function resourcesOf(
  call: Call,
  action: string,
  account: string,
  directory: ResourceDirectory,
): readonly string[] | undefined {
  const resources = RESOURCES[action] ?? (READS.test(action) ? everything : undefined);
  if (!resources) return undefined;
  const scope: Scope = {
    arn: (service, rest) => `arn:aws:${service}:${call.region}:${account}:${rest}`,
    region: call.region,
    directory,
  };
  const found = resources((member) => identifiers(call.input[member]), scope);
  return found.length > 0 ? found : ["*"];
}

function identifiers(value: unknown): readonly string[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  return list.filter((item) => typeof item === "string");
}
