/** What the roles of an environment with NAT Gateways may besides: role and action. The recorded game day is of one without. */
export const BY_LAST_RESORT: readonly string[] = ["nat-route-failover ec2:DescribeNatGateways"];
