import { egressProberName } from "../../contract/functions";
import type { LaneAddress, Topology } from "../../contract/parameters";
import type { Network } from "../network";
import { groupName } from "../shared/deployment";
import type { Deployment } from "../shared/deployment";

/** What the topology is made of. */
export interface TopologyParts {
  readonly deployment: Deployment;
  readonly network: Network;
  readonly addresses: ReadonlyMap<string, readonly LaneAddress[]>;
  /** @default - no load balancer (`steering: eip`) */
  readonly targetGroupArn?: string | undefined;
  /** Blocks of the NATs' security group. */
  readonly natGroup: { readonly ingress: string; readonly egress: string };
}

/** The document of the `topology` parameter. Its IDs are references that Terraform fills in. */
export function topologyOf({ deployment, network, addresses, targetGroupArn, natGroup }: TopologyParts): Topology {
  return {
    schema: 1,
    env: deployment.env,
    region: deployment.region,
    vpcId: network.vpc.id,
    zones: Object.fromEntries(
      network.zones.map(({ plan, publicSubnet }) => [
        plan.zone,
        { asgName: groupName(deployment, plan.zone), publicSubnetId: publicSubnet.id },
      ]),
    ),
    lanes: network.zones.flatMap((zone) =>
      zone.lanes.map(({ plan, routeTable }) => ({
        lane: plan.lane,
        zone: plan.zone,
        routeTableId: routeTable.id,
        addresses: addresses.get(plan.lane) ?? [],
        guests: plan.guests,
        proberFunction: egressProberName(deployment.env, plan.lane),
      })),
    ),
    ...(targetGroupArn === undefined ? {} : { targetGroupArn }),
    guarded: {
      networkAcl: network.guardedAcl,
      securityGroup: { ingress: [natGroup.ingress], egress: [natGroup.egress] },
    },
  };
}
