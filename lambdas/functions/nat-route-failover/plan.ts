import type { PlanAnswer } from "../../../contract/plan";
import type { Action } from "../../lib/domain/actions";
import { isSynced } from "../../lib/domain/evidence";
import type { Evidence } from "../../lib/domain/evidence";
import { holdAfter } from "../../lib/domain/hold";
import { servedByOf } from "../../lib/domain/record";
import { decide } from "./decide";
import type { Trigger } from "./event";
import { nonsenseOf, requestsOf } from "./event";
import { planRequestSchema } from "./messages";
import { observe } from "./observe";
import type { Services } from "./services";

/** The invocation asks for a plan, not for an act. */
export function isPlanRequest(raw: unknown): boolean {
  return typeof raw === "object" && raw !== null && "kind" in raw && raw.kind === "plan";
}

/**
 * What would be done, by itself or for the request. Writes nothing.
 * @throws Error for a request that is not as agreed, or of another environment.
 */
export async function answerPlan(raw: unknown, s: Services): Promise<PlanAnswer> {
  const now = s.clock.now();
  const observed = await observe(triggersOf(raw, s), s);
  const { record, world, triggers, dropped } = observed;
  const decision = decide({ world, record, requests: requestsOf(triggers), now, policy: s.settings.policy });
  const refused = [...dropped.map(({ detail }) => detail), ...decision.refused];
  return {
    schema: 1,
    env: s.settings.env,
    at: now.toISOString(),
    refused: refused.length === 0 ? null : refused.join("; "),
    hold: holdAfter(decision.plan, record) ?? null,
    nats: decision.world.nats.map(({ instanceId, zone, leaving, evidence }) => ({
      instanceId,
      zone,
      leaving,
      evidence: evidenceWords(evidence),
      synced: isSynced(evidence),
    })),
    lanes: world.lanes.map((lane) => ({
      lane: lane.lane,
      zone: lane.zone,
      servedBy: servedByOf(lane, world.nats),
    })),
    actions: decision.plan.map((action) => ({
      kind: action.kind,
      because: action.because,
      ...("lane" in action ? { lane: action.lane } : {}),
      ...("instanceId" in action ? { instanceId: action.instanceId } : {}),
      what: actionWords(action),
    })),
  };
}

function triggersOf(raw: unknown, { clock, settings }: Services): readonly Trigger[] {
  const asked = planRequestSchema.safeParse(raw);
  if (!asked.success)
    throw new Error(`the plan request is not as agreed: ${asked.error.issues.map(({ message }) => message).join("; ")}`);
  const { request } = asked.data;
  if (request === undefined) return [];
  if (request.env !== settings.env) throw new Error(`the request is of environment ${request.env}, this is ${settings.env}`);
  const nonsense = nonsenseOf(request, clock.now());
  if (nonsense !== undefined) throw new Error(`the request cannot be meant: ${nonsense}`);
  return [{ kind: "message", message: request, sentAt: clock.now().getTime(), from: "operator" }];
}

function evidenceWords(evidence: Evidence): string {
  if (evidence.kind === "unhealthy") return `unhealthy: ${evidence.reasons.join("; ")}`;
  return evidence.kind === "unobserved" ? `unobserved: ${evidence.because}` : evidence.kind;
}

function actionWords(action: Action): string {
  switch (action.kind) {
    case "point-route":
      return `${action.create ? "create" : "replace"} the default route of ${action.routeTableId}: to ${action.instanceId} (${action.eniId})`;
    case "point-route-to-gateway":
      return `${action.create ? "create" : "replace"} the default route of ${action.routeTableId}: to NAT Gateway ${action.natGatewayId}`;
    case "bring-address":
      return `assign ${action.address} to ${action.eniId}`;
    case "bring-public-address":
      return `associate ${action.publicIp} with ${action.address} of ${action.eniId}`;
    case "mark-unhealthy":
      return `have ${action.instanceId} replaced`;
    case "record":
      return "remember it";
    case "none":
      return "nothing";
  }
}
