import { PROJECT } from "./project";

/** CloudWatch namespace and metric names. Every metric is emitted by exactly one program, as EMF lines in its log group. */
export const METRIC_NAMESPACE = "HaNat";

/** Where the agents put theirs, each in a stream named after its instance. Lambda ships the functions' own. */
export function natLogGroup(env: string): string {
  return `/${PROJECT}/${env}/nat`;
}

export const METRICS = {
  /** nat-health-probe; 0 or 1 per lane and target (dimensions Env, Lane, Target). Env, Lane: 0 when a target that works elsewhere fails here. */
  reachability: "NATReachability",
  /** nat-health-probe; milliseconds; dimensions as above. */
  latency: "Latency",
  /** nat-health-probe; NATs of a zone that answer healthy beyond the one that serves; dimensions Env, Zone. */
  healthyStandbys: "HealthyStandbys",
  /** nat-health-probe; 1 in a round in which no target works on any lane (then no lane is blamed), else 0; dimension Env. */
  probesHeld: "ProbesHeld",
  /** nat-route-failover; moves done; dimensions Env, Lane. */
  moves: "LaneMoves",
  /** nat-route-failover; 1 when all NATs look broken at once and nothing was changed; dimension Env. */
  heldStatic: "HeldStatic",
  /** nat-route-failover; lanes that would move were it not for an operator's hold; dimension Env. */
  heldByOperator: "HeldByOperator",
  /** nat-route-failover; 1 while an operator's hold is in force, whether or not a lane should move, else 0; dimension Env. */
  holdInForce: "HoldInForce",
  /** nat-route-failover; lanes whose default route is at the NAT Gateway of their zone, where there is one; dimension Env. */
  lanesOnNatGateway: "LanesOnNatGateway",
  /** nat-route-failover; messages dropped with a reason; dimensions Env, Reason. */
  droppedMessages: "DroppedMessages",
  /** nat-route-failover, eip-recover and config-guard, each for what it keeps; dimensions Env, Function. */
  driftFound: "DriftFound",
  driftMended: "DriftMended",
  /** eip-recover and config-guard; found and still there at the end of the run; dimensions Env, Function. */
  driftLeft: "DriftLeft",
  /** nat-agent, as all below; dimensions Env, Zone. Which NAT of the zone it was is in the line that the metric was made of. */
  conntrackUsedPercent: "ConntrackUsedPercent",
  conntrackCount: "ConntrackCount",
  /** nat-agent; share of the table that the flows of the lanes it carries take: falls as NATs are added, though each holds copies of all. */
  conntrackCarriedPercent: "ConntrackCarriedPercent",
  insertFailed: "ConntrackInsertFailed",
  /** nat-agent; packets and flows that the kernel dropped for want of a place: a full table, a clash, a chain of the hash table too long. */
  conntrackDropped: "ConntrackDropped",
  /** nat-agent; packets that EC2 held back or dropped above an allowance of the instance: bandwidth, packets a second; left out without ENA. */
  allowanceExceeded: "AllowanceExceeded",
  /** nat-agent; share of the 64,512 ports of an address in use for its busiest destination; left out below a half. */
  portsUsedPercent: "PortsUsedPercent",
  /** nat-agent; new flows refused because their address has no port left for the destination. */
  portsExhausted: "PortsExhausted",
  /** nat-agent; 1 when it holds every flow that its peers have (or none is listed), else 0: also when it hears none of them. */
  replicationReady: "ReplicationReady",
  /** nat-agent; milliseconds, 99th percentile: from a flow's event to its packet, and from a packet to the kernel. */
  replicationLag: "ReplicationLag",
  /** nat-agent; packets of peers that never came. */
  replicationLost: "ReplicationLost",
  selfProbeOk: "SelfProbeOk",
  selfProbeLatency: "SelfProbeLatency",
  /** nat-agent; heartbeats and replication packets that were not taken: malformed, foreign, forged, replayed, of another version. */
  peerPacketsDropped: "PeerPacketsDropped",
} as const;

/**
 * Values of `Reason` for what somebody should not have sent. What is stale, replayed or about an instance that is gone belongs to every
 * outage, and the alarms of that outage ring.
 */
export const REJECTED_FOR = ["malformed", "foreign", "forged", "implausible"] as const;

export type RejectedFor = (typeof REJECTED_FOR)[number];

export const DIMENSIONS = {
  env: "Env",
  lane: "Lane",
  zone: "Zone",
  target: "Target",
  instanceId: "InstanceId",
  reason: "Reason",
  function: "Function",
} as const;
