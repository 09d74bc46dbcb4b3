import type { StackModel } from "../../../lab/stack/model";

/**
 * One zone by hand:
 *   public  10.9.1.0/24   rtb-public   0.0.0.0/0 → internet gateway; its NACL keeps 0-1023 from outside the VPC out
 *   private 10.9.11.0/24  rtb-lane     no default route
 */
export const tinyStack: StackModel = {
  env: "test",
  region: "us-east-1",
  accountId: "123456789012",
  vpc: { vpcId: "vpc-1", cidr: "10.9.0.0/16" },
  internetGatewayId: "igw-1",
  subnets: [
    {
      subnetId: "subnet-public",
      cidr: "10.9.1.0/24",
      zone: "use1-az1",
      routeTableId: "rtb-public",
      networkAclId: "acl-public",
      mapPublicIp: true,
      tags: { "ha-nat:zone": "use1-az1", "ha-nat:role": "public" },
    },
    {
      subnetId: "subnet-private",
      cidr: "10.9.11.0/24",
      zone: "use1-az1",
      routeTableId: "rtb-lane",
      networkAclId: undefined,
      mapPublicIp: false,
      tags: { "ha-nat:zone": "use1-az1", "ha-nat:role": "private", "ha-nat:lane": "use1-az1-l1" },
    },
  ],
  routeTables: [
    { routeTableId: "rtb-public", tags: {}, routes: [{ destination: "0.0.0.0/0", gatewayId: "igw-1" }] },
    { routeTableId: "rtb-lane", tags: { "ha-nat:lane": "use1-az1-l1" }, routes: [] },
  ],
  networkAcls: [
    {
      networkAclId: "acl-public",
      rules: [
        { number: 100, egress: false, protocol: "-1", allow: true, cidr: "10.9.0.0/16", fromPort: 0, toPort: 0 },
        { number: 200, egress: false, protocol: "tcp", allow: false, cidr: "0.0.0.0/0", fromPort: 0, toPort: 1023 },
        { number: 300, egress: false, protocol: "-1", allow: true, cidr: "0.0.0.0/0", fromPort: 0, toPort: 0 },
        { number: 100, egress: true, protocol: "-1", allow: true, cidr: "0.0.0.0/0", fromPort: 0, toPort: 0 },
      ],
    },
  ],
  securityGroups: [],
  addresses: [{ allocationId: "eipalloc-1", publicIp: "198.51.100.7", tags: {} }],
  natGateways: [
    {
      natGatewayId: "nat-1",
      subnetId: "subnet-public",
      zone: "use1-az1",
      eniId: "eni-gateway",
      allocationId: "eipalloc-2",
      publicIp: "198.51.100.8",
      tags: {},
    },
  ],
  launchTemplates: [],
  scalingPolicies: [],
  autoScalingGroups: [],
  targetGroups: [],
  loadBalancers: [{ arn: "arn:lb", name: "lb", subnets: [{ subnetId: "subnet-public", address: undefined }] }],
  functions: [],
  roles: [],
  instanceProfiles: {},
  queues: [],
  eventSourceMappings: [],
  eventRules: [],
  parameters: [],
  documents: [],
  objects: [],
  alarms: [],
  logGroups: ["/ha-nat/test/nat"],
  topics: [],
  outputs: {},
};
