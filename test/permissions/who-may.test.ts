import { contextOf } from "../../lab/aws/iam/context";
import { decide } from "../../lab/aws/iam/policy";
import { deployedRoles } from "./roles";

const tagged = (env: string) => ({ "ha-nat:env": env });

interface Question {
  readonly action: string;
  readonly resource: string;
  /** Of the resource. @default - none */
  readonly tags?: Readonly<Record<string, string>>;
  /** Of the request. @default - empty */
  readonly input?: Readonly<Record<string, unknown>>;
}

type Deployed = ReturnType<typeof deployedRoles>;

/** Exactly these roles may, by their policies alone. */
function whoMay(
  { roles, region, accountId: account }: Deployed,
  { action, resource, tags = {}, input = {} }: Question,
): readonly string[] {
  const [service = "", operation = ""] = action.split(":");
  const call = { service, operation, input, region, protocol: "json", accessKeyId: "", requestId: "", baseUrl: "" } as const;
  return roles
    .filter(({ model, statements }) => {
      const principal = { arn: model.arn, account, userId: "AROA:s" };
      return decide(statements, { action, resource, context: contextOf(call, principal, tags) }) === "allowed";
    })
    .map(({ name }) => name)
    .toSorted();
}

const FAILOVER = "nat-route-failover";
const HOOKS = "asg-lifecycle-handler";
const PROBE = "nat-health-probe";
const GUARD = "config-guard";
const KEEPER = "eip-recover";
const NAT = "nat";
/** Each with one log group. */
const FUNCTIONS = [FAILOVER, HOOKS, PROBE, GUARD, KEEPER];
const nobody: readonly string[] = [];

type Row = readonly [string, Question, readonly string[]];

