import { setTimeout as sleep } from "node:timers/promises";
import { FUNCTION_NAMES } from "../../../contract/functions";
import { holdInForce } from "../../../contract/parameters";
import type { FleetRecord, Topology } from "../../../contract/parameters";
import { addresses } from "../../lib/aws/addresses";
import { autoScalingClient, ec2Client, sqsClient, ssmClient } from "../../lib/aws/clients";
import { recordParameter, topologyParameter } from "../../lib/aws/fleet-documents";
import { fleetObserver } from "../../lib/aws/fleet-observer";
import { fleetQueue } from "../../lib/aws/fleet-queue";
import { readParameters } from "../../lib/aws/parameters";
import { routeTables } from "../../lib/aws/route-tables";
import type { Drift } from "../../lib/domain/drift";
import type { Clock, Waiter } from "../../lib/domain/ports";
import { EMPTY_RECORD } from "../../lib/domain/record";
import { driftReporter } from "../../lib/runtime/drift-report";
import type { DriftReporter } from "../../lib/runtime/drift-report";
import { lambdaEntry } from "../../lib/runtime/entry";
import type { Runtime } from "../../lib/runtime/entry";
import { askForRepair } from "./act";
import type { Hands, Keys } from "./act";
import { concerns } from "./concern";
import { decide, judge, strays } from "./decide";
import { parseEvent } from "./event";
import type { Mover } from "./event";
import { observe } from "./observe";
import type { Eyes } from "./observe";
import { parseSettings } from "./settings";

/** A move, from its first write until EC2 shows all of it (assumed p99 of a call and of its effect, and some). */
export const SETTLE_MS = 4_000;
/** A look and a move of nat-route-failover, twice: the first may meet a message that is being worked on. */
export const REPAIR_MS = 20_000;
const POLL_MS = 1_000;
/** A lane that a deployment added is judged wrongly for so long at most, and watched by the schedule all the same. */
const RECENT_MS = 60_000;

export interface Services extends Eyes, Hands {
  readonly readTopology: () => Promise<Topology>;
  /** Asked only where there is something to mend. */
  readonly readRecord: () => Promise<FleetRecord>;
  /** Good enough to judge whether an event concerns us; read once in a minute however many there are. */
  readonly recentTopology: () => Promise<Topology>;
  readonly drift: DriftReporter;
  readonly clock: Clock;
  readonly waiter: Waiter;
  readonly sleep: (ms: number) => Promise<unknown>;
}

export function buildServices({ environment, capture, log, metrics, clock, waiter }: Runtime): Services {
  const { env, topologyParameter: topologyName, stateParameter, queueUrl } = parseSettings(environment);
  const ec2 = ec2Client(capture);
  const ssm = ssmClient(capture);
  const topology = topologyParameter(topologyName, env);
  const record = recordParameter(stateParameter, EMPTY_RECORD);
  const readTopology = async (): Promise<Topology> => (await readParameters(ssm, { topology })).topology;
  return {
    env,
    fleet: fleetObserver(ec2, autoScalingClient(capture), env, log),
    routes: routeTables(ec2),
    addresses: addresses(ec2),
    send: fleetQueue(sqsClient(capture), queueUrl),
    readTopology,
    readRecord: async () => (await readParameters(ssm, { record })).record,
    recentTopology: readAtMostEvery(RECENT_MS, readTopology, clock),
    drift: driftReporter(env, FUNCTION_NAMES.eipRecover, log, metrics),
    clock,
    waiter,
    sleep,
    log,
  };
}

/** Reads again when the last answer is older; what failed is no answer. */
export function readAtMostEvery<T>(ms: number, read: () => Promise<T>, clock: Clock): () => Promise<T> {
  let last: { readonly value: T; readonly at: number } | undefined;
  return async () => {
    const now = clock.now().getTime();
    if (last === undefined || now - last.at >= ms) last = { value: await read(), at: now };
    return last.value;
  };
}

/** Drift that is there now, when a report was asked for; else undefined after all is said and done. */
export async function handle(raw: unknown, s: Services): Promise<{ readonly drift: readonly Drift[] } | undefined> {
  const event = parseEvent(raw, s.clock.now());
  if (event.kind === "ignored") {
    s.log.info("ignored", { because: event.because });
    return undefined;
  }
  if (event.kind === "look" && event.named !== null && !concerns(event.named, await s.recentTopology())) {
    s.log.info("ignored", { because: `${event.because} names no address of a lane` });
    return undefined;
  }
  const topology = await s.readTopology();
  if (event.kind === "report") return { drift: await straysNow(topology, s) };
  const drifts = await look(topology, s);
  if (drifts.length === 0) s.drift.left([]);
  else await recover(drifts, event.mover, topology, s);
  return undefined;
}

async function straysNow(topology: Topology, s: Services): Promise<readonly Drift[]> {
  const { world, vanished } = await observe(topology, s);
  return strays(world, vanished);
}

/** Drift that two looks agree on. */
async function look(topology: Topology, s: Services): Promise<readonly Drift[]> {
  const first = decide(await straysNow(topology, s), null);
  if (first.kind !== "look-again") return [];
  await s.sleep(SETTLE_MS);
  const second = decide(await straysNow(topology, s), first.suspected);
  if (second.kind === "repair") return second.drifts;
  s.log.info("addresses were on their way", { suspected: first.suspected });
  return [];
}

async function recover(drifts: readonly Drift[], mover: Mover | null, topology: Topology, s: Services): Promise<void> {
  const now = s.clock.now();
  const keys = { correlationId: `${FUNCTION_NAMES.eipRecover}-${now.getTime()}`, ...(await holdNow(s)) };
  await askForRepair(drifts, keys, now, s);
  s.drift.found(drifts, { ...keys, movedBy: mover ?? "unknown" });
  let outcome = judge(drifts, drifts);
  await s.waiter.until(
    async () => {
      outcome = judge(drifts, await straysNow(topology, s));
      return outcome.left.length === 0;
    },
    { intervalMs: POLL_MS, deadlineMs: REPAIR_MS },
  );
  s.drift.mended(outcome.mended, keys);
  s.drift.left(outcome.left, keys);
}

/** For who reads why nothing is mended. That it cannot be told keeps nobody from asking. */
async function holdNow({ readRecord, clock, log }: Services): Promise<Pick<Keys, "hold">> {
  try {
    const hold = holdInForce(await readRecord(), clock.now());
    return hold === undefined ? {} : { hold };
  } catch (error) {
    log.warn("cannot tell whether an operator holds", { error });
    return {};
  }
}

export const handler = lambdaEntry(buildServices, handle);
