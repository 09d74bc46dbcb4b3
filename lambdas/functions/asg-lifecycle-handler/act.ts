import type { Topology } from "../../../contract/parameters";
import type { CheckProgress, Progress, Step } from "./decide";
import type { LifecycleEvent } from "./event";
import type { Services } from "./services";

export interface Work {
  readonly event: LifecycleEvent;
  readonly topology: Topology;
  readonly services: Services;
}

/** After a failed check: a boot may still be under way, and each try is a command on the instance. */
const CHECK_PAUSE_MS = 1_000;
/** After "not online": asks Systems Manager only, costs the instance nothing. */
const OFFLINE_PAUSE_MS = 500;

/**
 * Carries out the steps of one look side by side; they do not depend on each other.
 *
 * @returns what is done now. A step that failed is logged and not done: the next look decides again, until the deadline.
 */
export async function act(steps: readonly Step[], progress: Progress, work: Work): Promise<Progress> {
  const results = await Promise.allSettled(steps.map((step) => carryOut(step, progress, work)));
  let next = progress;
  results.forEach((result, index) => {
    if (result.status === "fulfilled") next = { ...next, ...result.value };
    else work.services.log.warn("step failed", { step: steps[index]?.kind, error: result.reason as unknown });
  });
  return next;
}

async function carryOut(step: Step, progress: Progress, { event, topology, services }: Work): Promise<Partial<Progress>> {
  const { instanceId } = event.hook;
  const now = (): number => services.clock.now().getTime();
  switch (step.kind) {
    case "switch-off-source-dest-check":
      await services.switchOffSourceDestCheck(instanceId);
      return { sourceDestCheckOff: true };
    case "ensure-key":
      services.log.info("heartbeat key", { outcome: await services.ensureKey(services.newKey()) });
      return { keyEnsured: true };
    case "publish-peers":
      await services.writePeers(step.peers);
      return {};
    case "start-check": {
      const start = await services.check.start(instanceId);
      const { patienceMs } = step;
      if (start.started) return { check: { state: "running", commandId: start.commandId, startedAt: now(), patienceMs } };
      return { check: { state: "none", because: start.because, notBefore: now() + OFFLINE_PAUSE_MS } };
    }
    case "read-check":
      return readCheck(step.commandId, instanceId, progress, services);
    case "register":
      if (topology.targetGroupArn !== undefined) await services.register(topology.targetGroupArn, instanceId);
      return { targetDone: true };
    case "deregister":
      if (topology.targetGroupArn !== undefined) await services.deregister(topology.targetGroupArn, instanceId);
      return { targetDone: true };
    case "elect":
      return elect(event, services);
    case "heartbeat":
      await services.hooks.heartbeat(event.hook);
      return { heartbeatAt: now() };
  }
}

async function readCheck(
  commandId: string,
  instanceId: string,
  { worksSince }: Progress,
  services: Services,
): Promise<Partial<Progress>> {
  const result = await services.check.result(commandId, instanceId);
  if (result.state === "running") return {};
  const now = services.clock.now().getTime();
  const notBefore = now + CHECK_PAUSE_MS;
  if (result.state === "passed") {
    return {
      check: { state: "passed", replication: result.replication, notBefore },
      worksSince: worksSince ?? now,
      checkFailed: false,
    };
  }
  services.log.info("check failed", { instanceId, commandId, because: result.because });
  const check: CheckProgress = { state: "none", because: result.because, notBefore };
  return result.failing === null ? { check } : { check, checkFailed: true };
}

async function elect(event: LifecycleEvent, { clock, log, send, settings }: Services): Promise<Partial<Progress>> {
  const at = clock.now();
  const { instanceId } = event.hook;
  const because = event.kind === "launch" ? "launched" : "terminating";
  // The time makes each asking a message of its own: the queue takes equal IDs within five minutes for one.
  const correlationId = `${event.kind}-${instanceId}-${at.getTime()}`;
  // Said before it is done: what nat-route-failover says of it comes later.
  log.info("asks for an election", { correlationId, because });
  await send({ schema: 1, kind: "elect", env: settings.env, at: at.toISOString(), correlationId, instanceId, because });
  return { electedAt: at.getTime() };
}