/** @param env the environment whose roles are asked; @param other one that they must leave alone */
function rowsOf(env: string, other: string, { region, accountId: account }: Deployed): readonly Row[] {
  const arn = (service: string, rest: string) => `arn:aws:${service}:${region}:${account}:${rest}`;
  const OURS = tagged(env);
  const parameter = (kind: string, of = env) => arn("ssm", `parameter/ha-nat/${of}/${kind}`);
  const queue = (name: string, of = env) => arn("sqs", `ha-nat-${of}-${name}`);
  const fn = (name: string, of = env) => arn("lambda", `function:ha-nat-${of}-${name}`);
  const group = (name: string) => arn("autoscaling", `autoScalingGroup:u-1:autoScalingGroupName/${name}`);
  const ec2 = (kind: string) => arn("ec2", `${kind}/x-1`);
  const targets = (name: string) => arn("elasticloadbalancing", `targetgroup/${name}/x`);

  return [
    ["move a lane's route", { action: "ec2:ReplaceRoute", resource: ec2("route-table"), tags: OURS }, [FAILOVER]],
    ["create a lane's route", { action: "ec2:CreateRoute", resource: ec2("route-table"), tags: OURS }, [FAILOVER]],
    [
      "move a route of another environment",
      { action: "ec2:ReplaceRoute", resource: ec2("route-table"), tags: tagged(other) },
      nobody,
    ],
    ["move a route of somebody else", { action: "ec2:ReplaceRoute", resource: ec2("route-table") }, nobody],
    ["delete a route", { action: "ec2:DeleteRoute", resource: ec2("route-table"), tags: OURS }, nobody],
    [
      "bring a floating address",
      { action: "ec2:AssignPrivateIpAddresses", resource: ec2("network-interface"), tags: OURS },
      [
        // Lambda demands it of every function in a VPC, on *.
        "egress-prober",
        FAILOVER,
      ],
    ],
    ["bring an EIP", { action: "ec2:AssociateAddress", resource: ec2("elastic-ip"), tags: OURS }, [FAILOVER]],
    ["bring somebody else's EIP", { action: "ec2:AssociateAddress", resource: ec2("elastic-ip") }, nobody],
    [
      "bring another environment's EIP",
      { action: "ec2:AssociateAddress", resource: ec2("elastic-ip"), tags: tagged(other) },
      nobody,
    ],
    ...["network-interface", "instance"].flatMap((kind): readonly Row[] => [
      [`bring an EIP to our ${kind}`, { action: "ec2:AssociateAddress", resource: ec2(kind), tags: OURS }, [FAILOVER]],
      [
        `bring an EIP to another environment's ${kind}`,
        { action: "ec2:AssociateAddress", resource: ec2(kind), tags: tagged(other) },
        nobody,
      ],
      [`bring an EIP to somebody else's ${kind}`, { action: "ec2:AssociateAddress", resource: ec2(kind) }, nobody],
    ]),
    ["take an EIP away", { action: "ec2:DisassociateAddress", resource: ec2("elastic-ip"), tags: OURS }, nobody],
    ["release an EIP", { action: "ec2:ReleaseAddress", resource: ec2("elastic-ip"), tags: OURS }, nobody],
    ["terminate a NAT", { action: "ec2:TerminateInstances", resource: ec2("instance"), tags: OURS }, nobody],
    [
      "have a NAT replaced",
      { action: "autoscaling:SetInstanceHealth", resource: group(`ha-nat-${env}-nat-use1-az1`) },
      [FAILOVER],
    ],
    ["have an instance of another group replaced", { action: "autoscaling:SetInstanceHealth", resource: group("shop") }, nobody],
    ["answer a hook", { action: "autoscaling:CompleteLifecycleAction", resource: group(`ha-nat-${env}-nat-use1-az1`) }, [HOOKS]],
    ["answer a hook of another group", { action: "autoscaling:CompleteLifecycleAction", resource: group("shop") }, nobody],
    [
      "keep a hook waiting",
      { action: "autoscaling:RecordLifecycleActionHeartbeat", resource: group(`ha-nat-${env}-nat-use1-az1`) },
      [HOOKS],
    ],
    [
      "keep a hook of another environment waiting",
      { action: "autoscaling:RecordLifecycleActionHeartbeat", resource: group(`ha-nat-${other}-nat-use1-az1`) },
      nobody,
    ],
    [
      "keep a hook of another group waiting",
      { action: "autoscaling:RecordLifecycleActionHeartbeat", resource: group("shop") },
      nobody,
    ],
    ...["RegisterTargets", "DeregisterTargets"].flatMap((operation): readonly Row[] => {
      const action = `elasticloadbalancing:${operation}`;
      return [
        [`${operation} of our target group`, { action, resource: targets(`ha-nat-${env}-nat`) }, [HOOKS]],
        [`${operation} of another environment's target group`, { action, resource: targets(`ha-nat-${other}-nat`) }, nobody],
        [`${operation} of somebody else's target group`, { action, resource: targets("shop") }, nobody],
      ];
    }),
    [
      "switch the source/destination check off",
      {
        action: "ec2:ModifyInstanceAttribute",
        resource: ec2("instance"),
        tags: OURS,
        input: { SourceDestCheck: { Value: false } },
      },
      [HOOKS, GUARD],
    ],
    [
      "switch the source/destination check off, said in capitals",
      {
        action: "ec2:ModifyInstanceAttribute",
        resource: ec2("instance"),
        tags: OURS,
        input: { SourceDestCheck: { Value: "False" } },
      },
      [HOOKS, GUARD],
    ],
    [
      "switch the source/destination check on",
      {
        action: "ec2:ModifyInstanceAttribute",
        resource: ec2("instance"),
        tags: OURS,
        input: { SourceDestCheck: { Value: true } },
      },
      nobody,
    ],
    [
      "change a NAT's user data",
      { action: "ec2:ModifyInstanceAttribute", resource: ec2("instance"), tags: OURS, input: { UserData: { Value: "x" } } },
      nobody,
    ],
    [
      "switch off the check of somebody else's machine",
      { action: "ec2:ModifyInstanceAttribute", resource: ec2("instance"), input: { SourceDestCheck: { Value: false } } },
      nobody,
    ],
    ["run our check", { action: "ssm:SendCommand", resource: arn("ssm", `document/ha-nat-${env}-nat-check`) }, [HOOKS, GUARD]],
    ["run our repair", { action: "ssm:SendCommand", resource: arn("ssm", `document/ha-nat-${env}-nat-repair`) }, [GUARD]],
    ["run a shell script", { action: "ssm:SendCommand", resource: `arn:aws:ssm:${region}::document/AWS-RunShellScript` }, nobody],
    ["run a command on a NAT", { action: "ssm:SendCommand", resource: ec2("instance"), tags: OURS }, [HOOKS, GUARD]],
    ["run a command on another machine", { action: "ssm:SendCommand", resource: ec2("instance") }, nobody],
    [
      "run a command on another environment's NAT",
      { action: "ssm:SendCommand", resource: ec2("instance"), tags: tagged(other) },
      nobody,
    ],
    ...["Create", "Replace", "Delete"].flatMap((verb): readonly Row[] => {
      const action = `ec2:${verb}NetworkAclEntry`;
      return [
        [`${verb} an entry of the public subnets' NACL`, { action, resource: ec2("network-acl"), tags: OURS }, [GUARD]],
        [`${verb} an entry of another environment's NACL`, { action, resource: ec2("network-acl"), tags: tagged(other) }, nobody],
        [`${verb} an entry of another NACL`, { action, resource: ec2("network-acl") }, nobody],
      ];
    }),
    [
      "open a security group",
      { action: "ec2:AuthorizeSecurityGroupIngress", resource: ec2("security-group"), tags: OURS },
      nobody,
    ],
    ["write who serves whom", { action: "ssm:PutParameter", resource: parameter("state") }, [FAILOVER]],
    ["write the peers", { action: "ssm:PutParameter", resource: parameter("peers") }, [HOOKS]],
    ["write the heartbeat key", { action: "ssm:PutParameter", resource: parameter("heartbeat-key") }, [HOOKS]],
    ["write the topology", { action: "ssm:PutParameter", resource: parameter("topology") }, nobody],
    ["read the heartbeat key", { action: "ssm:GetParameters", resource: parameter("heartbeat-key") }, [NAT]],
    ["read who serves whom", { action: "ssm:GetParameters", resource: parameter("state") }, [FAILOVER, GUARD, KEEPER, NAT]],
    ["read the peers", { action: "ssm:GetParameters", resource: parameter("peers") }, [HOOKS, NAT, PROBE]],
    [
      "read the topology",
      { action: "ssm:GetParameters", resource: parameter("topology") },
      [FAILOVER, GUARD, HOOKS, KEEPER, PROBE],
    ],
    ...["state", "peers", "topology"].map((kind): Row => [
      `read the ${kind} of another environment`,
      { action: "ssm:GetParameters", resource: parameter(kind, other) },
      nobody,
    ]),
    ["leave a dead letter", { action: "sqs:SendMessage", resource: queue("async-dlq") }, [GUARD, HOOKS, KEEPER, PROBE]],
    ["leave one for another environment", { action: "sqs:SendMessage", resource: queue("async-dlq", other) }, nobody],
    ["forge a dead letter of the door", { action: "sqs:SendMessage", resource: queue("failover-dlq.fifo") }, nobody],
    ["keep a copy of what is rejected", { action: "sqs:SendMessage", resource: queue("failover-rejected") }, [FAILOVER]],
    ["keep one in another environment", { action: "sqs:SendMessage", resource: queue("failover-rejected", other) }, nobody],
    ...["async-dlq", "failover-dlq.fifo", "failover-rejected"].map((name): Row => [
      `read letters of ${name}`,
      { action: "sqs:ReceiveMessage", resource: queue(name) },
      nobody,
    ]),
    ...[...FUNCTIONS, "egress-prober-use1-az1-l1"].map((name): Row => {
      const resource = `${arn("logs", `log-group:/aws/lambda/ha-nat-${env}-${name}`)}:log-stream:x`;
      const own = name.startsWith("egress-prober") ? "egress-prober" : name;
      return [`write into the log of ${name}`, { action: "logs:PutLogEvents", resource }, [own]];
    }),
    ["read another environment's key", { action: "ssm:GetParameters", resource: parameter("heartbeat-key", other) }, nobody],
    ["read all parameters of a path", { action: "ssm:GetParametersByPath", resource: parameter("state") }, nobody],
    ["ask at the door", { action: "sqs:SendMessage", resource: queue("failover.fifo") }, [HOOKS, GUARD, KEEPER, NAT, PROBE]],
    ["take messages from the door", { action: "sqs:ReceiveMessage", resource: queue("failover.fifo") }, [FAILOVER]],
    ["ask at another environment's door", { action: "sqs:SendMessage", resource: queue("failover.fifo", other) }, nobody],
    ["take a message away from the door", { action: "sqs:DeleteMessage", resource: queue("failover.fifo") }, [FAILOVER]],
    [
      "take one away from another environment's door",
      { action: "sqs:DeleteMessage", resource: queue("failover.fifo", other) },
      nobody,
    ],
    ["take a dead letter away", { action: "sqs:DeleteMessage", resource: queue("failover-dlq.fifo") }, nobody],
    [
      "have its messages come again soon",
      { action: "sqs:ChangeMessageVisibility", resource: queue("failover.fifo") },
      [FAILOVER],
    ],
    [
      "bring dead letters back into view",
      { action: "sqs:ChangeMessageVisibility", resource: queue("failover-dlq.fifo") },
      nobody,
    ],
    ["empty the door", { action: "sqs:PurgeQueue", resource: queue("failover.fifo") }, nobody],
    ["take dead letters", { action: "sqs:ReceiveMessage", resource: queue("failover-dlq.fifo") }, nobody],
    ["ask a prober", { action: "lambda:InvokeFunction", resource: fn("egress-prober-use1-az1-l1") }, [PROBE, FAILOVER]],
    ["have a hook finished anew", { action: "lambda:InvokeFunction", resource: fn("asg-lifecycle-handler") }, [PROBE]],
    ["invoke the failover itself", { action: "lambda:InvokeFunction", resource: fn("nat-route-failover") }, nobody],
    ["change a function", { action: "lambda:UpdateFunctionCode", resource: fn("nat-route-failover") }, nobody],
    ["change the payload", { action: "s3:PutObject", resource: `arn:aws:s3:::ha-nat-${env}/payload.tar.gz` }, nobody],
    ["pass a role", { action: "iam:PassRole", resource: `arn:aws:iam::${account}:role/ha-nat-${env}-nat` }, nobody],
  ];
}

describe.each([
  ["test", "prod"],
  ["prod", "test"],
])("%s:", (env, other) => {
  const deployed = deployedRoles(env);
  const { roles } = deployed;
  const rows = rowsOf(env, other, deployed);

  test.each(rows)("may %s: nobody but those", (_what, question, expected) => {
    expect(whoMay(deployed, question)).toEqual(expected.filter((name) => roles.some((role) => role.name === name)).toSorted());
  });

  test("every write that some role may on a resource is asked about above", () => {
    const asked = new Set(rows.map(([, { action }]) => action));
    const reads = /:(Describe|Get|List)/;
    // On *: test/invariants/stack.test.ts has the list.
    const elsewhere = [
      /^(logs|xray|ssmmessages|ec2messages):/,
      /^ec2:(Create|Delete)NetworkInterface$|^ec2:UnassignPrivateIpAddresses$|^ssm:UpdateInstanceInformation$/,
    ];
    const writes = new Set(roles.flatMap(({ actions }) => actions).filter((action) => !reads.test(action)));

    expect([...writes].filter((action) => !asked.has(action) && !elsewhere.some((known) => known.test(action)))).toEqual([]);
  });
});
