/** DATA: the functions of the control plane, each with its trigger, limits, environment and grants. */
import { ENVIRONMENT } from "../../contract/environment";
import type { EnvironmentName } from "../../contract/environment";
import { FUNCTION_NAMES, egressProberName } from "../../contract/functions";
import type { FunctionName } from "../../contract/functions";
import { parameterPath } from "../../contract/parameters";
import { physicalName } from "../../contract/project";
import { queueUrl } from "../shared/deployment";
import type { Deployment } from "../shared/deployment";
import type { Statement } from "../shared/statement";
import { names } from "./names";
import { configGuardStatements, eipRecoverStatements } from "./drift-statements";
import { egressProberStatements, healthProbeStatements, lifecycleStatements, routeFailoverStatements } from "./statements";

/** What an operator may tune. Units in the names. */
export interface ControlPlaneSettings {
  readonly probeTargets: readonly string[];
  readonly probeIntervalSeconds: number;
  readonly probeDeadlineMs: number;
  readonly breachFailures: number;
  readonly breachWindow: number;
  readonly healthzDeadlineMs: number;
  readonly cooldownSeconds: number;
  readonly returnAfterSeconds: number;
  readonly settleMs: number;
  readonly launchDeadlineSeconds: number;
  readonly lastResort: "none" | "nat-gateway";
  /** `eip` has no target group. */
  readonly steering: "nlb" | "eip";
}

/** How a function is started. `events` are asynchronous and have a dead letter queue. */
export type Trigger =
  | { readonly kind: "schedule"; readonly expression: string }
  | { readonly kind: "queue" }
  | { readonly kind: "lifecycle" }
  | { readonly kind: "invoked" };

/** One deployed copy of a function. */
export interface FunctionCopy {
  readonly name: string;
  readonly environment: Partial<Readonly<Record<EnvironmentName, string>>>;
  /** Lane in whose probe subnet it sits; outside the VPC when absent. */
  readonly lane?: string;
}

/** One function: its bundle, role and copies. */
export interface FunctionSpec {
  readonly bundle: FunctionName;
  readonly description: string;
  readonly trigger: Trigger;
  readonly timeoutSeconds: number;
  /** Lambda's CPU share follows memory: 1769 MB is one vCPU. */
  readonly memoryMb: number;
  readonly copies: readonly FunctionCopy[];
  readonly statements: readonly Statement[];
}

const door = (d: Deployment): FunctionCopy["environment"] => ({ [ENVIRONMENT.queueUrl]: queueUrl(d, names.queue(d.env)) });

/** The functions of a fleet with these lanes. */
export function functionSpecs(
  d: Deployment,
  lanes: readonly { readonly lane: string; readonly zone: string }[],
  s: ControlPlaneSettings,
): readonly FunctionSpec[] {
  const probers = lanes.map(({ lane }) => egressProberName(d.env, lane));
  const common = {
    [ENVIRONMENT.env]: d.env,
    [ENVIRONMENT.topologyParameter]: parameterPath(d.env, "topology"),
  };
  const hasTargets = s.steering === "nlb";
  const peers = { [ENVIRONMENT.peersParameter]: parameterPath(d.env, "peers") };
  const single: Single = (bundle, environment) => [
    { name: physicalName(d.env, bundle), environment: { ...common, ...environment } },
  ];
  return [
    {
      bundle: FUNCTION_NAMES.routeFailover,
      description: "Elects the NAT of every lane; makes routes and addresses match",
      trigger: { kind: "queue" },
      timeoutSeconds: FAILOVER_TIMEOUT_SECONDS,
      memoryMb: 1024,
      copies: single(FUNCTION_NAMES.routeFailover, {
        ...door(d),
        [ENVIRONMENT.rejectedUrl]: queueUrl(d, names.rejected(d.env)),
        [ENVIRONMENT.stateParameter]: parameterPath(d.env, "state"),
        [ENVIRONMENT.healthzDeadlineMs]: String(s.healthzDeadlineMs),
        [ENVIRONMENT.cooldownSeconds]: String(s.cooldownSeconds),
        [ENVIRONMENT.returnAfterSeconds]: String(s.returnAfterSeconds),
        [ENVIRONMENT.settleMs]: String(s.settleMs),
      }),
      statements: routeFailoverStatements(d, probers, s.lastResort === "nat-gateway"),
    },
    {
      bundle: FUNCTION_NAMES.healthProbe,
      description: "Asks every lane's egress-prober and the target group; publishes reachability; reports breaches",
      trigger: { kind: "schedule", expression: "rate(1 minute)" },
      timeoutSeconds: 60,
      memoryMb: 256,
      copies: single(FUNCTION_NAMES.healthProbe, {
        ...peers,
        ...door(d),
        [ENVIRONMENT.lifecycleFunction]: physicalName(d.env, FUNCTION_NAMES.lifecycleHandler),
        [ENVIRONMENT.launchDeadlineSeconds]: String(s.launchDeadlineSeconds),
        [ENVIRONMENT.probeIntervalSeconds]: String(s.probeIntervalSeconds),
        [ENVIRONMENT.probeDeadlineMs]: String(s.probeDeadlineMs),
        [ENVIRONMENT.healthzDeadlineMs]: String(s.healthzDeadlineMs),
        [ENVIRONMENT.breachFailures]: String(s.breachFailures),
        [ENVIRONMENT.breachWindow]: String(s.breachWindow),
      }),
      statements: healthProbeStatements(d, probers, hasTargets),
    },
    {
      bundle: FUNCTION_NAMES.lifecycleHandler,
      description: "Prepares and checks a NAT before it enters service, hands over before it leaves",
      trigger: { kind: "lifecycle" },
      timeoutSeconds: 300,
      memoryMb: 256,
      copies: single(FUNCTION_NAMES.lifecycleHandler, {
        ...peers,
        ...door(d),
        [ENVIRONMENT.heartbeatKeyParameter]: parameterPath(d.env, "heartbeat-key"),
        [ENVIRONMENT.checkDocument]: names.checkDocument(d.env),
        [ENVIRONMENT.launchDeadlineSeconds]: String(s.launchDeadlineSeconds),
      }),
      statements: lifecycleStatements(d, hasTargets),
    },
    ...driftSpecs(d, single),
    proberSpec(d, lanes, s),
  ];
}

