/** DATA: what the functions may do. No write on `*` but where AWS has no resource type; each with its reason. */
import { FUNCTION_NAMES } from "../../contract/functions";
import { physicalName } from "../../contract/project";
import { documentArn, ec2Arns, functionArn, genericArn, groupArns, queueArn, targetGroupName } from "../shared/deployment";
import type { Deployment } from "../shared/deployment";
import type { Statement } from "../shared/statement";
import { names } from "./names";
import { describe, ourInstancesBySystemsManager, ours, parameters, SOURCE_DEST_CHECK_OFF } from "./statement-parts";

/** nat-route-failover. */
export function routeFailoverStatements(d: Deployment, probers: readonly string[], hasGateways: boolean): readonly Statement[] {
  return [
    {
      sid: "ReadParameters",
      actions: ["ssm:GetParameters"],
      resources: parameters(d, "topology", "state"),
      because: "what exists, what was done before",
    },
    { sid: "WriteState", actions: ["ssm:PutParameter"], resources: parameters(d, "state"), because: "its one record" },
    describe("Observe", [
      "ec2:DescribeInstances",
      "ec2:DescribeNetworkInterfaces",
      "ec2:DescribeRouteTables",
      "ec2:DescribeAddresses",
      "autoscaling:DescribeAutoScalingGroups",
      ...(hasGateways ? ["ec2:DescribeNatGateways"] : []),
    ]),
    {
      sid: "MoveRoutes",
      actions: ["ec2:CreateRoute", "ec2:ReplaceRoute"],
      resources: [ec2Arns(d, "route-table")],
      ...ours(d),
      because: "a lane's default route; IAM has no key for its target or destination",
    },
    {
      sid: "MoveAddresses",
      actions: ["ec2:AssignPrivateIpAddresses", "ec2:AssociateAddress"],
      resources: [ec2Arns(d, "network-interface"), ec2Arns(d, "elastic-ip"), ec2Arns(d, "instance")],
      ...ours(d),
      because: "a lane's floating address, and its public one at zone loss",
    },
    {
      sid: "MarkUnhealthy",
      actions: ["autoscaling:SetInstanceHealth"],
      resources: [groupArns(d)],
      because: "replacement of a NAT that is dead, one per zone at a time",
    },
    {
      sid: "AskProbers",
      actions: ["lambda:InvokeFunction"],
      resources: probers.map((name) => functionArn(d, name)),
      because: "healthz of NATs, asked from inside the VPC",
    },
    {
      sid: "ReadQueue",
      actions: ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
      resources: [queueArn(d, names.queue(d.env))],
      because: "the event source mapping polls with this role",
    },
    {
      sid: "RetrySoon",
      actions: ["sqs:ChangeMessageVisibility"],
      resources: [queueArn(d, names.queue(d.env))],
      because: "messages of a run that failed come again before their visibility timeout ends",
    },
    {
      sid: "KeepRejected",
      actions: ["sqs:SendMessage"],
      resources: [queueArn(d, names.rejected(d.env))],
      because: "a copy of what it does not listen to, for people",
    },
  ];
}

/** nat-health-probe. */
export function healthProbeStatements(d: Deployment, probers: readonly string[], hasTargets: boolean): readonly Statement[] {
  return [
    {
      sid: "ReadParameters",
      actions: ["ssm:GetParameters"],
      resources: parameters(d, "topology", "peers"),
      because: "whom to ask",
    },
    {
      sid: "AskProbers",
      actions: ["lambda:InvokeFunction"],
      resources: probers.map((name) => functionArn(d, name)),
      because: "every lane's path",
    },
    describe("Observe", [
      ...(hasTargets ? ["elasticloadbalancing:DescribeTargetHealth"] : []),
      "autoscaling:DescribeAutoScalingGroups",
    ]),
    {
      sid: "AskHandler",
      actions: ["lambda:InvokeFunction"],
      resources: [functionArn(d, physicalName(d.env, FUNCTION_NAMES.lifecycleHandler))],
      because: "to take up hooks and entries that were left behind",
    },
    {
      sid: "SendToDoor",
      actions: ["sqs:SendMessage"],
      resources: [queueArn(d, names.queue(d.env))],
      because: "breaches and the minute's sweep",
    },
  ];
}

