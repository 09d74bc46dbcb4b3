/**
 * Granted, and made by nobody in the lab: AWS makes these calls with the role, or a case that the lab has not, or seldom. Each with its reason;
 * a line that is not needed any more fails the test.
 */
export interface Unrecorded {
  readonly roles: readonly string[];
  readonly actions: readonly string[];
  /** Why it is granted, and which case of AWS needs it. */
  readonly because: string;
  /** A lab may make it when something in it fails; not every run has that. @default - no lab makes it */
  readonly byChance?: true;
  /** `Sid` of the one statement that is meant, where a lab makes such a call by another. @default - all that have the action */
  readonly statement?: string;
}

const FUNCTIONS = [
  "asg-lifecycle-handler",
  "config-guard",
  "egress-prober",
  "eip-recover",
  "nat-health-probe",
  "nat-route-failover",
];

export const UNRECORDED: readonly Unrecorded[] = [
  {
    roles: FUNCTIONS,
    actions: ["logs:CreateLogStream", "logs:PutLogEvents"],
    because: "Lambda writes what a function prints, with the function's role; the lab writes it to a file",
  },
  {
    roles: FUNCTIONS,
    actions: ["xray:PutTraceSegments", "xray:PutTelemetryRecords"],
    because: "the X-Ray daemon beside a traced function; the lab traces nothing",
  },
  {
    roles: ["asg-lifecycle-handler", "config-guard", "eip-recover", "nat-health-probe"],
    actions: ["sqs:SendMessage"],
    statement: "WriteDeadLetters",
    because: "Lambda sends asynchronous events that failed for good, with the function's role; the lab puts them there itself",
  },
  {
    roles: ["nat-route-failover"],
    actions: ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
    because: "Lambda's event source mapping polls the queue with the function's role; the lab's hands messages over itself",
  },
  {
    roles: ["asg-lifecycle-handler", "config-guard", "eip-recover", "nat-route-failover"],
    actions: ["ec2:DescribeNetworkInterfaces"],
    because: "asked when EC2 fails to describe instances, as it does while a zone is disrupted; who looks meanwhile is chance",
    byChance: true,
  },
  {
    roles: ["egress-prober"],
    actions: [
      "ec2:CreateNetworkInterface",
      "ec2:DeleteNetworkInterface",
      "ec2:DescribeNetworkInterfaces",
      "ec2:DescribeSubnets",
      "ec2:AssignPrivateIpAddresses",
      "ec2:UnassignPrivateIpAddresses",
    ],
    because: "Lambda makes the network interfaces of a function in a VPC with its role; the lab gives it a namespace",
  },
  {
    roles: ["nat"],
    actions: [
      "ssm:UpdateInstanceInformation",
      "ssm:ListInstanceAssociations",
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
    because: "AWS's Systems Manager agent, whose protocol is its own; the lab's takes commands from a page of the endpoint",
  },
];

/** Actions that a role has by several statements: what is recorded does not say by which. Each with why every one of them is used. */
export const SHARED: Readonly<Record<string, string>> = {
  "ssm:SendCommand CheckDocument CheckInstance": "one call is checked against the document and the instance",
  "ssm:SendCommand Documents CheckInstance": "likewise",
  "lambda:InvokeFunction AskProbers AskHandler":
    "every round asks the probers; deep/orphaned-hooks.test.ts has the handler asked",
};
