import type { StackModel } from "../../lab/stack/model";

const ARN = (service: string, rest: string): string => `arn:aws:${service}:us-east-1:123456789012:${rest}`;
const DEAD_LETTERS = ARN("sqs", "ha-nat-test-failover-dlq.fifo");
const ASYNC_DEAD_LETTERS = ARN("sqs", "ha-nat-test-async-dlq");

export const QUEUE_URL = "https://sqs.us-east-1.amazonaws.com/123456789012/ha-nat-test-failover.fifo";
export const DEAD_LETTER_URL = "https://sqs.us-east-1.amazonaws.com/123456789012/ha-nat-test-failover-dlq.fifo";
export const TARGET_GROUP = ARN("elasticloadbalancing", "targetgroup/ha-nat-test-nat/0123456789abcdef");
export const ROLE = "ha-nat-test-asg-lifecycle-handler";

const queue = (name: string, more: Partial<StackModel["queues"][number]> = {}): StackModel["queues"][number] => ({
  name,
  arn: ARN("sqs", name),
  url: `https://sqs.us-east-1.amazonaws.com/123456789012/${name}`,
  fifo: name.endsWith(".fifo"),
  visibilityTimeoutSeconds: 6,
  maxReceiveCount: undefined,
  deadLetterArn: undefined,
  ...more,
});

const lambdaFunction = (name: string): StackModel["functions"][number] => ({
  name,
  arn: ARN("lambda", `function:${name}`),
  zipPath: "/nowhere.zip",
  handler: "index.handler",
  environment: {},
  timeoutSeconds: 6,
  roleName: name,
  subnetIds: [],
  deadLetterArn: ASYNC_DEAD_LETTERS,
});

const zone = (id: string, n: number) => ({
  subnets: [
    {
      subnetId: `subnet-public${n}`,
      cidr: `10.0.${n}.0/24`,
      zone: id,
      routeTableId: "rtb-public",
      networkAclId: undefined,
      mapPublicIp: true,
      tags: { "ha-nat:role": "public" },
    },
    {
      subnetId: `subnet-private${n}`,
      cidr: `10.0.${10 + n}.0/24`,
      zone: id,
      routeTableId: `rtb-lane${n}`,
      networkAclId: undefined,
      mapPublicIp: false,
      tags: { "ha-nat:role": "private" },
    },
  ],
  table: { routeTableId: `rtb-lane${n}`, tags: { "ha-nat:lane": `${id}-l1`, "ha-nat:env": "test" }, routes: [] },
  address: { allocationId: `eipalloc-${n}`, publicIp: `198.51.100.${n}`, tags: { "ha-nat:lane": `${id}-l1` } },
  group: {
    name: `ha-nat-test-nat-${id}`,
    arn: ARN("autoscaling", `autoScalingGroup:uuid-${n}:autoScalingGroupName/ha-nat-test-nat-${id}`),
    subnetIds: [`subnet-public${n}`],
    minSize: 1,
    maxSize: 2,
    desired: 1,
    launchTemplateId: "lt-1",
    hooks: (["LAUNCHING", "TERMINATING"] as const).map((transition) => ({
      name: transition.toLowerCase(),
      transition: `autoscaling:EC2_INSTANCE_${transition}`,
      heartbeatTimeoutSeconds: 30,
      defaultResult: transition === "LAUNCHING" ? ("ABANDON" as const) : ("CONTINUE" as const),
    })),
    tags: { "ha-nat:env": "test", "ha-nat:zone": id },
  },
});

const zones = [zone("use1-az1", 1), zone("use1-az2", 2)];

/** Two zones, one NAT each, hooks that wait. A test shows only its difference. */
export const stackModel: StackModel = {
  env: "test",
  region: "us-east-1",
  accountId: "123456789012",
  vpc: { vpcId: "vpc-1", cidr: "10.0.0.0/16" },
  internetGatewayId: "igw-1",
  subnets: zones.flatMap((item) => item.subnets),
  routeTables: [{ routeTableId: "rtb-public", tags: {}, routes: [] }, ...zones.map((item) => item.table)],
  networkAcls: [],
  securityGroups: [],
  addresses: zones.map((item) => item.address),
  natGateways: [],
  launchTemplates: [
    {
      launchTemplateId: "lt-1",
      name: "ha-nat-test-nat",
      instanceType: "t4g.small",
      instanceProfile: "ha-nat-test-nat",
      userData: "#!/bin/bash\n",
      instanceTags: { "ha-nat:role": "nat" },
      networkInterfaceTags: { "ha-nat:role": "nat" },
      associatePublicIp: true,
      securityGroupIds: ["sg-nat"],
    },
  ],
  autoScalingGroups: zones.map((item) => item.group),
  scalingPolicies: [],
  targetGroups: [
    {
      arn: TARGET_GROUP,
      name: "ha-nat-test-nat",
      port: 880,
      healthPath: "/livez",
      healthPort: 880,
      intervalSeconds: 5,
      timeoutSeconds: 2,
      healthyThreshold: 2,
      unhealthyThreshold: 2,
    },
  ],
  loadBalancers: [
    {
      arn: ARN("elasticloadbalancing", "loadbalancer/net/ha-nat-test/1"),
      name: "ha-nat-test",
      subnets: [{ subnetId: "subnet-public1", address: "10.0.1.4" }],
    },
  ],
  functions: [lambdaFunction("ha-nat-test-nat-route-failover"), lambdaFunction(ROLE)],
  roles: [{ name: ROLE, arn: `arn:aws:iam::123456789012:role/${ROLE}`, policies: [] }],
  instanceProfiles: { "ha-nat-test-nat": "ha-nat-test-nat" },
  queues: [
    queue("ha-nat-test-failover.fifo", { maxReceiveCount: 2, deadLetterArn: DEAD_LETTERS }),
    queue("ha-nat-test-failover-dlq.fifo"),
    queue("ha-nat-test-async-dlq"),
  ],
  eventSourceMappings: [],
  eventRules: [],
  parameters: [{ name: "/ha-nat/test/plain", type: "String", value: "as deployed" }],
  documents: [
    {
      name: "ha-nat-test-nat-check",
      content: JSON.stringify({
        schemaVersion: "2.2",
        mainSteps: [
          { action: "aws:runShellScript", name: "natCheck", inputs: { timeoutSeconds: "20", runCommand: ["nat-check --json"] } },
        ],
      }),
    },
  ],
  objects: [],
  alarms: [{ name: "ha-nat-test-ConntrackHigh", description: "see the runbook", raw: { metric_name: "ConntrackUsedPercent" } }],
  logGroups: ["/ha-nat/test/nat"],
  topics: [],
  outputs: {},
};
