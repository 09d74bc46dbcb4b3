/** Environment variables of the functions: set by modules/control-plane, read by functions/<name>/settings.ts. Units in the names. */
export const ENVIRONMENT = {
  env: "HA_NAT_ENV",
  topologyParameter: "HA_NAT_TOPOLOGY_PARAMETER",
  peersParameter: "HA_NAT_PEERS_PARAMETER",
  stateParameter: "HA_NAT_STATE_PARAMETER",
  heartbeatKeyParameter: "HA_NAT_HEARTBEAT_KEY_PARAMETER",
  queueUrl: "HA_NAT_QUEUE_URL",
  /** nat-route-failover: where copies of messages go that it does not listen to. */
  rejectedUrl: "HA_NAT_REJECTED_URL",
  checkDocument: "HA_NAT_CHECK_DOCUMENT",
  repairDocument: "HA_NAT_REPAIR_DOCUMENT",
  /** egress-prober: its lane and zone, and targets as JSON `["1.1.1.1","aws.amazon.com"]`. */
  lane: "HA_NAT_LANE",
  zone: "HA_NAT_ZONE",
  probeTargets: "HA_NAT_PROBE_TARGETS",
  /** nat-health-probe: how often inside its minute, and k of n. */
  probeIntervalSeconds: "HA_NAT_PROBE_INTERVAL_SECONDS",
  probeDeadlineMs: "HA_NAT_PROBE_DEADLINE_MS",
  breachFailures: "HA_NAT_BREACH_FAILURES",
  breachWindow: "HA_NAT_BREACH_WINDOW",
  /** nat-health-probe: whom it asks to finish what was left behind. */
  lifecycleFunction: "HA_NAT_LIFECYCLE_FUNCTION",
  /** nat-route-failover. */
  healthzDeadlineMs: "HA_NAT_HEALTHZ_DEADLINE_MS",
  cooldownSeconds: "HA_NAT_COOLDOWN_SECONDS",
  returnAfterSeconds: "HA_NAT_RETURN_AFTER_SECONDS",
  settleMs: "HA_NAT_SETTLE_MS",
  /** asg-lifecycle-handler: budget for checks and election before ABANDON. */
  launchDeadlineSeconds: "HA_NAT_LAUNCH_DEADLINE_SECONDS",
} as const;

export type EnvironmentName = (typeof ENVIRONMENT)[keyof typeof ENVIRONMENT];
