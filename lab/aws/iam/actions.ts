import type { Call } from "../wire/call";

/** Where IAM's prefix is not the signing name. */
const PREFIXES: Readonly<Record<string, string>> = { monitoring: "cloudwatch" };

/** Where IAM's action is not the operation. */
const ACTIONS: Readonly<Record<string, string>> = {
  "lambda:Invoke": "lambda:InvokeFunction",
  "s3:HeadObject": "s3:GetObject",
  "s3:HeadBucket": "s3:ListBucket",
  "s3:ListObjects": "s3:ListBucket",
  "s3:ListObjectsV2": "s3:ListBucket",
  "s3:ListBuckets": "s3:ListAllMyBuckets",
  "sqs:SendMessageBatch": "sqs:SendMessage",
  "sqs:DeleteMessageBatch": "sqs:DeleteMessage",
  "sqs:ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility",
};

/** The IAM action of a call: `ec2:ReplaceRoute`. */
export function actionOf({ service, operation }: Pick<Call, "service" | "operation">): string {
  const action = `${PREFIXES[service] ?? service}:${operation}`;
  return ACTIONS[action] ?? action;
}
