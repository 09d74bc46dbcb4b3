import { setTimeout as wait } from "node:timers/promises";
import type { LabStatus } from "../holder/status";
import type { Place } from "./site";

/** What the fleet is, as far as chaos may not change it. */
export interface Snapshot {
  /** Instance IDs of the groups' members. */
  readonly instances: readonly string[];
  /** By lane: the instance that serves it. */
  readonly servers: Readonly<Record<string, string | undefined>>;
}

/** What an occasion is about: only this may be different afterwards. */
export interface Touched {
  readonly instances: readonly string[];
  readonly lanes: readonly string[];
}

const POLL_MS = 500;

export function snapshotOf({ instances, lanes }: LabStatus): Snapshot {
  return {
    instances: instances.map(({ instanceId }) => instanceId),
    servers: Object.fromEntries(lanes.map(({ lane, target }) => [lane, target?.instanceId])),
  };
}

/** What is different though the occasion is not about it. */
export function strayChanges(before: Snapshot, after: Snapshot, touched: Touched): readonly string[] {
  const gone = before.instances.filter((id) => !after.instances.includes(id) && !touched.instances.includes(id));
  const moved = Object.entries(before.servers).filter(
    ([lane, server]) => after.servers[lane] !== server && !touched.lanes.includes(lane),
  );
  return [
    ...gone.map((id) => `${id} is gone, which nobody touched`),
    ...moved.map(([lane, server]) => `lane ${lane} went from ${server ?? "nobody"} to ${after.servers[lane] ?? "nobody"}`),
  ];
}

/** Why the fleet is not as it must be; empty when every rule holds and nothing is left to do. */
export async function whyNot(site: Place, before: Snapshot, touched: Touched): Promise<readonly string[]> {
  const fleet = await site.fleet();
  if (!fleet.ready) return fleet.waitingFor;
  const status = await site.status();
  const wrong = await Promise.all([
    Promise.resolve(strayChanges(before, snapshotOf(status), touched)),
    ...status.lanes.map(async ({ lane, addresses }) => {
      const seen = await site.egressOf(lane);
      const configured = addresses.map(({ publicIp }) => publicIp);
      if (seen !== undefined && configured.includes(seen)) return [];
      return [`lane ${lane} shows ${seen ?? "nothing"} to the internet, not ${configured.join(" or ")}`];
    }),
    Promise.resolve(status.hooks.map(({ instanceId, hook }) => `hook ${hook} of ${instanceId} waits`)),
  ]);
  const reasons = wrong.flat();
  if (reasons.length > 0) return reasons;
  const plan = await site.plan();
  if ("unknown" in plan) return [plan.unknown];
  const actions = plan.filter(({ kind }) => kind !== "none");
  return actions.map(({ kind, what, because }) => `the next plan is not empty: ${kind}: ${what}, because ${because}`);
}

/** Asks again and again; resolves to what was still wrong at the deadline, empty when all was well before. */
export async function within(deadlineMs: number, whatIsWrong: () => Promise<readonly string[]>): Promise<readonly string[]> {
  const deadline = performance.now() + deadlineMs;
  for (;;) {
    const wrong = await whatIsWrong();
    if (wrong.length === 0 || performance.now() > deadline) return wrong;
    await wait(POLL_MS);
  }
}
