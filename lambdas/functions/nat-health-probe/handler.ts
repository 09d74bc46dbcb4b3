import { setTimeout as sleep } from "node:timers/promises";
import { FUNCTION_NAMES } from "../../../contract/functions";
import type { Report } from "../../../contract/report";
import { PROMPT_MS, autoScalingClient, elbClient, lambdaClient, sqsClient, ssmClient } from "../../lib/aws/clients";
import { topologyParameter } from "../../lib/aws/fleet-documents";
import { groupMembers } from "../../lib/aws/fleet-observer";
import { fleetQueue } from "../../lib/aws/fleet-queue";
import { functionStarter } from "../../lib/aws/function-starter";
import { readParameters } from "../../lib/aws/parameters";
import { proberInvoker } from "../../lib/aws/prober-invoker";
import { parseScheduled } from "../../lib/aws/scheduled";
import { peersSchema } from "../../lib/aws/schemas";
import { readTargetHealth } from "../../lib/aws/target-group";
import type { Clock } from "../../lib/domain/ports";
import type { Invocation, Runtime } from "../../lib/runtime/entry";
import { lambdaEntry } from "../../lib/runtime/entry";
import type { Hands } from "./act";
import { act } from "./act";
import type { Memory } from "./decide";
import { decide, NO_MEMORY } from "./decide";
import { measure } from "./measure";
import type { Eyes, Fleet, Seen } from "./observe";
import { laneRounds, observe, toReport } from "./observe";
import { NOTHING_SWEPT } from "./sweep";
import { sweepRound } from "./sweep-round";
import type { Sweeper } from "./sweep-round";
import type { Settings } from "./settings";
import { parseSettings } from "./settings";

/** A breach that lasts is told again after this: the first message may have met a fleet that could not be helped yet. */
const BREACH_REPEAT_MS = 30_000;
/** The next tick is a minute after this one; a loop that goes on would only double its rounds. */
const TICK_MS = 60_000;
/** For the calls around the probes: parameters, queue, metrics. */
const ROUND_OVERHEAD_MS = 3_000;

export interface Services extends Eyes, Hands, Sweeper {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly sleep: (ms: number) => Promise<unknown>;
  readonly readFleet: () => Promise<Fleet>;
  /** Lives as long as the warm process; a new process starts with none, which delays a breach, never invents one. */
  readonly memory: { current: Memory };
}

export function buildServices(runtime: Runtime): Services {
  const settings = parseSettings(runtime.environment);
  const { capture, log, metrics, clock } = runtime;
  const ssm = ssmClient(capture, PROMPT_MS);
  const elb = elbClient(capture, PROMPT_MS);
  const lambda = lambdaClient(capture);
  const autoScaling = autoScalingClient(capture, PROMPT_MS);
  const parameters = {
    topology: topologyParameter(settings.topologyParameter, settings.env),
    peers: { name: settings.peersParameter, schema: peersSchema, ifMissing: { schema: 1, peers: [] } },
  } as const;
  return {
    settings,
    env: settings.env,
    log,
    metrics,
    clock,
    sleep,
    memory: { current: NO_MEMORY },
    readFleet: () => readParameters(ssm, parameters),
    swept: { current: NOTHING_SWEPT },
    readMembers: (groupNames) => groupMembers(autoScaling, groupNames),
    askProber: proberInvoker(lambda),
    askHandler: functionStarter(lambda, settings.lifecycleFunction),
    readTargetHealth: (arn) => readTargetHealth(elb, arn),
    send: fleetQueue(sqsClient(capture, PROMPT_MS), settings.queueUrl),
  };
}

/** A Report when one was asked for, else undefined after a minute of rounds. */
export async function handle(raw: unknown, services: Services, invocation: Invocation): Promise<Report | undefined> {
  const event = parseScheduled(raw, FUNCTION_NAMES.healthProbe, services.clock.now());
  switch (event.kind) {
    case "ignored":
      services.log.info("ignored", { because: event.because });
      return undefined;
    case "report": {
      const fleet = await services.readFleet();
      return toReport(fleet, await observe(fleet, services, services.settings), services.clock.now());
    }
    case "tick":
      await loop(services, invocation);
      return undefined;
  }
}

async function loop(services: Services, { remainingMs }: Invocation): Promise<void> {
  const { settings, clock } = services;
  const intervalMs = settings.probeIntervalSeconds * 1_000;
  const roundMs = Math.max(settings.probeDeadlineMs, settings.healthzDeadlineMs) + ROUND_OVERHEAD_MS;
  const begun = clock.now().getTime();
  let fleet = await services.readFleet();
  for (;;) {
    const started = clock.now().getTime();
    await round(fleet, services);
    const waitMs = Math.max(0, started + intervalMs - clock.now().getTime());
    if (remainingMs() < waitMs + roundMs || clock.now().getTime() + waitMs - begun >= TICK_MS) return;
    await services.sleep(waitMs);
    fleet = await readFleetAgain(fleet, services);
  }
}

async function round(fleet: Fleet, services: Services): Promise<void> {
  const { settings, memory } = services;
  const seen = await observe(fleet, services, settings);
  const now = services.clock.now();
  const policy = { failures: settings.breachFailures, window: settings.breachWindow, repeatMs: BREACH_REPEAT_MS };
  const decided = decide(memory.current, { at: now.getTime(), lanes: laneRounds(seen) }, policy);
  for (const { name, value, unit, dimensions } of measure(settings.env, fleet, seen)) {
    services.metrics.put(name, value, unit, dimensions);
  }
  services.log.info("round", summary(seen));
  await act(decided.actions, now, services);
  const isMinute = decided.memory.sweptMinute !== memory.current.sweptMinute;
  if (isMinute) await sweepRound(fleet, seen, now.getTime(), settings.launchDeadlineSeconds * 1_000, services);
  // After the messages are sent: a breach that could not be told is told by the next round.
  memory.current = decided.memory;
}

/** What a person asks of a round first: what did not answer, and what the load balancer thinks of the same NATs. */
function summary(seen: Seen): Readonly<Record<string, unknown>> {
  const failing: Readonly<Record<string, unknown>>[] = [];
  for (const { lane, answer } of seen.lanes) {
    if ("error" in answer) failing.push({ lane, error: answer.error });
    else for (const result of answer.probe?.results ?? []) if (!result.ok) failing.push({ lane, ...result });
  }
  return { lanes: seen.lanes.length, failing, unhealthyTargets: seen.targets?.filter(({ state }) => state !== "healthy") };
}

/** The fleet of seconds ago is good enough to go on probing; the next invocation starts with a fresh one or fails. */
async function readFleetAgain(known: Fleet, services: Services): Promise<Fleet> {
  try {
    return await services.readFleet();
  } catch (error) {
    services.log.warn("parameters could not be read; going on with those of the last round", { error });
    return known;
  }
}

export const handler = lambdaEntry(buildServices, handle);
