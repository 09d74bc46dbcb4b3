/** Resource types that the readers of this folder turn into the model. */
export const MODELLED: readonly string[] = [
  "aws_vpc",
  "aws_subnet",
  "aws_ec2_subnet_cidr_reservation",
  "aws_internet_gateway",
  "aws_route",
  "aws_route_table",
  "aws_route_table_association",
  "aws_network_acl",
  "aws_network_acl_rule",
  "aws_security_group",
  "aws_vpc_security_group_egress_rule",
  "aws_vpc_security_group_ingress_rule",
  "aws_eip",
  "aws_nat_gateway",
  "aws_launch_template",
  "aws_autoscaling_group",
  "aws_autoscaling_policy",
  "aws_lb",
  "aws_lb_target_group",
  "aws_s3_object",
  "aws_iam_role",
  "aws_iam_role_policy",
  "aws_iam_instance_profile",
  "aws_lambda_function",
  "aws_lambda_event_source_mapping",
  "aws_sqs_queue",
  "aws_cloudwatch_event_rule",
  "aws_cloudwatch_event_target",
  "aws_cloudwatch_log_group",
  "aws_cloudwatch_metric_alarm",
  "aws_ssm_parameter",
  "aws_ssm_document",
  "aws_sns_topic",
];

/** Resource types that the lab knows and leaves out, each with the reason. */
export const IGNORED: Readonly<Record<string, string>> = {
  aws_autoscaling_lifecycle_hook: "the same as its group's initial hooks, which are read (test/invariants/hooks.test.ts)",
  aws_cloudwatch_dashboard: "pictures for people",
  aws_flow_log: "the kernel's packets can be looked at directly",
  aws_lambda_permission: "only the stack's own rules start functions in the lab",
  aws_lb_listener: "the load balancer carries no traffic in the lab; its target health is modelled",
  aws_s3_bucket: "objects name their bucket; nothing else of a bucket is asked for",
  aws_s3_bucket_lifecycle_configuration: "a lab does not live for days",
  aws_s3_bucket_policy: "callers of the lab's endpoint are judged by their roles' policies only",
  aws_s3_bucket_public_access_block: "nobody but the stack's roles can reach the endpoint",
  aws_s3_bucket_server_side_encryption_configuration: "objects are files of the build output",
  aws_sns_topic_policy: "only the lab's own alarms publish",
  aws_sns_topic_subscription: "the lab sends no mail",
  aws_sqs_queue_policy: "only the stack's own rules send to a queue besides the roles",
  aws_vpc_endpoint: "gateway endpoints are AWS's own path to S3 and DynamoDB, which the lab's clients never use",
};

/** Throws for a type in neither list: what the lab silently left out would be proved by nobody. */
export function checkTypes(types: readonly string[]): void {
  const unknown = types.filter((type) => !MODELLED.includes(type) && !Object.hasOwn(IGNORED, type)).sort();
  if (unknown.length === 0) return;
  throw new Error(
    `the lab does not know the resource type${unknown.length > 1 ? "s" : ""} ${unknown.join(", ")}: ` +
      "read it in lab/stack, or name it in IGNORED of lab/stack/types.ts with the reason",
  );
}
