import type { SQSBatchResponse } from "aws-lambda";
import { FUNCTION_NAMES } from "../../../contract/functions";
import type { PlanAnswer } from "../../../contract/plan";
import { addresses } from "../../lib/aws/addresses";
import { PROMPT_MS, autoScalingClient, ec2Client, lambdaClient, sqsClient, ssmClient } from "../../lib/aws/clients";
import { fleetDocuments } from "../../lib/aws/fleet-documents";
import { fleetObserver } from "../../lib/aws/fleet-observer";
import { instanceHealth } from "../../lib/aws/instance-health";
import { natGateways } from "../../lib/aws/nat-gateways";
import { proberInvoker } from "../../lib/aws/prober-invoker";
import { redelivery } from "../../lib/aws/redelivery";
import { rejectedQueue } from "../../lib/aws/rejected-queue";
import type { Rejected } from "../../lib/aws/rejected-queue";
import { routeTables } from "../../lib/aws/route-tables";
import type { Action } from "../../lib/domain/actions";
import { driftMendedBy } from "../../lib/domain/drift";
import { EMPTY_RECORD, keepFailed } from "../../lib/domain/record";
import { driftReporter } from "../../lib/runtime/drift-report";
import { lambdaEntry } from "../../lib/runtime/entry";
import type { Invocation, Runtime } from "../../lib/runtime/entry";
import { actOnInstances, actOnLanes } from "./act";
import type { Failure } from "./act";
import { decide } from "./decide";
import type { Decision } from "./decide";
import { parseEvent, requestsOf } from "./event";
import type { Inbox, Trigger } from "./event";
import { LastWhereabouts, Sequences, Words } from "./memory";
import { observe } from "./observe";
import type { Observed } from "./observe";
import { patienceWithin } from "./patience";
import type { Patience } from "./patience";
import { answerPlan, isPlanRequest } from "./plan";
import { correlationIds, reportDecision, reportDropped, reportInbox, reportOutcome } from "./report";
import { retryingSoon } from "./retry";
import { withoutStrangers } from "./screen";
import type { Services } from "./services";
import { readFailoverSettings } from "./settings";
import { verify } from "./verify";

/** Called by AWS, with messages of the failover queue; and by operators, for a plan. */
export const handler = lambdaEntry(buildServices, answer);

/** Runs on cold start only. */
export function buildServices(runtime: Runtime): Services {
  const settings = readFailoverSettings(runtime.environment);
  const { log, metrics, clock, waiter, capture } = runtime;
  const ec2 = ec2Client(capture, PROMPT_MS);
  const sqs = sqsClient(capture, PROMPT_MS);
  const autoScaling = autoScalingClient(capture, PROMPT_MS);
  const names = { topology: settings.topologyParameter, state: settings.stateParameter };
  return {
    settings,
    documents: fleetDocuments(ssmClient(capture, PROMPT_MS), settings.env, names, EMPTY_RECORD, clock),
    fleet: fleetObserver(ec2, autoScaling, settings.env, log),
    routes: routeTables(ec2),
    natGateways: natGateways(ec2),
    addresses: addresses(ec2),
    health: instanceHealth(autoScaling),
    ask: proberInvoker(lambdaClient(capture)),
    deliverAgain: redelivery(sqs, settings.queueUrl),
    keepRejected: rejectedQueue(sqs, settings.rejectedUrl),
    sequences: new Sequences(),
    words: new Words(),
    whereabouts: new LastWhereabouts(),
    drift: driftReporter(settings.env, FUNCTION_NAMES.routeFailover, log, metrics),
    log,
    metrics,
    clock,
    waiter,
  };
}

type Life = Pick<Invocation, "remainingMs">;
/** Of a run that nobody kills. */
const ENDLESS: Life = { remainingMs: () => Infinity };

/** Messages of the queue are acted on; an operator who invokes the function itself is told the plan. */
export async function answer(raw: unknown, s: Services, invocation: Life = ENDLESS): Promise<SQSBatchResponse | PlanAnswer> {
  return isPlanRequest(raw) ? answerPlan(raw, s) : handle(raw, s, invocation);
}

