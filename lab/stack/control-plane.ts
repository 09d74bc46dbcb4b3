import { resolve } from "node:path";
import { z } from "zod";
import type { EventRuleModel, FunctionModel, QueueModel, RoleModel, StackModel } from "./model";
import type { Resource, Resources } from "./resource";

type ControlPlane = Pick<
  StackModel,
  | "functions"
  | "roles"
  | "instanceProfiles"
  | "queues"
  | "eventSourceMappings"
  | "eventRules"
  | "parameters"
  | "documents"
  | "alarms"
  | "logGroups"
  | "topics"
>;

export function readControlPlane(resources: Resources): ControlPlane {
  const { directory } = resources.document;
  return {
    functions: resources.of("aws_lambda_function").map((resource) => readFunction(resource, directory)),
    roles: readRoles(resources),
    instanceProfiles: readInstanceProfiles(resources),
    queues: resources.of("aws_sqs_queue").map(readQueue),
    eventSourceMappings: resources.of("aws_lambda_event_source_mapping").map((mapping) => ({
      queueArn: mapping.text("event_source_arn"),
      functionName: lastPart(mapping.text("function_name")),
      batchSize: mapping.number("batch_size", 10),
    })),
    eventRules: readEventRules(resources),
    parameters: resources.of("aws_ssm_parameter").map((parameter) => ({
      name: parameter.text("name"),
      type: parameter.text("type"),
      value: parameter.text("value"),
    })),
    documents: resources.of("aws_ssm_document").map((document) => ({
      name: document.text("name"),
      content: document.text("content"),
    })),
    alarms: resources.of("aws_cloudwatch_metric_alarm").map((alarm) => ({
      name: alarm.text("alarm_name"),
      description: alarm.optionalText("alarm_description") ?? "",
      raw: alarm.raw(),
    })),
    logGroups: resources.of("aws_cloudwatch_log_group").map((group) => group.text("name")),
    topics: resources.of("aws_sns_topic").map((topic) => ({ arn: topic.attribute("arn"), name: topic.text("name") })),
  };
}

/** Name at the end of an ARN, or the name itself. */
function lastPart(arnOrName: string): string {
  return arnOrName.slice(Math.max(arnOrName.lastIndexOf(":"), arnOrName.lastIndexOf("/")) + 1);
}

function readFunction(resource: Resource, directory: string): FunctionModel {
  resource.refuse(["s3_bucket", "image_uri"], "the lab runs the zip that `filename` names");
  return {
    name: resource.text("function_name"),
    arn: resource.attribute("arn"),
    zipPath: resolve(directory, resource.text("filename")),
    handler: resource.text("handler"),
    environment: resource.block("environment")?.map("variables") ?? {},
    // Lambda's default.
    timeoutSeconds: resource.number("timeout", 3),
    roleName: lastPart(resource.text("role")),
    subnetIds: resource.block("vpc_config")?.texts("subnet_ids") ?? [],
    deadLetterArn: resource.block("dead_letter_config")?.text("target_arn"),
  };
}

function readRoles(resources: Resources): readonly RoleModel[] {
  const policies = resources.of("aws_iam_role_policy").map((policy) => ({
    roleName: policy.text("role"),
    name: policy.text("name"),
    document: policy.json("policy"),
  }));
  return resources.of("aws_iam_role").map((role) => {
    role.refuse(["inline_policy", "managed_policy_arns"], "use aws_iam_role_policy");
    role.refuse(["permissions_boundary"], "the lab's evaluator knows identity policies only");
    const name = role.text("name");
    const own = policies.filter((policy) => policy.roleName === name);
    return {
      name,
      arn: role.attribute("arn"),
      policies: own.map((policy) => ({ name: policy.name, document: policy.document })),
    };
  });
}

function readInstanceProfiles(resources: Resources): Readonly<Record<string, string>> {
  const profiles = resources.of("aws_iam_instance_profile");
  return Object.fromEntries(
    profiles.flatMap((profile) => [profile.text("name"), profile.attribute("arn")].map((key) => [key, profile.text("role")])),
  );
}

const RedrivePolicy = z.object({ deadLetterTargetArn: z.string(), maxReceiveCount: z.coerce.number() });

function readQueue(queue: Resource): QueueModel {
  const redrive =
    queue.optionalText("redrive_policy") === undefined ? undefined : RedrivePolicy.parse(queue.json("redrive_policy"));
  return {
    name: queue.text("name"),
    arn: queue.attribute("arn"),
    url: queue.attribute("url"),
    fifo: queue.flag("fifo_queue", false),
    // SQS's default.
    visibilityTimeoutSeconds: queue.number("visibility_timeout_seconds", 30),
    maxReceiveCount: redrive?.maxReceiveCount,
    deadLetterArn: redrive?.deadLetterTargetArn,
  };
}

function readEventRules(resources: Resources): readonly EventRuleModel[] {
  const targets = resources.of("aws_cloudwatch_event_target").map((target) => {
    target.refuse(["input_path", "input_transformer"], "the lab delivers the event or `input`");
    return {
      rule: target.text("rule"),
      arn: target.text("arn"),
      messageGroupId: target.block("sqs_target")?.optionalText("message_group_id"),
      input: target.optionalText("input"),
    };
  });
  return resources.of("aws_cloudwatch_event_rule").map((rule) => {
    const name = rule.text("name");
    const pattern: unknown = rule.optionalText("event_pattern") === undefined ? undefined : rule.json("event_pattern");
    const own = targets.filter((target) => target.rule === name);
    return {
      name,
      schedule: rule.optionalText("schedule_expression"),
      pattern,
      targets: own.map(({ arn, messageGroupId, input }) => ({ arn, messageGroupId, input })),
    };
  });
}
