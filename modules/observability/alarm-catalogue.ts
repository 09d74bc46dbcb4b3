/** DATA: every alarm. Each kind has a runbook `docs/runbooks/<kind>.md`; `test/invariants` holds the two together. */
import { DIMENSIONS, METRICS, METRIC_NAMESPACE, REJECTED_FOR } from "../../contract/metrics";
import { atOnce, minutely } from "./alarm";
import type { Alarm } from "./alarm";
import { allowanceExceeded, conntrack, cpu, portsExhausted, portsUsed } from "./capacity-alarms";
import { FINDERS, KEEPERS, driftFound, driftLeft, failures, notRunning } from "./function-alarms";
import { heldByOperator, holdInForce } from "./hold-alarms";

export type { Alarm } from "./alarm";

/** What the catalogue is drawn up for. */
export interface Watched {
  readonly env: string;
  readonly lanes: readonly string[];
  readonly zones: readonly { readonly zone: string; readonly asgName: string }[];
  /** Whether a zone has NATs beyond the one that serves. */
  readonly hasStandbys: boolean;
  /** Whether lanes have a NAT Gateway to go to. */
  readonly hasNatGateways: boolean;
  readonly functions: readonly {
    /** Folder name, e.g. `nat-route-failover`. */
    readonly bundle: string;
    readonly names: readonly string[];
    /** How often it runs, by schedule or because what runs by schedule calls it; undefined: when something happens only. */
    readonly everyMinutes: number | undefined;
  }[];
  readonly deadLetterQueues: readonly string[];
}

/** The alarms of an environment. */
export function alarmCatalogue(w: Watched): readonly Alarm[] {
  return [
    ...w.lanes.map((lane) => reachability(w.env, lane)),
    ...w.zones.flatMap(({ zone, asgName }) => [
      conntrack(w.env, zone, 75, "ticket"),
      conntrack(w.env, zone, 90, "page"),
      portsUsed(w.env, zone),
      portsExhausted(w.env, zone),
      cpu(zone, asgName),
      allowanceExceeded(w.env, zone),
      ...(w.hasStandbys ? [standby(w.env, zone)] : []),
      replication(w.env, zone),
      natsSilent(w.env, zone),
    ]),
    probesHeld(w.env),
    heldByOperator(w.env),
    holdInForce(w.env),
    ...REJECTED_FOR.map((reason) => droppedMessages(w.env, reason)),
    ...(w.hasNatGateways ? [laneOnNatGateway(w.env)] : []),
    ...w.deadLetterQueues.map(deadLetters),
    ...w.functions.flatMap((f) =>
      f.names.flatMap((name) => [
        failures(f.bundle, name),
        ...(f.everyMinutes === undefined ? [] : [notRunning(f.bundle, name, f.everyMinutes)]),
      ]),
    ),
    ...FINDERS.map((bundle) => driftFound(w.env, bundle)),
    ...KEEPERS.map((bundle) => driftLeft(w.env, bundle)),
  ];
}

const reachability = (env: string, lane: string): Alarm => ({
  ...minutely,
  kind: "NATReachability",
  subject: lane,
  severity: "page",
  description: `Clients of lane ${lane} may not reach the internet.`,
  namespace: METRIC_NAMESPACE,
  metric: METRICS.reachability,
  dimensions: { [DIMENSIONS.env]: env, [DIMENSIONS.lane]: lane },
  statistic: "Minimum",
  comparison: "LessThanThreshold",
  threshold: 1,
  breaching: 2,
  of: 3,
  missing: "breaching",
});

const standby = (env: string, zone: string): Alarm => ({
  ...minutely,
  kind: "NoHealthyStandby",
  subject: zone,
  severity: "ticket",
  description: `Zone ${zone} has no healthy NAT beyond the one that serves; the next failure breaks connections.`,
  namespace: METRIC_NAMESPACE,
  metric: METRICS.healthyStandbys,
  dimensions: { [DIMENSIONS.env]: env, [DIMENSIONS.zone]: zone },
  statistic: "Maximum",
  comparison: "LessThanThreshold",
  threshold: 1,
  // A replacement takes a few minutes to boot; that is no news.
  breaching: 10,
  of: 10,
  missing: "breaching",
});

