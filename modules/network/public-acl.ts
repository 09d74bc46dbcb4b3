import { Construct } from "constructs";
import { NetworkAcl } from "@cdktf/provider-aws/lib/network-acl";
import { NetworkAclRule } from "@cdktf/provider-aws/lib/network-acl-rule";
import type { Vpc } from "@cdktf/provider-aws/lib/vpc";
import type { ITerraformDependable } from "cdktf";
import { SNAT_PORTS } from "../../contract/ports";

/** NACL of the public subnets. */
export interface PublicAclProps {
  readonly vpc: Vpc;
  readonly subnetIds: string[];
  readonly tags: Record<string, string>;
}

interface Rule {
  readonly number: number;
  readonly protocol: "-1" | "tcp" | "udp";
  readonly action: "allow" | "deny";
  readonly cidr: "vpc" | "anywhere";
  readonly egress?: true;
}

/**
 * The first of the rules that match decides. A NACL has no memory: replies to SNAT's ports (1024 and up) must be let in
 * from anywhere, so ports are partitioned instead: everything of ours listens below 1024, and nobody outside gets there.
 */
const RULES: Readonly<Record<string, Rule>> = {
  FromVpc: { number: 100, protocol: "-1", action: "allow", cidr: "vpc" },
  DenyTcpServices: { number: 110, protocol: "tcp", action: "deny", cidr: "anywhere" },
  DenyUdpServices: { number: 120, protocol: "udp", action: "deny", cidr: "anywhere" },
  Replies: { number: 130, protocol: "-1", action: "allow", cidr: "anywhere" },
  Out: { number: 100, protocol: "-1", action: "allow", cidr: "anywhere", egress: true },
};

/** Keeps the internet away from our services' ports although the NATs' security group is untracked. Costs nothing. */
export class PublicAcl extends Construct {
  public readonly ready: ITerraformDependable;

  public constructor(scope: Construct, id: string, props: PublicAclProps) {
    super(scope, id);
    const acl = new NetworkAcl(this, "Resource", { vpcId: props.vpc.id, subnetIds: props.subnetIds, tags: props.tags });
    for (const [name, rule] of Object.entries(RULES)) {
      new NetworkAclRule(this, name, {
        networkAclId: acl.id,
        ruleNumber: rule.number,
        ruleAction: rule.action,
        protocol: rule.protocol,
        egress: rule.egress ?? false,
        cidrBlock: rule.cidr === "vpc" ? props.vpc.cidrBlock : "0.0.0.0/0",
        ...(rule.protocol === "-1" ? {} : { fromPort: 0, toPort: SNAT_PORTS.first - 1 }),
      });
    }
    this.ready = acl;
  }
}
