import { DIMENSIONS, METRICS } from "../../../contract/metrics";
import type { Action } from "../../lib/domain/actions";
import type { Lane } from "../../lib/domain/fleet";
import { holdAfter } from "../../lib/domain/hold";
import { resortOf } from "../../lib/domain/last-resort";
import type { Failure } from "./act";
import { isHeld } from "./decide";
import type { Decision } from "./decide";
import type { Dropped, Inbox, Trigger } from "./event";
import type { Observed } from "./observe";
import type { Services } from "./services";

/** Counts and logs what was not listened to. */
export function reportInbox(inbox: Inbox, s: Services): void {
  reportDropped(inbox.dropped, s);
  for (const ignored of inbox.ignored) s.log.info("ignored an event", { ...ignored });
}

export function reportDropped(all: readonly Dropped[], s: Services): void {
  for (const dropped of all) {
    s.log.warn("dropped a message", { ...dropped });
    const dimensions = { [DIMENSIONS.env]: s.settings.env, [DIMENSIONS.reason]: dropped.reason };
    s.metrics.put(METRICS.droppedMessages, 1, "Count", dimensions);
  }
}

/** One line per decision: why we looked, what we saw, what we do and because of what. */
export function reportDecision({ triggers, looks, record }: Observed, { world, plan, refused }: Decision, s: Services): void {
  const hold = holdAfter(plan, record);
  s.log.info("decided", {
    correlationIds: correlationIds(triggers),
    triggers: triggers.map(nameOf),
    evidence: world.nats.map(({ instanceId, zone, lifecycle, leaving, evidence }) => ({
      instanceId,
      zone,
      lifecycle,
      leaving,
      ...evidence,
    })),
    routes: world.lanes.map(({ lane, route }) => ({ lane, ...route })),
    unreached: looks.flatMap((look) => (look.reached ? [] : [{ lane: look.lane, error: look.error }])),
    plan,
    ...(refused.length === 0 ? {} : { refused }),
    ...(hold === undefined ? {} : { hold }),
  });
  const frozen = plan.filter((action) => action.kind === "none" && action.frozen === true);
  for (const { because } of frozen) s.log.warn("held by an operator", { because });
  s.metrics.put(METRICS.heldByOperator, frozen.length, "Count", { [DIMENSIONS.env]: s.settings.env });
  s.metrics.put(METRICS.holdInForce, hold === undefined ? 0 : 1, "Count", { [DIMENSIONS.env]: s.settings.env });
  reportResorts(world.lanes, plan, s);
  const held = isHeld(plan) && world.nats.length > 0;
  s.metrics.put(METRICS.heldStatic, held ? 1 : 0, "Count", { [DIMENSIONS.env]: s.settings.env });
}

/** Counted as the plan leaves them; said nothing of where there is no NAT Gateway. */
function reportResorts(all: readonly Lane[], plan: readonly Action[], s: Services): void {
  const lanes = all.filter(({ lastResort }) => lastResort !== undefined);
  if (lanes.length === 0) return;
  const moves = new Map(plan.flatMap((action) => ("routeTableId" in action ? [[action.lane, action.kind] as const] : [])));
  const resting = lanes.filter((lane) => {
    const move = moves.get(lane.lane);
    return move === undefined ? resortOf(lane) !== undefined : move === "point-route-to-gateway";
  });
  for (const { lane, lastResort, addresses } of resting) {
    const instead = addresses.map(({ publicIp }) => publicIp);
    s.log.warn("a lane is on its NAT Gateway", { lane, publicIp: lastResort?.publicIp, instead });
  }
  s.metrics.put(METRICS.lanesOnNatGateway, resting.length, "Count", { [DIMENSIONS.env]: s.settings.env });
}

export interface Outcome {
  readonly failures: readonly Failure[];
  readonly unconfirmed: ReadonlySet<string>;
  readonly startedAt: Date;
  /** Of what was looked for: whoever asked finds the move, and that it was seen done, under the same ID. */
  readonly correlationIds: readonly string[];
}

/** Counts the moves that were seen done, and throws what was not: SQS delivers again, and the next look starts from what is. */
export function reportOutcome(plan: readonly Action[], outcome: Outcome, s: Services): void {
  for (const action of plan) {
    if (action.kind !== "point-route" && action.kind !== "point-route-to-gateway") continue;
    if (outcome.unconfirmed.has(action.lane)) continue;
    s.metrics.put(METRICS.moves, 1, "Count", { [DIMENSIONS.env]: s.settings.env, [DIMENSIONS.lane]: action.lane });
    const tookMs = s.clock.now().getTime() - outcome.startedAt.getTime();
    s.log.info("moved", {
      correlationIds: outcome.correlationIds,
      lane: action.lane,
      to: action.kind === "point-route" ? action.instanceId : action.natGatewayId,
      because: action.because,
      tookMs,
    });
  }
  const errors = outcome.failures.map(
    ({ action, error }) => new Error(`${action.kind} failed: ${error.message}`, { cause: error }),
  );
  const unseen = [...outcome.unconfirmed].map(
    (lane) => new Error(`lane ${lane} is not as planned after ${s.settings.settleMs} ms`),
  );
  const all = [...errors, ...unseen];
  if (all.length > 0) throw new AggregateError(all, all.map(({ message }) => message).join("; "));
}

export function correlationIds(triggers: readonly Trigger[]): readonly string[] {
  return triggers.map((trigger) => (trigger.kind === "event" ? trigger.correlationId : trigger.message.correlationId));
}

function nameOf(trigger: Trigger): string {
  if (trigger.kind === "event") return trigger.detailType;
  const { message } = trigger;
  if (message.kind === "suspicion") return `suspicion of ${message.suspect} by ${message.reporter}`;
  if (message.kind === "repair") return `repair by ${message.by}: ${message.because}`;
  if (message.kind === "replace") return `replacement of ${message.instanceId} by ${message.by}: ${message.because}`;
  return message.kind === "leave" ? `${message.because} of ${message.instanceId} by ${message.reporter}` : message.kind;
}
