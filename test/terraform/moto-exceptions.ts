/**
 * DATA: what moto 5.2.1 gets wrong about our stacks, and what the harness overrides so that the rest can be judged. The stacks
 * never change for moto. Each entry ends the day moto behaves.
 */

/** Arguments of one resource, as in cdk.tf.json. */
export type Arguments = Readonly<Record<string, unknown>>;

export interface MotoException {
  /** Resource type. */
  readonly type: string;
  readonly what: string;
  readonly reason: string;
  /** Arguments that replace those of every resource of the type. */
  readonly override: (resource: Arguments) => Arguments;
}

interface Policy {
  readonly Statement: readonly { readonly Effect: string }[];
}

export const MOTO_EXCEPTIONS: readonly MotoException[] = [
  {
    type: "aws_s3_bucket_policy",
    what: "Deny statements are left out",
    reason: "moto ignores a bucket policy's Condition, so that the TLS-only Deny refuses every upload",
    override: (resource) => {
      const policy = JSON.parse(resource.policy as string) as Policy;
      const allows = policy.Statement.filter((statement) => statement.Effect !== "Deny");
      const readable = { Sid: "Moto", Effect: "Allow", Principal: "*", Action: "s3:GetObject", Resource: "arn:aws:s3:::moto/*" };
      return { policy: JSON.stringify({ ...policy, Statement: allows.length > 0 ? allows : [readable] }) };
    },
  },
  {
    type: "aws_flow_log",
    what: "destination_options are not compared",
    reason: "moto does not return destination_options, so every plan would replace the flow log",
    override: ignore("destination_options"),
  },
  {
    type: "aws_autoscaling_group",
    what: "initial_lifecycle_hook and instance_maintenance_policy are not compared",
    reason: "moto reads a hook back with a notification target that nobody set, and the policy not at all",
    override: ignore("initial_lifecycle_hook", "instance_maintenance_policy"),
  },
  {
    type: "aws_autoscaling_lifecycle_hook",
    what: "notification_target_arn and role_arn are not compared",
    reason: "moto reads every hook back with a notification target and a role that nobody set",
    override: ignore("notification_target_arn", "role_arn"),
  },
  {
    type: "aws_autoscaling_policy",
    what: "enabled and predictive_scaling_configuration are not compared",
    reason: "moto does not return whether a policy is enabled, and returns an empty prediction that nobody asked for",
    override: ignore("enabled", "predictive_scaling_configuration"),
  },
  {
    type: "aws_launch_template",
    what: "tag_specifications are not compared",
    reason: "moto returns the template's own tags as one more specification",
    override: ignore("tag_specifications"),
  },
  {
    type: "aws_ec2_subnet_cidr_reservation",
    what: "description is not compared",
    reason: "moto does not return the description, so every plan would replace the reservation",
    override: ignore("description"),
  },
  {
    type: "aws_lambda_function",
    what: "dead_letter_config is not compared",
    reason: "moto does not return dead_letter_config",
    override: (resource) => ("dead_letter_config" in resource ? ignore("dead_letter_config")() : {}),
  },
  {
    type: "aws_sqs_queue",
    what: "redrive_policy is not compared",
    reason: "moto returns the same JSON with other white space, which the provider compares as text",
    override: (resource) => ("redrive_policy" in resource ? ignore("redrive_policy")() : {}),
  },
];

function ignore(...names: readonly string[]): () => Arguments {
  return () => ({ lifecycle: { ignore_changes: names } });
}
