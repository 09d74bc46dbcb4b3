import { Construct } from "constructs";
import { SecurityGroup } from "@cdktf/provider-aws/lib/security-group";
import { VpcSecurityGroupEgressRule } from "@cdktf/provider-aws/lib/vpc-security-group-egress-rule";
import { VpcSecurityGroupIngressRule } from "@cdktf/provider-aws/lib/vpc-security-group-ingress-rule";
import { physicalName } from "../../contract/project";
import { ROLES, TAGS } from "../../contract/tags";
import type { Network } from "../network";
import type { Deployment } from "../shared/deployment";

/** The NATs' security group. */
export interface NatSecurityGroupProps {
  readonly deployment: Deployment;
  readonly network: Network;
  /** `untracked`: connections can survive a move. `strict`: the tracked form, survival is not promised. */
  readonly mode: "untracked" | "strict";
}

/** From and to where the NATs' group lets everything pass: its rules, and what config-guard holds them to. */
export function natGroupBlocks(
  mode: NatSecurityGroupProps["mode"],
  vpcCidr: string,
): { readonly ingress: string; readonly egress: string } {
  return { ingress: mode === "untracked" ? EVERYWHERE : vpcCidr, egress: EVERYWHERE };
}

const EVERYWHERE = "0.0.0.0/0";

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
    const tags = { Name: name, [TAGS.env]: props.deployment.env, [TAGS.role]: ROLES.nat };
    const group = new SecurityGroup(this, "Resource", {
      name,
      description: WORDS[props.mode],
      vpcId: props.network.vpc.id,
      tags,
    });
    const { ingress, egress } = natGroupBlocks(props.mode, props.network.plan.vpcCidr);
    new VpcSecurityGroupIngressRule(this, "In", {
      securityGroupId: group.id,
      ipProtocol: "-1",
      cidrIpv4: ingress,
      tags,
    });
    new VpcSecurityGroupEgressRule(this, "Out", { securityGroupId: group.id, ipProtocol: "-1", cidrIpv4: egress, tags });
    this.id = group.id;
  }
}
