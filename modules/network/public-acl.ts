import { Construct } from "constructs";
import { NetworkAcl } from "@cdktf/provider-aws/lib/network-acl";
import { NetworkAclRule } from "@cdktf/provider-aws/lib/network-acl-rule";
import type { Vpc } from "@cdktf/provider-aws/lib/vpc";
import type { ITerraformDependable } from "cdktf";
import type { Guarded } from "../../contract/parameters";
import { ACL_RULES, guardedEntries, SERVICE_PORTS } from "./acl-rules";

/** NACL of the public subnets. */
export interface PublicAclProps {
  readonly vpc: Vpc;
  readonly subnetIds: string[];
  readonly tags: Record<string, string>;
}

/** Keeps the internet away from our services' ports although the NATs' security group is untracked. Costs nothing. */
export class PublicAcl extends Construct {
  public readonly ready: ITerraformDependable;
  /** What config-guard holds it to. */
  public readonly guarded: Guarded["networkAcl"];

  public constructor(scope: Construct, id: string, props: PublicAclProps) {
    super(scope, id);
    const acl = new NetworkAcl(this, "Resource", { vpcId: props.vpc.id, subnetIds: props.subnetIds, tags: props.tags });
    for (const [name, rule] of Object.entries(ACL_RULES)) {
      new NetworkAclRule(this, name, {
        networkAclId: acl.id,
        ruleNumber: rule.number,
        ruleAction: rule.action,
        protocol: rule.protocol,
        egress: rule.egress ?? false,
        cidrBlock: rule.cidr === "vpc" ? props.vpc.cidrBlock : "0.0.0.0/0",
        ...(rule.protocol === "-1" ? {} : { fromPort: SERVICE_PORTS.from, toPort: SERVICE_PORTS.to }),
      });
    }
    this.ready = acl;
    this.guarded = { networkAclId: acl.id, entries: guardedEntries(props.vpc.cidrBlock) };
  }
}
