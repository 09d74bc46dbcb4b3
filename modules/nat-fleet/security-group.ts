import { Construct } from "constructs";
import { SecurityGroup } from "@cdktf/provider-aws/lib/security-group";
import { VpcSecurityGroupEgressRule } from "@cdktf/provider-aws/lib/vpc-security-group-egress-rule";
import { VpcSecurityGroupIngressRule } from "@cdktf/provider-aws/lib/vpc-security-group-ingress-rule";
import { physicalName } from "../../contract/project";
import { TAGS } from "../../contract/tags";
import type { Network } from "../network";
import type { Deployment } from "../shared/deployment";

/** The NATs' security group. */
export interface NatSecurityGroupProps {
  readonly deployment: Deployment;
  readonly network: Network;
  /** `untracked`: connections can survive a move. `strict`: the tracked form, survival is not promised. */
  readonly mode: "untracked" | "strict";
}

const WORDS = {
  untracked: "NATs. Open to all by design, so that EC2 keeps no state of its own; nftables and the NACL keep the internet out",
  strict: "NATs. From the VPC only",
} as const;

/**
 * Scanners flag `untracked` (Security Hub EC2.18/19, trivy AVD-AWS-0107): a tracked group has no state for a connection that
 * was moved here and would drop its packets. The internet is kept out by the input chain (default drop) and the public NACL.
 */
export class NatSecurityGroup extends Construct {
  public readonly id: string;

  public constructor(scope: Construct, id: string, props: NatSecurityGroupProps) {
    super(scope, id);
    const name = physicalName(props.deployment.env, "nat");
    const tags = { Name: name, [TAGS.env]: props.deployment.env };
    const group = new SecurityGroup(this, "Resource", {
      name,
      description: WORDS[props.mode],
      vpcId: props.network.vpc.id,
      tags,
    });
    new VpcSecurityGroupIngressRule(this, "In", {
      securityGroupId: group.id,
      ipProtocol: "-1",
      cidrIpv4: props.mode === "untracked" ? "0.0.0.0/0" : props.network.plan.vpcCidr,
      tags,
    });
    new VpcSecurityGroupEgressRule(this, "Out", { securityGroupId: group.id, ipProtocol: "-1", cidrIpv4: "0.0.0.0/0", tags });
    this.id = group.id;
  }
}
