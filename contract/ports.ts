/**
 * Ports of a NAT's own services. All below 1024, because the security group is untracked and the public NACL denies
 * 0-1023 from outside the VPC, while SNAT uses 1024-65535 (design §2.3).
 */
export const PORTS = {
  /** TCP: `GET /livez` (local facts, 200 or 503) and `GET /healthz` (Healthz as JSON, 200 or 503). */
  health: 880,
  /** UDP: heartbeats, every NAT to every NAT. */
  heartbeat: 881,
  /** UDP: flow replication, every NAT to every NAT; listed peers only. Nobody listens where `replication.flows` is `off`. */
  replication: 882,
} as const;

/** Ports that SNAT hands out, per address, protocol and destination. */
export const SNAT_PORTS = { first: 1024, last: 65535 } as const;

/** MSS that the ruleset clamps to: the ENI's MTU is 9001, the internet gateway's 1500. Bytes. */
export const CLAMPED_MSS = 1460;
