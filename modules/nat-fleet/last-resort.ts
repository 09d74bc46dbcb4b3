import { Construct } from "constructs";
import { Eip } from "@cdktf/provider-aws/lib/eip";
import { NatGateway } from "@cdktf/provider-aws/lib/nat-gateway";
import type { ITerraformDependable } from "cdktf";
import type { LaneResort } from "../../contract/parameters";
import { physicalName } from "../../contract/project";
import { ROLES, TAGS } from "../../contract/tags";
import type { Network, ZoneNetwork } from "../network";
import type { Deployment } from "../shared/deployment";

/** The NAT Gateways of a fleet. */
export interface LastResortProps {
  readonly deployment: Deployment;
  readonly network: Network;
}

/**
 * A NAT Gateway per zone, for the lanes of the zone when no NAT is healthy anywhere, each with an Elastic IP of its own. One for all
 * zones would be lost with its own zone. Creates no route: the control plane points lanes at it, and back.
 * Costs about $33 a month each, whether used or not, and $0.045 a GB when used.
 */
export class LastResort extends Construct {
  /** Zone → its NAT Gateway, as the topology parameter wants it. */
  public readonly byZone: ReadonlyMap<string, LaneResort>;
  public readonly ready: readonly ITerraformDependable[];

  public constructor(
    scope: Construct,
    id: string,
    private readonly props: LastResortProps,
  ) {
    super(scope, id);
    const made = props.network.zones.map((zone) => this.gateway(zone));
    this.byZone = new Map(
      made.map(({ zone, gateway, address }) => [zone, { natGatewayId: gateway.id, publicIp: address.publicIp }]),
    );
    this.ready = made.map(({ gateway }) => gateway);
  }

  private gateway({ plan: { zone }, publicSubnet }: ZoneNetwork) {
    const { deployment, network } = this.props;
    const tags = {
      Name: physicalName(deployment.env, `last-resort-${zone}`),
      [TAGS.env]: deployment.env,
      [TAGS.zone]: zone,
      [TAGS.role]: ROLES.lastResort,
    };
    const after = { dependsOn: [...network.ready] };
    const address = new Eip(this, `Address-${zone}`, { domain: "vpc", tags, ...after });
    const gateway = new NatGateway(this, `Gateway-${zone}`, {
      allocationId: address.id,
      subnetId: publicSubnet.id,
      connectivityType: "public",
      tags,
      ...after,
    });
    return { zone, gateway, address };
  }
}
