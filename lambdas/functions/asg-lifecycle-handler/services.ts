import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { FailoverMessage } from "../../../contract/messages";
import type { HeartbeatKeys, Peers, Topology } from "../../../contract/parameters";
import { autoScalingClient, ec2Client, elbClient, sqsClient, ssmClient } from "../../lib/aws/clients";
import { topologyParameter } from "../../lib/aws/fleet-documents";
import { fleetObserver } from "../../lib/aws/fleet-observer";
import { fleetQueue } from "../../lib/aws/fleet-queue";
import { ensureHeartbeatKey } from "../../lib/aws/heartbeat-key";
import type { LifecycleHooks } from "../../lib/aws/lifecycle-hooks";
import { lifecycleHooks } from "../../lib/aws/lifecycle-hooks";
import { readParameters, writeParameter } from "../../lib/aws/parameters";
import { routeTables } from "../../lib/aws/route-tables";
import { peersSchema } from "../../lib/aws/schemas";
import { switchOffSourceDestCheck } from "../../lib/aws/source-dest-check";
import type { NatCheck } from "../../lib/aws/ssm-commands";
import { natCheck } from "../../lib/aws/ssm-commands";
import { deregisterTarget, readTargetHealth, registerTarget } from "../../lib/aws/target-group";
import type { Fleet, RouteTables } from "../../lib/domain/fleet-ports";
import type { Clock, Log } from "../../lib/domain/ports";
import type { Runtime } from "../../lib/runtime/entry";
import type { Settings } from "./settings";
import { parseSettings } from "./settings";

/** What the handler works with: built once, at cold start; in tests by in-memory fakes. */
export interface Services {
  readonly settings: Settings;
  readonly fleet: Fleet;
  readonly routes: Pick<RouteTables, "defaultRoutes">;
  readonly readTopology: () => Promise<Topology>;
  /** No peers while nobody has written any. */
  readonly readPeers: () => Promise<Peers>;
  readonly writePeers: (peers: Peers) => Promise<void>;
  readonly ensureKey: (keys: HeartbeatKeys) => Promise<"created" | "kept">;
  readonly newKey: () => HeartbeatKeys;
  readonly switchOffSourceDestCheck: (instanceId: string) => Promise<void>;
  readonly check: NatCheck;
  /** Instance IDs in the target group. */
  readonly readTargets: (targetGroupArn: string) => Promise<readonly string[]>;
  readonly register: (targetGroupArn: string, instanceId: string) => Promise<void>;
  readonly deregister: (targetGroupArn: string, instanceId: string) => Promise<void>;
  readonly hooks: LifecycleHooks;
  readonly send: (message: FailoverMessage) => Promise<void>;
  readonly clock: Clock;
  readonly sleep: (ms: number) => Promise<unknown>;
  readonly log: Log;
}

/** HMAC-SHA256 gains nothing from more. */
const KEY_BYTES = 32;

export function buildServices(runtime: Runtime): Services {
  const settings = parseSettings(runtime.environment);
  const { capture, log, clock } = runtime;
  const ec2 = ec2Client(capture);
  const autoScaling = autoScalingClient(capture);
  const ssm = ssmClient(capture);
  const elb = elbClient(capture);
  const topology = topologyParameter(settings.topologyParameter, settings.env);
  const peers = { name: settings.peersParameter, schema: peersSchema, ifMissing: { schema: 1, peers: [] } } as const;
  return {
    settings,
    fleet: fleetObserver(ec2, autoScaling, settings.env, log),
    routes: routeTables(ec2),
    readTopology: async () => (await readParameters(ssm, { topology })).topology,
    readPeers: async () => (await readParameters(ssm, { peers })).peers,
    writePeers: async (document) => {
      await writeParameter(ssm, { name: settings.peersParameter, document, type: "String" });
    },
    ensureKey: (keys) => ensureHeartbeatKey(ssm, settings.heartbeatKeyParameter, keys),
    newKey: () => ({ schema: 1, current: randomBytes(KEY_BYTES).toString("base64") }),
    switchOffSourceDestCheck: (instanceId) => switchOffSourceDestCheck(ec2, instanceId),
    check: natCheck(ssm, settings.checkDocument),
    readTargets: async (arn) => (await readTargetHealth(elb, arn)).map(({ instanceId }) => instanceId),
    register: (arn, instanceId) => registerTarget(elb, arn, instanceId),
    deregister: (arn, instanceId) => deregisterTarget(elb, arn, instanceId),
    hooks: lifecycleHooks(autoScaling),
    send: fleetQueue(sqsClient(capture), settings.queueUrl),
    clock,
    sleep,
    log,
  };
}
