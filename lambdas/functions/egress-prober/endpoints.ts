import { PORTS } from "../../../contract/ports";

/** Where the prober looks: the public internet's well-known places, and the ports of a NAT. Tests point it at their own sockets. */
export interface Endpoints {
  /** The resolver asked, `address:port`. Not the VPC's: that one answers without passing the NAT. */
  readonly dnsServer: string;
  /** Port of TCP and TLS checks. */
  readonly tlsPort: number;
  /** Tells in clear text which source address it saw. */
  readonly trace: { readonly host: string; readonly port: number; readonly path: string };
  readonly healthPort: number;
  /** Roots that certificates are verified against, PEM; absent: Node's own. */
  readonly ca?: string;
}

export const PUBLIC_ENDPOINTS: Endpoints = {
  dnsServer: "1.1.1.1:53",
  tlsPort: 443,
  trace: { host: "1.1.1.1", port: 80, path: "/cdn-cgi/trace" },
  healthPort: PORTS.health,
};
