import { INTERNET } from "../world/fabric";
import type { StackDocument } from "./document";
import { hostAddress, loadBalancerSuffix, resourceId, uuidOf } from "./identifiers";

/** What AWS would give a resource when it is created, as far as other resources refer to it. */
export interface Creation {
  readonly document: StackDocument;
  readonly address: string;
  /** Text of one of the resource's own arguments, resolved. */
  readonly argument: (name: string) => string;
}

type Attribute = (creation: Creation) => string;

const id =
  (prefix: string): Attribute =>
  ({ address }) =>
    resourceId(prefix, address);
const argument =
  (name: string): Attribute =>
  (creation) =>
    creation.argument(name);
const arn =
  (service: string, rest: (creation: Creation) => string): Attribute =>
  (creation) =>
    `arn:aws:${service}:${creation.document.region}:${creation.document.accountId}:${rest(creation)}`;
/** IAM has no region. */
const iamArn =
  (kind: string): Attribute =>
  ({ document, argument: read }) =>
    `arn:aws:iam::${document.accountId}:${kind}/${read("name")}`;
const queueUrl: Attribute = ({ document, argument: read }) =>
  `https://sqs.${document.region}.amazonaws.com/${document.accountId}/${read("name")}`;

/** Elastic IPs are handed out in the order of the Terraform addresses. */
const elasticIp: Attribute = ({ document, address }) => {
  const all = Object.keys(document.resources["aws_eip"] ?? {}).sort();
  return hostAddress(INTERNET.elasticCidr, all.indexOf(address.slice("aws_eip.".length)) + 1);
};

/** Resource type → attribute → how it comes about. An attribute that is an argument needs no line. */
export const COMPUTED: Readonly<Record<string, Readonly<Record<string, Attribute>>>> = {
  aws_vpc: { id: id("vpc") },
  aws_subnet: { id: id("subnet") },
  aws_route_table: { id: id("rtb") },
  aws_internet_gateway: { id: id("igw") },
  aws_network_acl: { id: id("acl") },
  aws_security_group: { id: id("sg") },
  aws_eip: { id: id("eipalloc"), allocation_id: id("eipalloc"), public_ip: elasticIp },
  aws_nat_gateway: { id: id("nat") },
  aws_launch_template: { id: id("lt"), latest_version: () => "1" },
  aws_autoscaling_group: {
    id: argument("name"),
    arn: arn("autoscaling", (c) => `autoScalingGroup:${uuidOf(c.address)}:autoScalingGroupName/${c.argument("name")}`),
  },
  aws_lb: {
    arn: arn("elasticloadbalancing", (c) => `loadbalancer/net/${c.argument("name")}/${loadBalancerSuffix(c.address)}`),
    arn_suffix: (c) => `net/${c.argument("name")}/${loadBalancerSuffix(c.address)}`,
  },
  aws_lb_target_group: {
    arn: arn("elasticloadbalancing", (c) => `targetgroup/${c.argument("name")}/${loadBalancerSuffix(c.address)}`),
    arn_suffix: (c) => `targetgroup/${c.argument("name")}/${loadBalancerSuffix(c.address)}`,
  },
  aws_iam_role: { id: argument("name"), arn: iamArn("role") },
  aws_iam_instance_profile: { id: argument("name"), arn: iamArn("instance-profile") },
  aws_lambda_function: { id: argument("function_name"), arn: arn("lambda", (c) => `function:${c.argument("function_name")}`) },
  aws_sqs_queue: { id: queueUrl, url: queueUrl, arn: arn("sqs", (c) => c.argument("name")) },
  aws_sns_topic: { id: arn("sns", (c) => c.argument("name")), arn: arn("sns", (c) => c.argument("name")) },
  aws_cloudwatch_event_rule: { id: argument("name"), arn: arn("events", (c) => `rule/${c.argument("name")}`) },
  aws_cloudwatch_metric_alarm: { arn: arn("cloudwatch", (c) => `alarm:${c.argument("alarm_name")}`) },
  aws_cloudwatch_log_group: { arn: arn("logs", (c) => `log-group:${c.argument("name")}`) },
  aws_ssm_parameter: { id: argument("name"), arn: arn("ssm", (c) => `parameter${c.argument("name")}`) },
  aws_ssm_document: { id: argument("name"), arn: arn("ssm", (c) => `document/${c.argument("name")}`) },
  aws_s3_bucket: { id: argument("bucket"), arn: (c) => `arn:aws:s3:::${c.argument("bucket")}` },
};
