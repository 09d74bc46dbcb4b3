/** What was left behind: its matrix stands in decide.ts. Pure; memory is an argument and a result. */
import type { LifecycleRequest } from "../../../contract/lifecycle";
import type { Peers } from "../../../contract/parameters";
import type { GroupMember } from "../../lib/domain/fleet";
import { staleEntries } from "../../lib/domain/leftovers";

export interface SweepMemory {
  /** `<instance ID> <lifecycle>` → since when it was seen so without a break, or asked for. Milliseconds since the epoch. */
  readonly waitingSince: Readonly<Record<string, number>>;
  /** What the look before found stale, or missing. */
  readonly stale: readonly string[];
}

export const NOTHING_SWEPT: SweepMemory = { waitingSince: {}, stale: [] };

export interface SweepLook {
  readonly members: readonly GroupMember[];
  readonly peers: Peers;
  /** Instance IDs in the target group; empty where there is none, or it could not be read. */
  readonly targets: readonly string[];
}

export interface SweepLimits {
  /** A launch hook's handler is at work for no longer. */
  readonly launchMs: number;
}

export interface Ask {
  readonly request: LifecycleRequest;
  readonly because: string;
}

const SLACK_MS = 60_000;
/** The handler's own deadline for a leaving NAT. */
const TERMINATE_MS = 30_000;

export function decideSweep(
  memory: SweepMemory,
  look: SweepLook,
  now: number,
  limits: SweepLimits,
): { readonly memory: SweepMemory; readonly asks: readonly Ask[] } {
  const asks: Ask[] = [];
  const waitingSince: Record<string, number> = {};
  for (const { instanceId, lifecycle } of look.members) {
    const transition = TRANSITIONS[lifecycle];
    if (transition === undefined) continue;
    const key = `${instanceId} ${lifecycle}`;
    const since = memory.waitingSince[key] ?? now;
    const limitMs = (transition === "launch" ? limits.launchMs : TERMINATE_MS) + SLACK_MS;
    waitingSince[key] = since;
    if (now - since < limitMs) continue;
    // Asked once in a limit: who takes it up now needs as long again.
    waitingSince[key] = now;
    const because = `${instanceId} is ${lifecycle} for ${Math.round((now - since) / 1_000)} s`;
    asks.push({ request: { schema: 1, kind: "finish-hook", transition, instanceId }, because });
  }
  const found = staleEntries({ ...look, instances: [] });
  const stale = [
    ...found.peers.map((id) => `peer ${id}`),
    ...found.targets.map((id) => `target ${id}`),
    ...unpublished(look).map((id) => `no peer ${id}`),
  ];
  const twice = stale.filter((what) => memory.stale.includes(what));
  if (twice.length > 0)
    asks.push({ request: { schema: 1, kind: "sweep-stale" }, because: `left over, or left out: ${twice.join(", ")}` });
  return { memory: { waitingSince, stale }, asks };
}

/** In service, and no peer. One that launches is published by its own hook's handler. */
function unpublished({ members, peers }: SweepLook): readonly string[] {
  const published = new Set(peers.peers.map(({ instanceId }) => instanceId));
  const inService = members.filter(({ lifecycle }) => lifecycle === "InService");
  return inService.map(({ instanceId }) => instanceId).filter((id) => !published.has(id));
}

const TRANSITIONS: Readonly<Record<string, "launch" | "terminate">> = {
  "Pending:Wait": "launch",
  "Terminating:Wait": "terminate",
};
