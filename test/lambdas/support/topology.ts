import type { Topology } from "../../../contract/parameters";

const lane = (zone: string): Topology["lanes"][number] => ({
  lane: `${zone}-l1`,
  zone,
  routeTableId: `rtb-${zone}`,
  addresses: [{ allocationId: `eipalloc-${zone}`, publicIp: "198.51.100.1", floating: "10.0.0.10" }],
  guests: {},
  proberFunction: `prober-${zone}`,
});

/** Two zones, a lane each. */
export const topology: Topology = {
  schema: 1,
  env: "test",
  region: "us-east-1",
  vpcId: "vpc-1",
  zones: { z1: { asgName: "asg-z1", publicSubnetId: "subnet-1" }, z2: { asgName: "asg-z2", publicSubnetId: "subnet-2" } },
  lanes: [lane("z1"), lane("z2")],
  targetGroupArn: "arn:tg",
};
