import { Construct } from "constructs";
import { NetworkAcl } from "@cdktf/provider-aws/lib/network-acl";
import { NetworkAclRule } from "@cdktf/provider-aws/lib/network-acl-rule";
import type { Vpc } from "@cdktf/provider-aws/lib/vpc";
import type { ITerraformDependable } from "cdktf";
import type { AclEntry, Guarded } from "../../contract/parameters";
import { SNAT_PORTS } from "../../contract/ports";

/** NACL of the public subnets. */
export interface PublicAclProps {
  readonly vpc: Vpc;
  readonly subnetIds: string[];
  readonly tags: Record<string, string>;
}

interface Rule {
  readonly number: number;
  readonly protocol: keyof typeof PROTOCOL_NUMBERS;
  readonly action: "allow" | "deny";
  readonly cidr: "vpc" | "anywhere";
  readonly egress?: true;
}

/** As EC2 describes them. */
const PROTOCOL_NUMBERS = { "-1": "-1", tcp: "6", udp: "17" } as const;

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

/** Where everything of ours listens: below what SNAT hands out. */
const SERVICE_PORTS = { from: 0, to: SNAT_PORTS.first - 1 } as const;

/** Keeps the internet away from our services' ports although the NATs' security group is untracked. Costs nothing. */
export class PublicAcl extends Construct {
  public readonly ready: ITerraformDependable;
  /** What config-guard holds it to. */
  public readonly guarded: Guarded["networkAcl"];

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
        ...(rule.protocol === "-1" ? {} : { fromPort: SERVICE_PORTS.from, toPort: SERVICE_PORTS.to }),
      });
    }
    this.ready = acl;
    this.guarded = { networkAclId: acl.id, entries: Object.values(RULES).map((rule) => toEntry(rule, props.vpc.cidrBlock)) };
  }
}

function toEntry({ number, protocol, action, cidr, ...rule }: Rule, vpcCidr: string): AclEntry {
  return {
    number,
    egress: rule.egress ?? false,
    protocol: PROTOCOL_NUMBERS[protocol],
    action,
    cidr: cidr === "vpc" ? vpcCidr : "0.0.0.0/0",
    ...(protocol === "-1" ? {} : { ports: SERVICE_PORTS }),
  };
}
