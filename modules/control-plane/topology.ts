import { egressProberName } from "../../contract/functions";
import type { Guarded, LaneAddress, LaneResort, LaneTopology, Topology } from "../../contract/parameters";
import type { LanePlan } from "../network";
import { groupName } from "../shared/deployment";
import type { Deployment } from "../shared/deployment";

interface Identified {
  readonly id: string;
}

/** What the topology tells of a network: part of what a Network has. */
export interface TopologyNetwork {
  readonly vpc: Identified;
  readonly zones: readonly {
    readonly plan: { readonly zone: string };
    readonly publicSubnet: Identified;
    readonly lanes: readonly { readonly plan: LanePlan; readonly routeTable: Identified }[];
  }[];
  readonly guardedAcl: Guarded["networkAcl"];
}

/** What the topology is made of. */
export interface TopologyParts {
  readonly deployment: Deployment;
  readonly network: TopologyNetwork;
  readonly addresses: ReadonlyMap<string, readonly LaneAddress[]>;
  /** @default - no load balancer (`steering: eip`) */
  readonly targetGroupArn?: string | undefined;
  /** Zone → its NAT Gateway. @default - none (`lastResort: none`) */
  readonly lastResort?: ReadonlyMap<string, LaneResort> | undefined;
  /** Blocks of the NATs' security group. */
  readonly natGroup: { readonly ingress: string; readonly egress: string };
}

/** The document of the `topology` parameter. Its IDs are references that Terraform fills in. */
export function topologyOf(parts: TopologyParts): Topology {
  const { deployment, network, addresses, targetGroupArn, natGroup } = parts;
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
      zone.lanes.map(({ plan, routeTable }): LaneTopology => ({
        lane: plan.lane,
        zone: plan.zone,
        routeTableId: routeTable.id,
        addresses: addresses.get(plan.lane) ?? [],
        guests: plan.guests,
        proberFunction: egressProberName(deployment.env, plan.lane),
        ...lastResortOf(plan.zone, parts),
      })),
    ),
    ...(targetGroupArn === undefined ? {} : { targetGroupArn }),
    guarded: {
      networkAcl: network.guardedAcl,
      securityGroup: { ingress: [natGroup.ingress], egress: [natGroup.egress] },
    },
  };
}

function lastResortOf(zone: string, { lastResort }: TopologyParts): Pick<LaneTopology, "lastResort"> {
  const resort = lastResort?.get(zone);
  return resort === undefined ? {} : { lastResort: resort };
}
