import type { AclEntry } from "../../contract/parameters";
import { SNAT_PORTS } from "../../contract/ports";

/** A rule of the public subnets' network ACL. */
export interface AclRule {
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
export const ACL_RULES: Readonly<Record<string, AclRule>> = {
  FromVpc: { number: 100, protocol: "-1", action: "allow", cidr: "vpc" },
  DenyTcpServices: { number: 110, protocol: "tcp", action: "deny", cidr: "anywhere" },
  DenyUdpServices: { number: 120, protocol: "udp", action: "deny", cidr: "anywhere" },
  Replies: { number: 130, protocol: "-1", action: "allow", cidr: "anywhere" },
  Out: { number: 100, protocol: "-1", action: "allow", cidr: "anywhere", egress: true },
};

/** Where everything of ours listens: below what SNAT hands out. */
export const SERVICE_PORTS = { from: 0, to: SNAT_PORTS.first - 1 } as const;

/** What config-guard holds the ACL to. */
export function guardedEntries(vpcCidr: string): readonly AclEntry[] {
  return Object.values(ACL_RULES).map(({ number, protocol, action, cidr, egress }) => ({
    number,
    egress: egress ?? false,
    protocol: PROTOCOL_NUMBERS[protocol],
    action,
    cidr: cidr === "vpc" ? vpcCidr : "0.0.0.0/0",
    ...(protocol === "-1" ? {} : { ports: SERVICE_PORTS }),
  }));
}
