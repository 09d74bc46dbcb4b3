/** DATA: what the functions may do that look for drift. */
import { documentArn, ec2Arns, queueArn } from "../shared/deployment";
import type { Deployment } from "../shared/deployment";
import type { Statement } from "../shared/statement";
import { names } from "./names";
import { describe, ourInstancesBySystemsManager, ours, parameters, SOURCE_DEST_CHECK_OFF } from "./statement-parts";

/** eip-recover: it looks, and asks; nat-route-failover is the one that moves addresses. */
export function eipRecoverStatements(d: Deployment): readonly Statement[] {
  return [
    {
      sid: "ReadParameters",
      actions: ["ssm:GetParameters"],
      resources: parameters(d, "topology", "state"),
      because: "which addresses there are, and whether an operator holds them",
    },
    describe("Observe", [
      "ec2:DescribeInstances",
      "ec2:DescribeNetworkInterfaces",
      "ec2:DescribeRouteTables",
      "ec2:DescribeAddresses",
    ]),
    {
      sid: "SendToDoor",
      actions: ["sqs:SendMessage"],
      resources: [queueArn(d, names.queue(d.env))],
      because: "addresses to be brought back",
    },
  ];
}

/** config-guard. It mends what nobody else writes; for routes and replacements it asks. */
export function configGuardStatements(d: Deployment): readonly Statement[] {
  return [
    {
      sid: "ReadParameters",
      actions: ["ssm:GetParameters"],
      resources: parameters(d, "topology", "state"),
      because: "what there must be, and whether an operator holds it",
    },
    describe("Observe", [
      "ec2:DescribeInstances",
      "ec2:DescribeNetworkInterfaces",
      "ec2:DescribeRouteTables",
      "ec2:DescribeNetworkAcls",
      "ec2:DescribeSecurityGroups",
      "autoscaling:DescribeAutoScalingGroups",
      "ssm:GetCommandInvocation",
    ]),
    {
      sid: "MendNetworkAcl",
      actions: ["ec2:CreateNetworkAclEntry", "ec2:ReplaceNetworkAclEntry", "ec2:DeleteNetworkAclEntry"],
      resources: [ec2Arns(d, "network-acl")],
      ...ours(d),
      because: "the public subnets' rules, as they were deployed; not which subnets they are for",
    },
    {
      sid: "SwitchOffSourceDestCheck",
      actions: ["ec2:ModifyInstanceAttribute"],
      resources: [ec2Arns(d, "instance")],
      ...ours(d, SOURCE_DEST_CHECK_OFF),
      because: "with it on, EC2 drops what a NAT forwards",
    },
    {
      sid: "Documents",
      actions: ["ssm:SendCommand"],
      resources: [documentArn(d, names.checkDocument(d.env)), documentArn(d, names.repairDocument(d.env))],
      because: "our documents only; neither takes a parameter",
    },
    {
      sid: "CheckInstance",
      actions: ["ssm:SendCommand"],
      resources: [ec2Arns(d, "instance")],
      ...ourInstancesBySystemsManager(d),
      because: "on our NATs only; SendCommand checks document and instance",
    },
    {
      sid: "SendToDoor",
      actions: ["sqs:SendMessage"],
      resources: [queueArn(d, names.queue(d.env))],
      because: "routes to be repaired, NATs to be replaced",
    },
  ];
}