/** asg-lifecycle-handler. */
export function lifecycleStatements(d: Deployment, hasTargets: boolean): readonly Statement[] {
  return [
    {
      sid: "ReadParameters",
      actions: ["ssm:GetParameters"],
      resources: parameters(d, "topology", "peers"),
      because: "what exists, who is there; the heartbeat key it only makes",
    },
    {
      sid: "WriteParameters",
      actions: ["ssm:PutParameter"],
      resources: parameters(d, "peers", "heartbeat-key"),
      because: "it alone publishes the peers and makes the heartbeat key",
    },
    describe("Observe", [
      "ec2:DescribeInstances",
      "ec2:DescribeNetworkInterfaces",
      "ec2:DescribeRouteTables",
      "autoscaling:DescribeAutoScalingGroups",
      ...(hasTargets ? ["elasticloadbalancing:DescribeTargetHealth"] : []),
      "ssm:GetCommandInvocation",
    ]),
    {
      sid: "FinishHooks",
      actions: ["autoscaling:CompleteLifecycleAction", "autoscaling:RecordLifecycleActionHeartbeat"],
      resources: [groupArns(d)],
      because: "CONTINUE, ABANDON, and heartbeats while it waits",
    },
    {
      sid: "SwitchOffSourceDestCheck",
      actions: ["ec2:ModifyInstanceAttribute"],
      resources: [ec2Arns(d, "instance")],
      ...ours(d, SOURCE_DEST_CHECK_OFF),
      because: "a launch template cannot",
    },
    {
      sid: "CheckDocument",
      actions: ["ssm:SendCommand"],
      resources: [documentArn(d, names.checkDocument(d.env))],
      because: "our document only",
    },
    {
      sid: "CheckInstance",
      actions: ["ssm:SendCommand"],
      resources: [ec2Arns(d, "instance")],
      ...ourInstancesBySystemsManager(d),
      because: "on our NATs only; SendCommand checks document and instance",
    },
    ...(hasTargets
      ? [
          {
            sid: "RegisterTargets",
            actions: ["elasticloadbalancing:RegisterTargets", "elasticloadbalancing:DeregisterTargets"],
            resources: [genericArn(d, "elasticloadbalancing", `targetgroup/${targetGroupName(d)}/*`)],
            because: "a NAT enters and leaves the target group",
          },
        ]
      : []),
    {
      sid: "SendToDoor",
      actions: ["sqs:SendMessage"],
      resources: [queueArn(d, names.queue(d.env))],
      because: "elections when a NAT comes or goes",
    },
  ];
}

/** egress-prober: its code makes no AWS call; Lambda itself makes the network interfaces with this role. */
export function egressProberStatements(): readonly Statement[] {
  return [
    {
      sid: "NetworkInterfaces",
      actions: [
        "ec2:CreateNetworkInterface",
        "ec2:DeleteNetworkInterface",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSubnets",
        "ec2:AssignPrivateIpAddresses",
        "ec2:UnassignPrivateIpAddresses",
      ],
      resources: ["*"],
      because: "Lambda refuses an in-VPC function whose role lacks these on *: the interfaces do not exist before it makes them",
    },
  ];
}

/** What every function may do. */
export function commonStatements(d: Deployment, logGroupArns: readonly string[], deadLetters: boolean): readonly Statement[] {
  return [
    {
      sid: "WriteLogs",
      actions: ["logs:CreateLogStream", "logs:PutLogEvents"],
      resources: logGroupArns.map((arn) => `${arn}:*`),
      because: "its own log group; metrics travel in it",
    },
    {
      sid: "WriteTraces",
      actions: ["xray:PutTraceSegments", "xray:PutTelemetryRecords"],
      resources: ["*"],
      because: "X-Ray has no resource type for these",
    },
    ...(deadLetters
      ? [
          {
            sid: "WriteDeadLetters",
            actions: ["sqs:SendMessage"],
            resources: [queueArn(d, names.asyncDeadLetters(d.env))],
            because: "Lambda sends failed asynchronous events with this role",
          },
        ]
      : []),
  ];
}
