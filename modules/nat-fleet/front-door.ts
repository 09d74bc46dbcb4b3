import { Construct } from "constructs";
import { Lb } from "@cdktf/provider-aws/lib/lb";
import { LbListener } from "@cdktf/provider-aws/lib/lb-listener";
import { LbTargetGroup } from "@cdktf/provider-aws/lib/lb-target-group";
import type { ITerraformDependable } from "cdktf";
import { PORTS } from "../../contract/ports";
import { TAGS } from "../../contract/tags";
import type { Network } from "../network";
import { targetGroupName } from "../shared/deployment";
import type { Deployment } from "../shared/deployment";

/** The fleet's load balancer. */
export interface FrontDoorProps {
  readonly deployment: Deployment;
  readonly network: Network;
}

/**
 * Internal NLB with one listener and one target group: an independent opinion on the NATs' health, and one static private
 * address per zone. It carries no client traffic: a route table cannot point at it. Costs about $16 a month; `steering: eip`
 * goes without.
 */
export class FrontDoor extends Construct {
  public readonly targetGroupArn: string;
  /** A group without a listener is `unused`, never checked. */
  public readonly ready: ITerraformDependable;

  public constructor(scope: Construct, id: string, props: FrontDoorProps) {
    super(scope, id);
    const { deployment, network } = props;
    const tags = { [TAGS.env]: deployment.env };
    const balancer = new Lb(this, "Resource", {
      name: targetGroupName(deployment),
      loadBalancerType: "network",
      internal: true,
      enableCrossZoneLoadBalancing: true,
      subnets: network.zones.map((zone) => zone.publicSubnet.id),
      tags,
    });
    const group = new LbTargetGroup(this, "TargetGroup", {
      name: targetGroupName(deployment),
      port: PORTS.health,
      protocol: "TCP",
      targetType: "instance",
      vpcId: network.vpc.id,
      // Auto Scaling waits this long before a terminate hook runs; there is nothing to drain here.
      deregistrationDelay: "0",
      healthCheck: {
        enabled: true,
        protocol: "HTTP",
        path: "/livez",
        port: String(PORTS.health),
        matcher: "200",
        interval: 5,
        timeout: 3,
        healthyThreshold: 2,
        unhealthyThreshold: 2,
      },
      tags,
    });
    this.ready = new LbListener(this, "Listener", {
      loadBalancerArn: balancer.arn,
      port: PORTS.health,
      protocol: "TCP",
      defaultAction: [{ type: "forward", targetGroupArn: group.arn }],
      tags,
    });
    this.targetGroupArn = group.arn;
  }
}
