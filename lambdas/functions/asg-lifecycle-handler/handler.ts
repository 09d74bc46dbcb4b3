import type { Peers, Topology } from "../../../contract/parameters";
import { MalformedDocument } from "../../lib/aws/schemas";
import type { Invocation } from "../../lib/runtime/entry";
import { lambdaEntry } from "../../lib/runtime/entry";
import { act } from "./act";
import type { Action, Blind, Last, Limits, Progress, Seen, Step } from "./decide";
import { decideLaunch, decideTerminate } from "./decide";
import type { LifecycleEvent } from "./event";
import { parseEvent } from "./event";
import { observe } from "./observe";
import { orphanedHook, sweepStale } from "./leftovers";
import type { Services } from "./services";
import { buildServices } from "./services";

const POLL_MS = 500;
/** A leaving NAT's lanes move in a second or two; longer means that nobody can take them. */
const HANDOVER_MS = 10_000;
/** The hook's answer to a terminate that cannot be finished: the instance leaves anyway. */
const TERMINATE_DEADLINE_MS = 30_000;
/** Kept for the last look and for completing the hook. */
const RESERVE_MS = 8_000;

/**
 * Looks, decides and acts until the hook is answered.
 *
 * @throws Error for a malformed event or document, an unknown instance, or when the hook could not be answered: Lambda tries again,
 *   then the dead-letter queue has it.
 */
export async function handle(raw: unknown, services: Services, invocation: Invocation): Promise<void> {
  const parsed = parseEvent(raw, services.clock.now());
  if (parsed.kind === "ignored") return services.log.info("ignored", { because: parsed.because });
  const topology = await services.readTopology();
  if (parsed.kind === "sweep-stale") return sweepStale(topology, services);
  const event = parsed.kind === "finish-hook" ? await orphanedHook(parsed, topology, services) : parsed;
  if (event === undefined) return;
  if (!Object.values(topology.zones).some(({ asgName }) => asgName === event.hook.group)) {
    return services.log.info("ignored", { because: `${event.hook.group} is no Auto Scaling group of ${topology.env}` });
  }
  const { instanceId } = event.hook;
  const log = services.log.with({ instanceId, correlationId: `${event.kind}-${instanceId}` });
  await answerHook(event, topology, { ...services, log }, invocation);
}

async function answerHook(event: LifecycleEvent, topology: Topology, services: Services, invocation: Invocation): Promise<void> {
  const { clock, log } = services;
  const limits = limitsOf(event, services, invocation);
  const decide = event.kind === "launch" ? decideLaunch : decideTerminate;
  let progress = nothingDone(clock.now().getTime(), topology);
  let because = "";
  for (;;) {
    const seen = await look(event, topology, services);
    progress = { ...progress, ...presence(seen, progress, clock.now().getTime()) };
    const actions = decide(seen, progress, clock.now().getTime(), limits);
    const reasons = actions.map((action) => `${action.kind}: ${action.because}`).join("; ");
    const again = reasons === because;
    // The same decision every half second is one line.
    if (!again) log.info("decided", { evidence: evidenceOf(seen), actions });
    because = reasons;
    const last = actions.find(isLast);
    if (last !== undefined) return finish(last, event, services);
    const passedBefore = hasPassed(progress);
    progress = await act(actions.filter(isStep), progress, { event, topology, services });
    if (invocation.remainingMs() < POLL_MS)
      throw new Error(`the hook of ${event.hook.instanceId} was not answered in time: ${because}`);
    if (hasPassed(progress) && !passedBefore) continue;
    // A step that did not show, because it failed or AWS answers late, must not be repeated without a pause.
    if (again || actions.some(({ kind }) => kind === "wait")) await services.sleep(POLL_MS);
  }
}

function limitsOf(event: LifecycleEvent, { clock, settings }: Services, { remainingMs }: Invocation): Limits {
  const now = clock.now().getTime();
  const budget = event.kind === "launch" ? settings.launchDeadlineSeconds * 1_000 : TERMINATE_DEADLINE_MS;
  const deadlineAt = now + Math.max(0, Math.min(budget, remainingMs() - RESERVE_MS));
  return { instanceId: event.hook.instanceId, deadlineAt, handoverUntil: Math.min(now + HANDOVER_MS, deadlineAt) };
}

function nothingDone(now: number, topology: Topology): Progress {
  return {
    instanceSeen: false,
    absentSince: null,
    sourceDestCheckOff: false,
    keyEnsured: false,
    check: { state: "none", because: "not asked yet", notBefore: now },
    checkFailed: false,
    worksSince: null,
    targetDone: topology.targetGroupArn === undefined,
    electedAt: null,
    heartbeatAt: now,
  };
}

/** A look that failed says nothing of it. */
function presence(seen: Seen | Blind, { absentSince }: Progress, now: number): Partial<Progress> {
  if ("blind" in seen) return {};
  return seen.instance === "absent" ? { absentSince: absentSince ?? now } : { instanceSeen: true, absentSince: null };
}

async function look(event: LifecycleEvent, topology: Topology, services: Services): Promise<Seen | Blind> {
  try {
    return await observe(event, topology, services);
  } catch (error) {
    // No look will be better, and ABANDON at the deadline would replace NAT after NAT for a fault that none of them has.
    if (error instanceof MalformedDocument) throw error;
    services.log.warn("look failed", { error });
    return { blind: error instanceof Error ? error.message : String(error) };
  }
}

/** For the log. A peer is as EC2 has it; that it is one is what was seen here. */
function evidenceOf(seen: Seen | Blind): Readonly<Record<string, unknown>> {
  if ("blind" in seen) return { ...seen };
  const ids = ({ peers }: Peers): readonly string[] => peers.map(({ instanceId }) => instanceId);
  return { ...seen, published: ids(seen.published), derived: ids(seen.derived) };
}

async function finish(last: Last, event: LifecycleEvent, services: Services): Promise<void> {
  switch (last.kind) {
    case "complete":
      await services.hooks.complete(event.hook, last.result);
      if (last.result === "ABANDON") services.log.error("launch abandoned", { because: last.because });
      return;
    case "end":
      return;
    case "reject":
      throw new Error(last.because);
  }
}

function hasPassed({ check }: Progress): boolean {
  return check.state === "passed";
}

function isLast(action: Action): action is Last {
  return action.kind === "complete" || action.kind === "end" || action.kind === "reject";
}

function isStep(action: Action): action is Step {
  return !isLast(action) && action.kind !== "wait";
}

export const handler = lambdaEntry(buildServices, handle);