/**
 * One look for the whole batch: all messages of the group ask the same question. Fails as a whole or not at all, so the response never
 * names a record; what failed is tried again soon.
 */
export async function handle(raw: unknown, s: Services, { remainingMs }: Life = ENDLESS): Promise<SQSBatchResponse> {
  const startedAt = s.clock.now();
  const patience = patienceWithin(s.settings.settleMs, remainingMs);
  const { triggers, rejected } = openInbox(raw, startedAt, s);
  const looked = await retryingSoon(raw, false, s, () => look(triggers, startedAt, s));
  if (looked !== undefined) await retryingSoon(raw, true, s, () => act(looked, startedAt, patience, s));
  // At the very end: lanes do not wait for it, and after a run that failed the same messages come again.
  await Promise.all(rejected.map((one) => keep(one, s)));
  return { batchItemFailures: [] };
}

interface Looked {
  readonly observed: Observed;
  readonly decision: Decision;
}

function openInbox(raw: unknown, now: Date, s: Services): Inbox {
  const inbox = parseEvent(raw, { env: s.settings.env, now, sequences: s.sequences });
  reportInbox(inbox, s);
  return inbox;
}

/** Best effort: what is wrong with it is in the log already, and the messages behind it must not come twice for it. */
async function keep(rejected: Rejected, s: Services): Promise<void> {
  try {
    await s.keepRejected(rejected);
  } catch (error) {
    s.log.error("a rejected message is not kept", { messageId: rejected.messageId, error });
  }
}

/** Changes nothing. Undefined: nothing asks for a look. */
async function look(triggers: readonly Trigger[], now: Date, s: Services): Promise<Looked | undefined> {
  const heard = withoutStrangers(triggers, (instanceId) => s.whereabouts.isStranger(instanceId, now));
  if (heard.length === 0) return undefined;
  for (const trigger of heard)
    if (trigger.kind === "message" && trigger.message.kind === "suspicion") s.words.add(trigger.message, trigger.sentAt);
  const observed = await observe(heard, s);
  const { world, record, dropped } = observed;
  reportDropped(dropped, s);
  const decision = decide({
    world,
    record,
    requests: requestsOf(observed.triggers),
    now: s.clock.now(),
    policy: s.settings.policy,
  });
  reportDecision(observed, decision, s);
  return { observed, decision };
}

async function act({ observed, decision }: Looked, startedAt: Date, patience: Patience, s: Services): Promise<void> {
  const { plan } = decision;
  const drifts = driftMendedBy(plan, decision.world, observed.record);
  const asked = correlationIds(observed.triggers);
  s.drift.found(drifts, { correlationIds: asked });
  const laneFailures = await actOnLanes(plan, s);
  const unconfirmed = await verify(plan, laneFailures, observed, patience, s);
  const failures = [...laneFailures, ...(await actOnInstances(plan, unconfirmed, decision.world, s))];
  await remember(plan, observed, { failures, unconfirmed }, s);
  s.drift.mended(drifts.filter(({ subject }) => !unconfirmed.has(subject)));
  reportOutcome(plan, { failures, unconfirmed, startedAt, correlationIds: asked }, s);
}

/** Writes the record where it changes, without what was planned and not done. */
async function remember(
  plan: readonly Action[],
  observed: Observed,
  outcome: { readonly unconfirmed: ReadonlySet<string>; readonly failures: readonly Failure[] },
  s: Services,
): Promise<void> {
  const next = plan.find((action) => action.kind === "record");
  if (next === undefined) return;
  const marked = outcome.failures.flatMap(({ action }) => (action.kind === "mark-unhealthy" ? [action.zone] : []));
  const failed = { lanes: outcome.unconfirmed, zones: new Set(marked) };
  await s.documents.save(keepFailed(observed.record, next.record, failed));
}
