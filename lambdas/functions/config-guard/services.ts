import { setTimeout as sleep } from "node:timers/promises";
import { FUNCTION_NAMES } from "../../../contract/functions";
import type { FailoverMessage } from "../../../contract/messages";
import { autoScalingClient, ec2Client, sqsClient, ssmClient } from "../../lib/aws/clients";
import { fleetDocuments } from "../../lib/aws/fleet-documents";
import { fleetObserver } from "../../lib/aws/fleet-observer";
import { fleetQueue } from "../../lib/aws/fleet-queue";
import { networkRules } from "../../lib/aws/network-rules";
import type { NetworkRules } from "../../lib/aws/network-rules";
import { routeTables } from "../../lib/aws/route-tables";
import { switchOffSourceDestCheck } from "../../lib/aws/source-dest-check";
import { natCheck } from "../../lib/aws/ssm-commands";
import type { NatCheck } from "../../lib/aws/ssm-commands";
import type { Documents, Fleet, RouteTables } from "../../lib/domain/fleet-ports";
import type { Clock, Log, Waiter } from "../../lib/domain/ports";
import { EMPTY_RECORD } from "../../lib/domain/record";
import { driftReporter } from "../../lib/runtime/drift-report";
import type { DriftReporter } from "../../lib/runtime/drift-report";
import type { Runtime } from "../../lib/runtime/entry";
import { parseSettings } from "./settings";

/** What the handler works with: built once, at cold start; in tests by in-memory fakes. */
export interface Services {
  readonly env: string;
  readonly documents: Pick<Documents, "read">;
  readonly fleet: Fleet;
  readonly routes: Pick<RouteTables, "defaultRoutes">;
  readonly rules: NetworkRules;
  readonly check: NatCheck;
  readonly repair: NatCheck;
  readonly switchOffSourceDestCheck: (instanceId: string) => Promise<void>;
  readonly send: (message: FailoverMessage) => Promise<void>;
  readonly drift: DriftReporter;
  readonly clock: Clock;
  readonly waiter: Waiter;
  readonly sleep: (ms: number) => Promise<unknown>;
  readonly log: Log;
}

export function buildServices({ environment, capture, log, metrics, clock, waiter }: Runtime): Services {
  const settings = parseSettings(environment);
  const { env } = settings;
  const ec2 = ec2Client(capture);
  const ssm = ssmClient(capture);
  const names = { topology: settings.topologyParameter, state: settings.stateParameter };
  return {
    env,
    documents: fleetDocuments(ssm, env, names, EMPTY_RECORD, clock),
    fleet: fleetObserver(ec2, autoScalingClient(capture), env, log),
    routes: routeTables(ec2),
    rules: networkRules(ec2, env),
    check: natCheck(ssm, settings.checkDocument),
    repair: natCheck(ssm, settings.repairDocument),
    switchOffSourceDestCheck: (instanceId) => switchOffSourceDestCheck(ec2, instanceId),
    send: fleetQueue(sqsClient(capture), settings.queueUrl),
    drift: driftReporter(env, FUNCTION_NAMES.configGuard, log, metrics),
    clock,
    waiter,
    sleep,
    log,
  };
}
