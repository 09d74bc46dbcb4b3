import type { NetworkAclRule } from "../stack/model";

/**
 * What the lab's AWS state may do to the kernel, and read from it. The kernel is the store: routes, addresses and liveness
 * are *read* from it at each Describe, so breaking the kernel behind the API shows in the API.
 * Implemented by lab/world (namespaces); a recording fake serves the tests of lab/aws.
 */
export interface Fabric {
  /** Creates the ENI (veth to the router) and starts the node's init, which runs the user data. Resolves when the init runs. */
  launchInstance(spec: InstanceSpec): Promise<void>;
  /** Shuts the node down in order (not when `abruptly`), then ends every process of it; its namespaces and ENI go with them. */
  terminateInstance(instanceId: string, abruptly?: boolean): Promise<void>;
  /** The node's init process is alive. */
  isInstanceAlive(instanceId: string): boolean;
  /**
   * What the instance's metadata service answers at a path below `meta-data/`, beside what every instance has; `null` takes it
   * away. Notices stand here: `spot/instance-action`, `autoscaling/target-lifecycle-state`.
   */
  writeMetadata(instanceId: string, path: string, text: string | null): void;

  /** Its network interface is there; what it forwards is its own affair, as on AWS. */
  isNatGatewayUp(natGatewayId: string): boolean;

  /** Routes of one table as the kernel has them (the VPC's `local` route not included). */
  readRoutes(routeTableId: string): Promise<readonly KernelRoute[]>;
  writeRoute(routeTableId: string, destination: string, target: RouteTarget): Promise<void>;
  deleteRoute(routeTableId: string, destination: string): Promise<void>;

  /** Secondary private addresses delivered to each ENI (ENI ID → addresses), the primary not included. */
  readSecondaryAddresses(): Promise<ReadonlyMap<string, readonly string[]>>;
  /** Delivers the address to the ENI, taking it from any other; `null` delivers it to nobody. */
  moveAddress(address: string, eniId: string | null): Promise<void>;

  /** Public IPv4 → private IPv4, as the internet gateway translates now. */
  readPublicAddresses(): Promise<ReadonlyMap<string, string>>;
  mapPublicAddress(publicIp: string, privateIp: string | null): Promise<void>;

  readSourceDestCheck(eniId: string): Promise<boolean>;
  writeSourceDestCheck(eniId: string, on: boolean): Promise<void>;

  /** Rules of a network ACL as the kernel applies them, in their order; the last one, which drops the rest, not included. */
  readAclRules(networkAclId: string): Promise<readonly NetworkAclRule[]>;
  /** Adds the rule, or replaces the one with its number and direction. */
  writeAclRule(networkAclId: string, rule: NetworkAclRule): Promise<void>;
  deleteAclRule(networkAclId: string, slot: Pick<NetworkAclRule, "number" | "egress">): Promise<void>;

  /** Bytes that each machine has sent, as its link to the router counts them (ENI ID → bytes); an ENI that is gone has none. */
  readSentBytes(): ReadonlyMap<string, number>;

  /** A load balancer node's health check: TCP connect and GET from the load balancer's address in the zone. */
  checkTarget(
    zone: string,
    address: string,
    port: number,
    path: string,
    timeoutMs: number,
  ): Promise<{ readonly status: number } | { readonly error: string }>;
}

export interface InstanceSpec {
  readonly instanceId: string;
  /** `<az-id>-a`: node name `nat-<az-id>-a`. */
  readonly name: string;
  readonly zone: string;
  readonly subnetId: string;
  readonly eniId: string;
  readonly privateAddress: string;
  /** Auto-assigned public IPv4 of the primary address. */
  readonly publicAddress: string | undefined;
  readonly userData: string;
  /** Role whose credentials IMDS hands out. */
  readonly roleName: string;
  /** How long the machine takes before user data starts, milliseconds (the lab's boot-time setting). */
  readonly bootMs: number;
}

/** A lane's client as EC2 shows it: an instance of the operator's in the lane's private subnet. Lives as long as the lab. */
export interface ClientInstance {
  readonly instanceId: string;
  readonly lane: string;
  readonly zone: string;
  readonly subnetId: string;
  readonly eniId: string;
  readonly privateAddress: string;
  readonly mac: string;
}

export type RouteTarget = { readonly eniId: string } | { readonly gatewayId: string };

export interface KernelRoute {
  readonly destination: string;
  readonly target: RouteTarget;
  /** `blackhole` when the ENI is gone. */
  readonly state: "active" | "blackhole";
}

/** Runs the real Lambda bundles: one warm process per function, killed at its timeout. */
export interface FunctionRunner {
  invoke(functionName: string, payload: string): Promise<FunctionResult>;
}

export interface FunctionResult {
  /** JSON text; the error document when `error` is set. */
  readonly payload: string;
  readonly error: "Unhandled" | undefined;
  readonly requestId: string;
}

/** Credentials of a role session: `aws:userid` is `<roleId>:<sessionName>`. */
export interface SessionCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

/** Issues keys and knows whose they are; an unknown key is denied. */
export interface KeyRing {
  /** Same role and session name → same keys. */
  issue(roleName: string, sessionName: string): SessionCredentials;
  find(accessKeyId: string): { readonly roleName: string; readonly sessionName: string } | undefined;
}

/** Addresses of the lab's internet, all outside the VPC. */
export const INTERNET = {
  /** The AWS API, plain HTTP, from inside the world: over each NAT's own uplink. */
  awsEndpoint: { address: "203.0.113.10", port: 4566 },
  /** Answers as 1.1.1.1 does: DNS (UDP and TCP 53), HTTP `/cdn-cgi/trace`, TLS 443. */
  resolver: "1.1.1.1",
  /** Others that answer likewise: NATs may probe themselves against them. */
  otherResolvers: ["8.8.8.8", "8.8.4.4", "1.0.0.1", "9.9.9.9"],
  /** `aws.amazon.com` by the resolver above: TLS 443 under the run-local CA, HTTP 80. */
  website: "203.0.113.80",
  /** Elastic IPs, and auto-assigned public addresses. */
  elasticCidr: "198.51.100.0/24",
  autoAssignedCidr: "192.0.2.0/24",
} as const;
