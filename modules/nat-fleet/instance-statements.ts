/** DATA: what a NAT's role may do. A stolen NAT credential can at worst ask for a failover; asks are verified. */
import { natLogGroup } from "../../contract/metrics";
import { parameterPath } from "../../contract/parameters";
import { physicalName } from "../../contract/project";
import { logGroupArn, parameterArn, queueArn } from "../shared/deployment";
import type { Deployment } from "../shared/deployment";
import type { Statement } from "../shared/statement";

/** Grants of the instance role. */
export function instanceStatements(d: Deployment, payloads: string): readonly Statement[] {
  return [
    {
      sid: "AskForFailover",
      actions: ["sqs:SendMessage"],
      resources: [queueArn(d, physicalName(d.env, "failover.fifo"))],
      because: "the agent reports suspicions; nothing moves by a message alone",
    },
    {
      sid: "ReadFleetDocuments",
      actions: ["ssm:GetParameters"],
      resources: (["peers", "heartbeat-key", "state"] as const).map((kind) => parameterArn(d, parameterPath(d.env, kind))),
      because: "whom to send heartbeats to, with which key, and for a NAT that leaves: who serves its lanes now",
    },
    {
      sid: "ReadArtifact",
      actions: ["s3:GetObject"],
      resources: [payloads],
      because: "the payload, at boot, of any release: see Artifact",
    },
    {
      sid: "PutMetrics",
      actions: ["logs:CreateLogStream", "logs:PutLogEvents"],
      resources: [`${logGroupArn(d, natLogGroup(d.env))}:*`],
      because: "CloudWatch makes the metrics of what the agent puts into its stream",
    },
    {
      sid: "SystemsManagerChannel",
      actions: [
        "ssmmessages:CreateControlChannel",
        "ssmmessages:CreateDataChannel",
        "ssmmessages:OpenControlChannel",
        "ssmmessages:OpenDataChannel",
        "ec2messages:AcknowledgeMessage",
        "ec2messages:DeleteMessage",
        "ec2messages:FailMessage",
        "ec2messages:GetEndpoint",
        "ec2messages:GetMessages",
        "ec2messages:SendReply",
      ],
      resources: ["*"],
      because: "the Systems Manager agent's own channel: AWS has no resource type for it",
    },
    {
      sid: "SystemsManagerAgent",
      actions: ["ssm:UpdateInstanceInformation", "ssm:ListInstanceAssociations"],
      resources: ["*"],
      because:
        "registers the node and asks for its associations; the node's ID is not known before it exists. The managed policy " +
        "AmazonSSMManagedInstanceCore would also read every parameter of the account",
    },
  ];
}
