import type { NatGatewayModel, StackModel } from "../stack/model";
import { run } from "./command";
import { configureEni, inNamespace } from "./namespaces";
import { natGatewayAddress, prefixLength, subnetById } from "./placement";
import type { Router } from "./router";

/** AWS's machine, which nobody can log into: a namespace of its own, no node of the lab's. */
export function natGatewayNamespace({ zone }: NatGatewayModel): string {
  return `nat-gateway-${zone}`;
}

/** Plugs a NAT Gateway into its subnet and lets it translate. Its network interface is what a route leads to in the kernel. */
export async function plugNatGateway(gateway: NatGatewayModel, model: StackModel, router: Router): Promise<void> {
  const { eniId, subnetId, publicIp } = gateway;
  const namespace = natGatewayNamespace(gateway);
  const address = natGatewayAddress(model, gateway);
  await inside(namespace, ["tee", ...sysctls("rp_filter"), ...sysctls("send_redirects")], "0");
  await inside(namespace, ["tee", ...sysctls("forwarding")], "1");
  await inside(namespace, ["nft", "-f", "-"], rulesetOf(model.vpc.cidr, address));
  await router.attach({ eniId, subnetId, address, imds: false }, namespace);
  await configureEni(namespace, address, prefixLength(subnetById(model, subnetId)), router.gateway(subnetId));
  await router.writeSourceDestCheck(eniId, false);
  await router.mapPublicAddress(publicIp, address);
}

function inside(namespace: string, argv: readonly string[], input = ""): Promise<string> {
  const [program = "", ...args] = inNamespace(namespace, argv);
  return run(program, args, input);
}

/** Written before the interface comes, which inherits them. */
function sysctls(name: string): readonly string[] {
  return ["all", "default"].map((of) => `/proc/sys/net/ipv4/conf/${of}/${name}`);
}

/** What AWS documents of it: connections of the VPC go out from ports above 1023, and nobody comes in. */
function rulesetOf(vpcCidr: string, address: string): string {
  return `table ip gateway {
  chain input { type filter hook input priority 0; policy drop; }
  chain forward {
    type filter hook forward priority 0; policy drop;
    ct state established,related accept
    ip saddr ${vpcCidr} ip daddr != ${vpcCidr} accept
  }
  chain postrouting {
    type nat hook postrouting priority srcnat;
    ip saddr ${vpcCidr} meta l4proto { tcp, udp } snat to ${address}:1024-65535
    ip saddr ${vpcCidr} snat to ${address}
  }
}
`;
}
