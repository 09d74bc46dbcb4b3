import { PORTS } from "../../../contract/ports";

/** Where the prober looks: the public internet's well-known places, and the ports of a NAT. Tests point it at their own sockets. */
export interface Endpoints {
  /** Resolvers asked, `address:port`; one answer is enough. Not the VPC's: that one answers without passing the NAT. */
  readonly dnsServers: readonly string[];
  /** Port of TCP and TLS checks. */
  readonly tlsPort: number;
  /** Tells in clear text which source address it saw. */
  readonly trace: { readonly host: string; readonly port: number; readonly path: string };
  readonly healthPort: number;
  /** Roots that certificates are verified against, PEM; absent: Node's own. */
  readonly ca?: string;
}

export const PUBLIC_ENDPOINTS: Endpoints = {
  // Two, of two operators: without the one that is a target as well, the other target is still found.
  dnsServers: ["1.1.1.1:53", "8.8.8.8:53"],
  tlsPort: 443,
  trace: { host: "1.1.1.1", port: 80, path: "/cdn-cgi/trace" },
  healthPort: PORTS.health,
};