const replication = (env: string, zone: string): Alarm => ({
  ...minutely,
  kind: "ReplicationBehind",
  subject: zone,
  severity: "ticket",
  description: `A NAT of ${zone} does not hold all flows of the others; a move to it would cut connections.`,
  namespace: METRIC_NAMESPACE,
  metric: METRICS.replicationReady,
  dimensions: { [DIMENSIONS.env]: env, [DIMENSIONS.zone]: zone },
  statistic: "Minimum",
  comparison: "LessThanThreshold",
  threshold: 1,
  // A newcomer is behind for some seconds, and so is a NAT that lost packets; both come back by themselves.
  breaching: 10,
  of: 10,
});

/** What is said of every NAT's tables, ports and copies is silent for good news: so somebody must listen for the silence. */
const natsSilent = (env: string, zone: string): Alarm => ({
  ...minutely,
  kind: "NatsSilent",
  subject: zone,
  severity: "ticket",
  description: `No NAT of ${zone} has reported a metric for ten minutes; the alarms on their tables, ports and flows are blind.`,
  namespace: METRIC_NAMESPACE,
  // Reported every minute, whatever its value.
  metric: METRICS.selfProbeOk,
  dimensions: { [DIMENSIONS.env]: env, [DIMENSIONS.zone]: zone },
  statistic: "SampleCount",
  comparison: "LessThanThreshold",
  threshold: 1,
  // A zone with one NAT says nothing while that is replaced.
  breaching: 10,
  of: 10,
  missing: "breaching",
});

const probesHeld = (env: string): Alarm => ({
  ...minutely,
  kind: "ProbesHeld",
  subject: "",
  severity: "page",
  description: "No target answers on any lane: the targets, the internet or every NAT. Nothing is moved.",
  namespace: METRIC_NAMESPACE,
  metric: METRICS.probesHeld,
  dimensions: { [DIMENSIONS.env]: env },
  // Every round of the minute.
  statistic: "Minimum",
  comparison: "GreaterThanOrEqualToThreshold",
  threshold: 1,
  breaching: 2,
  of: 3,
});

const droppedMessages = (env: string, reason: string): Alarm => ({
  ...minutely,
  kind: "DroppedMessages",
  subject: reason,
  severity: "ticket",
  description: `nat-route-failover drops messages as ${reason}: whoever sends them is not heard.`,
  namespace: METRIC_NAMESPACE,
  metric: METRICS.droppedMessages,
  dimensions: { [DIMENSIONS.env]: env, [DIMENSIONS.reason]: reason },
  statistic: "Sum",
  comparison: "GreaterThanOrEqualToThreshold",
  // One stray message is no news; an agent that is not understood repeats itself within seconds.
  threshold: 3,
  periodSeconds: 300,
  breaching: 1,
  of: 1,
});

const laneOnNatGateway = (env: string): Alarm => ({
  ...atOnce,
  kind: "LaneOnNatGateway",
  subject: "",
  severity: "page",
  description: "No NAT was healthy: a lane is on its NAT Gateway, under another public address.",
  namespace: METRIC_NAMESPACE,
  metric: METRICS.lanesOnNatGateway,
  dimensions: { [DIMENSIONS.env]: env },
  statistic: "Maximum",
});

const deadLetters = (queue: string): Alarm => ({
  ...atOnce,
  kind: "FailoverDeadLetters",
  subject: queue.includes("async") ? "async" : "failover",
  severity: "page",
  description: `Messages of the control plane could not be processed and wait in ${queue}.`,
  namespace: "AWS/SQS",
  metric: "ApproximateNumberOfMessagesVisible",
  dimensions: { QueueName: queue },
  statistic: "Maximum",
});
