import { Construct } from "constructs";
import { Eip } from "@cdktf/provider-aws/lib/eip";
import type { ITerraformDependable } from "cdktf";
import { physicalName } from "../../contract/project";
import type { LaneAddress } from "../../contract/parameters";
import { ROLES, TAGS } from "../../contract/tags";
import type { LanePlan } from "../network";
import type { Deployment } from "../shared/deployment";

/** Elastic IPs of a fleet. */
export interface LaneAddressesProps {
  readonly deployment: Deployment;
  readonly lanes: readonly LanePlan[];
  /** What an Elastic IP needs to be reachable: the internet gateway. */
  readonly after: readonly ITerraformDependable[];
}

/**
 * One Elastic IP per floating address. Creates no association: where an address lives is the control plane's to say.
 * Costs $3.65 a month each.
 */
export class LaneAddresses extends Construct {
  /** Lane → its addresses, as the topology parameter wants them. */
  public readonly byLane: ReadonlyMap<string, readonly LaneAddress[]>;
  public readonly ready: readonly ITerraformDependable[];

  public constructor(scope: Construct, id: string, props: LaneAddressesProps) {
    super(scope, id);
    const all: Eip[] = [];
    this.byLane = new Map(
      props.lanes.map((plan) => [
        plan.lane,
        plan.addresses.map((floating, index) => {
          const eip = new Eip(this, `${plan.lane}-${index + 1}`, {
            domain: "vpc",
            tags: {
              Name: physicalName(props.deployment.env, `${plan.lane}-${index + 1}`),
              [TAGS.env]: props.deployment.env,
              [TAGS.lane]: plan.lane,
              [TAGS.zone]: plan.zone,
              [TAGS.role]: ROLES.lane,
            },
            dependsOn: [...props.after],
          });
          all.push(eip);
          return { allocationId: eip.id, publicIp: eip.publicIp, floating };
        }),
      ]),
    );
    this.ready = all;
  }
}
