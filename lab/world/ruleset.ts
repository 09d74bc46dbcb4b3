import type { NetworkAclModel, NetworkAclRule, StackModel, SubnetModel } from "../stack/model";

/** Device of the internet gateway in the router. */
export const GATEWAY_DEVICE = "igw";
export const IMDS_ADDRESS = "169.254.169.254";

/**
 * The router's own table: what a VPC does to packets beside routing. There is no `ct` expression in it, so the router never
 * tracks a connection, as a VPC's fabric does not: whatever survives a move survives by the NATs' own state.
 *
 *   prerouting   lost zones · internet gateway in (public → private) · source check · IMDS only from an ENI's own address
 *   forward      destination check · lost zones · NACL of the subnet left, then of the subnet entered
 *   postrouting  internet gateway out (private → public; an address without a public one is dropped)
 */
export function routerRuleset(model: StackModel, loadBalancerAddresses: readonly string[]): string {
  const { cidr } = model.vpc;
  return `table ip vpc {
  set eni_addresses { type ifname . ipv4_addr; }
  set checked { type ifname; }
  set imds_clients { type ifname . ipv4_addr; }
  set lost { type ipv4_addr; flags interval; }
  set load_balancers { type ipv4_addr; ${elements(loadBalancerAddresses)} }
  map public_to_private { type ipv4_addr : ipv4_addr; }
  map private_to_public { type ipv4_addr : ipv4_addr; }
${model.networkAcls.map(aclChains).join("")}${model.subnets.map((subnet, index) => subnetChains(subnet, index, model.networkAcls)).join("")}
  map subnet_egress { type ifname : verdict; }
  map subnet_ingress { type ifname : verdict; }
  chain prerouting {
    type filter hook prerouting priority -300; policy accept;
    ip saddr @lost drop
    iifname "${GATEWAY_DEVICE}" ip daddr ${cidr} drop
    iifname "${GATEWAY_DEVICE}" ip daddr set ip daddr map @public_to_private
    iifname @checked iifname . ip saddr != @eni_addresses drop
    ip daddr ${IMDS_ADDRESS} iifname . ip saddr != @imds_clients drop
  }
  chain input {
    type filter hook input priority 0; policy drop;
    iifname "lo" accept
    ip daddr ${IMDS_ADDRESS} tcp dport 80 accept
    ip daddr @load_balancers tcp flags & (syn | ack) != syn accept
  }
  chain output {
    type filter hook output priority 0; policy accept;
    ip saddr @lost drop
    ip daddr @lost drop
  }
  chain forward {
    type filter hook forward priority 0; policy accept;
    oifname @checked oifname . ip daddr != @eni_addresses drop
    rt ip nexthop @lost drop
    ip daddr @lost drop
    iifname vmap @subnet_egress
    oifname vmap @subnet_ingress
  }
  chain postrouting {
    type filter hook postrouting priority 300; policy accept;
    oifname "${GATEWAY_DEVICE}" ip saddr set ip saddr map @private_to_public
    oifname "${GATEWAY_DEVICE}" ip saddr ${cidr} drop
  }
}
`;
}

function elements(values: readonly string[]): string {
  return values.length === 0 ? "" : `elements = { ${values.join(", ")} };`;
}

/** A NACL sees what crosses its subnet's border, each direction by itself; inside the subnet nothing. */
function subnetChains(subnet: SubnetModel, index: number, acls: readonly NetworkAclModel[]): string {
  const acl = acls.findIndex(({ networkAclId }) => networkAclId === subnet.networkAclId);
  // Without a NACL of its own a subnet has the VPC's default one, which lets everything pass.
  const jump = (egress: boolean): string => (acl < 0 ? "" : `    jump ${aclChain(acl, egress)}\n`);
  return `
  set devices_${index} { type ifname; }
  chain egress_${index} {
    oifname @devices_${index} return
${jump(true)}  }
  chain ingress_${index} {
    iifname @devices_${index} return
${jump(false)}  }
`;
}

/** Chain of one direction of a NACL, by its place in the model. */
export function aclChain(index: number, egress: boolean): string {
  return `acl_${index}_${egress ? "egress" : "ingress"}`;
}

function aclChains(acl: NetworkAclModel, index: number): string {
  return [true, false]
    .map((egress) => {
      const rules = aclRules(acl.rules.filter((rule) => rule.egress === egress));
      return `  chain ${aclChain(index, egress)} {\n${rules.map((rule) => `    ${rule}\n`).join("")}  }\n`;
    })
    .join("");
}

/**
 * The rules of one direction, and the one that EC2 puts last. Each says in its comment which of EC2's it is: a rule that is not in
 * the kernel any more is not described any more.
 */
export function aclRules(rules: readonly NetworkAclRule[]): readonly string[] {
  const inOrder = rules.toSorted((a, b) => a.number - b.number);
  return [...inOrder.map((rule) => `${aclRule(rule)} comment "${aclComment(rule)}"`), "drop"];
}

function aclComment({ number, allow, protocol, cidr, fromPort, toPort }: NetworkAclRule): string {
  return [number, allow ? "allow" : "deny", protocol, cidr, fromPort, toPort].join(" ");
}

/** Undefined for a rule of the chain that is none of EC2's: the last one. */
export function parseAclComment(comment: string | undefined, egress: boolean): NetworkAclRule | undefined {
  const [number, action, protocol, cidr, fromPort, toPort] = comment?.split(" ") ?? [];
  if (protocol === undefined || cidr === undefined) return undefined;
  const ports = { fromPort: Number(fromPort), toPort: Number(toPort) };
  return { number: Number(number), egress, allow: action === "allow", protocol, cidr, ...ports };
}

const PROTOCOLS: Readonly<Record<string, string>> = { "1": "icmp", "6": "tcp", "17": "udp" };

function aclRule(rule: NetworkAclRule): string {
  const side = rule.cidr === "0.0.0.0/0" ? "" : `ip ${rule.egress ? "daddr" : "saddr"} ${rule.cidr} `;
  return `${side}${aclProtocol(rule)}${rule.allow ? "return" : "drop"}`;
}

function aclProtocol(rule: NetworkAclRule): string {
  const protocol = PROTOCOLS[rule.protocol] ?? rule.protocol;
  switch (protocol) {
    case "-1":
    case "all":
      return "";
    case "tcp":
    case "udp":
      return `${protocol} dport ${rule.fromPort}-${rule.toPort} `;
    case "icmp":
      return "ip protocol icmp ";
    default:
      throw new Error(
        `network ACL rule ${rule.number}: protocol ${rule.protocol} is unknown to the lab; use -1, tcp, udp or icmp`,
      );
  }
}
