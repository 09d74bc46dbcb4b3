import { physicalName } from "../../contract/project";

/** Where a stack is deployed. Names, ARNs and URLs below follow from it: literals, so that IAM and rules need no reference. */
export interface Deployment {
  readonly env: string;
  readonly region: string;
  /** 12 digits. */
  readonly accountId: string;
}

const arn = (d: Deployment, service: string, resource: string): string =>
  `arn:aws:${service}:${d.region}:${d.accountId}:${resource}`;

/** ARN of a function by its deployed name. */
export function functionArn(d: Deployment, name: string): string {
  return arn(d, "lambda", `function:${name}`);
}

/** ARN of a queue by its name. */
export function queueArn(d: Deployment, name: string): string {
  return arn(d, "sqs", name);
}

/** URL of a queue by its name. */
export function queueUrl(d: Deployment, name: string): string {
  return `https://sqs.${d.region}.amazonaws.com/${d.accountId}/${name}`;
}

/** ARN of a parameter by its path (which starts with a slash). */
export function parameterArn(d: Deployment, path: string): string {
  return arn(d, "ssm", `parameter${path}`);
}

/** ARN of one of our SSM documents. */
export function documentArn(d: Deployment, name: string): string {
  return arn(d, "ssm", `document/${name}`);
}

/** ARN of a log group; `:*` reaches its streams. */
export function logGroupArn(d: Deployment, name: string): string {
  return arn(d, "logs", `log-group:${name}`);
}

/** ARN of a role by its name. */
export function roleArn(d: Deployment, name: string): string {
  return `arn:aws:iam::${d.accountId}:role/${name}`;
}

/** ARN of an EventBridge rule on the default bus. */
export function ruleArn(d: Deployment, name: string): string {
  return arn(d, "events", `rule/${name}`);
}

/** ARN pattern of the fleet's Auto Scaling groups: their UUID is not known before they exist. */
export function groupArns(d: Deployment): string {
  return arn(d, "autoscaling", `autoScalingGroup:*:autoScalingGroupName/${physicalName(d.env, "nat-")}*`);
}

/** ARN pattern of EC2 resources of a type; always used together with a tag condition. */
export function ec2Arns(d: Deployment, type: string): string {
  return arn(d, "ec2", `${type}/*`);
}

/** ARN of a thing whose pattern has no helper of its own. */
export function genericArn(d: Deployment, service: string, resource: string): string {
  return arn(d, service, resource);
}

/** A bucket name: globally unique, hence with account and region. */
export function bucketName(d: Deployment, thing: string): string {
  return physicalName(d.env, `${thing}-${d.accountId}-${d.region}`);
}

/** Name of the Auto Scaling group of a zone. */
export function groupName(d: Deployment, zone: string): string {
  return physicalName(d.env, `nat-${zone}`);
}

/** Name of the fleet's target group (and load balancer). */
export function targetGroupName(d: Deployment): string {
  return physicalName(d.env, "nat");
}
