import type { Peers, Topology } from "../../../contract/parameters";
import type { HealthzResult, ProberResponse } from "../../../contract/prober";
import type { Report } from "../../../contract/report";
import { ProberNotAsked } from "../../lib/aws/prober-invoker";
import type { AskProber } from "../../lib/aws/prober-invoker";
import type { TargetHealth } from "../../lib/aws/target-group";
import type { Log } from "../../lib/domain/ports";
import type { LaneRound } from "./decide";

/** What exists. */
export interface Fleet {
  readonly topology: Topology;
  readonly peers: Peers;
}

export interface LaneSeen {
  readonly lane: string;
  /** `asked`: the prober itself failed or was silent. Not asked: Lambda refused the call, and nothing is known of the lane. */
  readonly answer: ProberResponse | { readonly error: string; readonly asked: boolean };
}

export interface Seen {
  readonly lanes: readonly LaneSeen[];
  /** Instance ID → the best answer any prober got. */
  readonly nats: ReadonlyMap<string, HealthzResult>;
  /** Undefined: there is no target group, or it could not be read. */
  readonly targets: readonly TargetHealth[] | undefined;
}

export interface Eyes {
  readonly askProber: AskProber;
  readonly readTargetHealth: (targetGroupArn: string) => Promise<readonly TargetHealth[]>;
  readonly log: Log;
}

export interface Deadlines {
  readonly probeDeadlineMs: number;
  readonly healthzDeadlineMs: number;
}

/** A prober's answer needs its deadlines and a way there and back; a cold one starts within this. */
const INVOCATION_MARGIN_MS = 1_500;

/** One round: every lane's prober at once. A prober that does not answer is an observation: its lane has failed. One that could not be asked is none. */
export async function observe(fleet: Fleet, eyes: Eyes, deadlines: Deadlines): Promise<Seen> {
  const [lanes, targets] = await Promise.all([askLanes(fleet, eyes, deadlines), askTargetGroup(fleet.topology, eyes)]);
  const nats = new Map<string, HealthzResult>();
  for (const { answer } of lanes) {
    for (const result of ("error" in answer ? undefined : answer.healthz) ?? []) {
      const known = nats.get(result.instanceId);
      if (known === undefined || rank(result) < rank(known)) nats.set(result.instanceId, result);
    }
  }
  return { lanes, nats, targets };
}

/** As the decision wants it. A prober that answers without the part that was asked has not looked: its lane counts as unanswered. */
export function laneRounds(seen: Seen): Readonly<Record<string, LaneRound>> {
  return Object.fromEntries(seen.lanes.map(({ lane, answer }) => [lane, laneRound(answer)]));
}

function laneRound(answer: LaneSeen["answer"]): LaneRound {
  if ("error" in answer) return answer.asked ? null : "not-asked";
  if (answer.probe === undefined) return null;
  const targets: Record<string, boolean> = {};
  for (const { target, ok } of answer.probe.results) targets[target] = ok && targets[target] !== false;
  return targets;
}

export function toReport(fleet: Fleet, seen: Seen, at: Date): Report {
  return {
    schema: 1,
    at: at.toISOString(),
    lanes: seen.lanes.map(({ lane, answer }) =>
      "error" in answer
        ? { lane, prober: "failed", error: answer.error, results: [], publicAddress: null }
        : { lane, prober: "answered", results: answer.probe?.results ?? [], publicAddress: answer.probe?.publicAddress ?? null },
    ),
    nats: fleet.peers.peers.map(({ instanceId, name, zone }) => ({
      name,
      zone,
      result: seen.nats.get(instanceId) ?? { instanceId, outcome: "unasked" },
    })),
    targets: seen.targets ?? [],
  };
}

async function askLanes(fleet: Fleet, eyes: Eyes, deadlines: Deadlines): Promise<readonly LaneSeen[]> {
  const nats = fleet.peers.peers.map(({ instanceId, address }) => ({ instanceId, address }));
  const request = {
    schema: 1,
    probe: { deadlineMs: deadlines.probeDeadlineMs },
    ...(nats.length === 0 ? {} : { healthz: { deadlineMs: deadlines.healthzDeadlineMs, nats } }),
  } as const;
  const patience = Math.max(deadlines.probeDeadlineMs, deadlines.healthzDeadlineMs) + INVOCATION_MARGIN_MS;
  return Promise.all(
    fleet.topology.lanes.map(async (prober): Promise<LaneSeen> => {
      const { lane } = prober;
      try {
        return { lane, answer: await eyes.askProber(prober, request, patience) };
      } catch (error) {
        const asked = !(error instanceof ProberNotAsked);
        if (!asked) eyes.log.warn("a prober could not be asked; nothing is known of its lane", { lane, error });
        return { lane, answer: { error: error instanceof Error ? error.message : String(error), asked } };
      }
    }),
  );
}

/** The load balancer's opinion is evidence for people; without it the round still stands. */
async function askTargetGroup({ targetGroupArn }: Topology, eyes: Eyes): Promise<Seen["targets"]> {
  if (targetGroupArn === undefined) return undefined;
  try {
    return await eyes.readTargetHealth(targetGroupArn);
  } catch (error) {
    eyes.log.warn("target health could not be read; going on without it", { error });
    return undefined;
  }
}

/** One prober that reached the NAT knows more than another that did not. */
function rank(result: HealthzResult): number {
  return ["answered", "malformed", "refused", "timeout"].indexOf(result.outcome);
}