type Single = (bundle: FunctionName, environment: FunctionCopy["environment"]) => readonly FunctionCopy[];

/** Those that look for what others changed. */
function driftSpecs(d: Deployment, single: Single): readonly FunctionSpec[] {
  return [
    {
      bundle: FUNCTION_NAMES.eipRecover,
      description: "Finds public addresses that are not where their lane is, and has them brought back",
      trigger: { kind: "schedule", expression: DRIFT_SCHEDULE },
      timeoutSeconds: 60,
      memoryMb: 256,
      copies: single(FUNCTION_NAMES.eipRecover, { ...door(d), [ENVIRONMENT.stateParameter]: parameterPath(d.env, "state") }),
      statements: eipRecoverStatements(d),
    },
    {
      bundle: FUNCTION_NAMES.configGuard,
      description: "Finds what of the NATs and their network was changed, and has it put right",
      trigger: { kind: "schedule", expression: DRIFT_SCHEDULE },
      // The next run starts ten seconds later.
      timeoutSeconds: 230,
      memoryMb: 256,
      copies: single(FUNCTION_NAMES.configGuard, {
        ...door(d),
        [ENVIRONMENT.stateParameter]: parameterPath(d.env, "state"),
        [ENVIRONMENT.checkDocument]: names.checkDocument(d.env),
        [ENVIRONMENT.repairDocument]: names.repairDocument(d.env),
      }),
      statements: configGuardStatements(d),
    },
  ];
}

/** A prober that is killed while it waits for a black hole says nothing, and its lane's breach would not count. Who asks gives up sooner. */
const PROBER_MARGIN_MS = 8_000;

/** One copy per lane: a caller cannot choose a function's subnet. */
function proberSpec(
  d: Deployment,
  lanes: readonly { readonly lane: string; readonly zone: string }[],
  s: ControlPlaneSettings,
): FunctionSpec {
  return {
    bundle: FUNCTION_NAMES.egressProber,
    description: "Asks the known endpoints through its lane, and NATs for their health",
    trigger: { kind: "invoked" },
    timeoutSeconds: Math.ceil((s.probeDeadlineMs + PROBER_MARGIN_MS) / 1000),
    // For the CPU: nat-route-failover gives a cold one 550 ms. It needs some 110 ms of a processor to start and to answer first: 0.75 s of
    // the seventh that 256 MB are, 0.2 s of this half. A round every ten seconds, 0.3 s each: $0.78 more a month and lane.
    memoryMb: 1024,
    copies: lanes.map(({ lane, zone }) => ({
      name: egressProberName(d.env, lane),
      lane,
      environment: {
        [ENVIRONMENT.lane]: lane,
        [ENVIRONMENT.zone]: zone,
        [ENVIRONMENT.probeTargets]: JSON.stringify(s.probeTargets),
      },
    })),
    statements: egressProberStatements(),
  };
}

/** Minutes between two runs; undefined for a function that only events start. A queue is fed, and a prober asked, every minute. */
export function everyMinutesOf({ trigger }: Pick<FunctionSpec, "trigger">): number | undefined {
  if (trigger.kind === "lifecycle") return undefined;
  return trigger.kind === "schedule" ? Number(/\d+/.exec(trigger.expression)?.[0]) : 1;
}

/** Drift is found and mended within five minutes: one less for the mending. */
export const DRIFT_SCHEDULE = "rate(4 minutes)";

/**
 * A run takes 1 to 3 s; every wait in it has its own deadline. Where AWS is slow in all of them together it must still come to its end
 * and write down what it did. A run that is killed does no harm (all that it does can be repeated from any point), it is late.
 */
export const FAILOVER_TIMEOUT_SECONDS = 10;
