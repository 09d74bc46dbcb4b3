/**
 * Whom to suspect, and whether to say so now. Pure: state, clock and policy are arguments.
 *
 * | about | own self-probe | do I miss it? | witnesses (peers I hear, suspect not counted) | → |
 * | ----- | -------------- | ------------- | ---------------------------------------------- | - |
 * | me    | failed         | -             | -                      | suspect me, at once |
 * | me    | ok, unknown    | -             | -                      | nothing |
 * | peer  | any            | no            | -                      | nothing |
 * | peer  | any            | yes           | some, none misses it   | nothing: the path between us may be broken |
 * | peer  | ok             | yes           | some, one misses it    | suspect it; at once when no healthy observer has a lower ID, else after the backoff |
 * | peer  | not ok         | yes           | some, one misses it    | suspect it, after the backoff |
 * | peer  | ok             | yes           | none                   | suspect it, at once |
 * | peer  | not ok         | yes           | none                   | nothing: it may be me who is cut off |
 *
 * A suspicion is repeated while it lasts: every REPEAT_MS, after EAGER_MS every CALM_MS. It only triggers a look.
 */
import type { PeerView } from "./peer-table";

export const REPEAT_MS = 1_000;
export const EAGER_MS = 10_000;
export const CALM_MS = 10_000;

export type ProbeState = "ok" | "failed" | "unknown";

export interface SuspicionInput {
  /** Milliseconds of a monotonic clock. */
  readonly now: number;
  readonly self: { readonly instanceId: string; readonly probe: ProbeState; readonly healthy: boolean };
  readonly peers: readonly PeerView[];
  readonly observerBackoffMs: number;
  readonly memory: SuspicionMemory;
}

/** Suspect → since when, and when this NAT last said so. */
export type SuspicionMemory = ReadonlyMap<string, { readonly since: number; readonly sentAt: number | null }>;

export interface SuspicionDraft {
  readonly suspect: string;
  readonly reason: "missed-heartbeats" | "self-probe";
  /** Sorted; this NAT included. */
  readonly observers: readonly string[];
}

export interface SuspicionDecision {
  readonly send: readonly SuspicionDraft[];
  readonly memory: SuspicionMemory;
}

export function decideSuspicions(input: SuspicionInput): SuspicionDecision {
  const memory = new Map<string, { since: number; sentAt: number | null }>();
  const send: SuspicionDraft[] = [];
  for (const { draft, first } of suspicions(input)) {
    const known = input.memory.get(draft.suspect) ?? { since: input.now, sentAt: null };
    const due = isDue(known, first ? 0 : input.observerBackoffMs, input.now);
    memory.set(draft.suspect, due ? { ...known, sentAt: input.now } : known);
    if (due) send.push(draft);
  }
  return { send, memory };
}

/** What is suspected now; `first` when this NAT is the one to speak at once. */
function suspicions(input: SuspicionInput): readonly { readonly draft: SuspicionDraft; readonly first: boolean }[] {
  const { self, peers } = input;
  const own: SuspicionDraft = { suspect: self.instanceId, reason: "self-probe", observers: [self.instanceId] };
  const others = peers.filter(({ hearing }) => hearing === "missing").flatMap(({ instanceId }) => suspectPeer(instanceId, input));
  return self.probe === "failed" ? [{ draft: own, first: true }, ...others] : others;
}

function suspectPeer(suspect: string, { self, peers }: SuspicionInput) {
  const witnesses = peers.filter(({ instanceId, hearing }) => hearing === "heard" && instanceId !== suspect);
  const agreeing = witnesses.filter(({ says }) => says?.misses.includes(suspect));
  if (witnesses.length > 0 ? agreeing.length === 0 : self.probe !== "ok") return [];

  const observers = [self.instanceId, ...agreeing.map(({ instanceId }) => instanceId)].sort();
  const draft: SuspicionDraft = { suspect, reason: "missed-heartbeats", observers };
  const lowerHealthy = agreeing.some(({ instanceId, says }) => says?.ok === true && instanceId < self.instanceId);
  return [{ draft, first: self.healthy && self.probe === "ok" && !lowerHealthy }];
}

function isDue(known: { since: number; sentAt: number | null }, waitMs: number, now: number): boolean {
  if (known.sentAt === null) return now - known.since >= waitMs;
  return now - known.sentAt >= (now - known.since < EAGER_MS ? REPEAT_MS : CALM_MS);
}
