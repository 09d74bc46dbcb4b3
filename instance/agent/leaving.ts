/**
 * When a NAT asks to leave, and when it may stop. Pure; asked several times a second, the first row that holds:
 *
 * | # | seen                                                                        | outcome     | says Leave |
 * |---|-----------------------------------------------------------------------------|-------------|------------|
 * | 1 | no cause                                                                    | none        | no         |
 * | 2 | this cause was not said yet                                                 | asked       | yes        |
 * | 3 | no lane served by this NAT for ≥ 3 s, and a drain is on record as leaving   | handed-over | no         |
 * | 4 | the same, not for so long yet                                               | asked       | no         |
 * | 5 | an unforced drain, refused since it was asked                               | refused     | no         |
 * | 6 | said ≥ 3 s ago                                                              | asked       | yes        |
 * | 7 | else                                                                        | asked       | no         |
 *
 * Of several causes the most pressing counts: Spot, then shutdown (a request, or the group ends the instance), drain, rebalance.
 * EC2 shows a route or an address where it was sent before packets go there (assumption A2): a NAT that stopped at once would cut what still
 * comes to it, hence the 3 s. Rows 3 to 7 follow what the record says now: lanes that come back to a NAT that is to stop are asked away again.
 */
import type { Leave } from "../../contract/messages";

/** What instance metadata says of this instance's future. */
export interface Notices {
  /** Spot stops or ends it. */
  readonly spotAction: boolean;
  /** EC2 expects to take it back. */
  readonly rebalance: boolean;
  /** Where its Auto Scaling group wants it, e.g. `InService`, `Terminated`; null when it says nothing. */
  readonly targetLifecycle: string | null;
}

/** Somebody on this machine wants it to leave (nat-drain). */
export interface LeaveRequest {
  readonly id: string;
  readonly because: "drain" | "shutdown";
  readonly force: boolean;
  /** Milliseconds since the epoch; nobody waits for an answer any more. */
  readonly until: number;
}

/** What the `state` parameter says of this NAT. */
export interface Standing {
  readonly lanes: readonly string[];
  readonly leaving: boolean;
  readonly refusal: { readonly at: string; readonly because: string } | null;
}

export interface LeaveInput {
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly notices: Notices;
  readonly request: LeaveRequest | null;
  /** Null: not read since there is a cause. */
  readonly standing: Standing | null;
  readonly memory: LeaveMemory | null;
}

/** The cause that was said last, and when. */
export interface LeaveMemory {
  readonly cause: Cause;
  readonly firstSaidAt: number;
  readonly saidAt: number;
  /** Since when no lane is on record as served by this NAT; null while one is. */
  readonly freeSince: number | null;
}

export interface Cause extends Pick<Leave, "because" | "force"> {
  /** ID of the request; null for a notice. */
  readonly request: string | null;
}

export interface LeaveDecision {
  readonly outcome: "none" | "asked" | "handed-over" | "refused";
  /** Null without a cause. */
  readonly cause: Cause | null;
  readonly say: boolean;
  readonly why: string;
  readonly memory: LeaveMemory | null;
}

export const SAY_AGAIN_MS = 3_000;
/** For how long a NAT goes on forwarding after the record has its lanes elsewhere. */
export const LINGER_MS = 3_000;
/** A refusal on record may be an older one: it counts when it is as young as the asking, or stays although asked for so long. */
const OLD_REFUSAL_MS = 10_000;
/** How far the clocks of this machine and the functions may be apart. */
const SKEW_MS = 5_000;

export function decideLeave({ now, notices, request, standing, memory }: LeaveInput): LeaveDecision {
  const cause = causeOf(notices, request, now);
  if (cause === null) return { outcome: "none", cause, say: false, why: "nothing asks this NAT to leave", memory: null };
  const asked = (why: string, said: LeaveMemory): LeaveDecision => ({
    outcome: "asked",
    cause,
    say: said.saidAt === now,
    why,
    memory: said,
  });
  if (memory === null || !same(memory.cause, cause)) {
    return asked("asked to leave", { cause, firstSaidAt: now, saidAt: now, freeSince: null });
  }
  if (standing !== null && standing.lanes.length === 0 && (standing.leaving || cause.because !== "drain")) {
    const free = { ...memory, freeSince: memory.freeSince ?? now };
    if (now - free.freeSince >= LINGER_MS)
      return { outcome: "handed-over", cause, say: false, why: "no lane is served by this NAT", memory: free };
    return { outcome: "asked", cause, say: false, why: "its lanes are elsewhere; packets may come for a moment", memory: free };
  }
  const refusal = refusalOf(cause, standing, memory, now);
  const held = { ...memory, freeSince: null };
  if (refusal !== null) return { outcome: "refused", cause, say: false, why: refusal, memory: held };
  const why = waitingFor(standing);
  return asked(why, now - memory.saidAt >= SAY_AGAIN_MS ? { ...held, saidAt: now } : held);
}

function causeOf(notices: Notices, request: LeaveRequest | null, now: number): Cause | null {
  const wanted = request !== null && now < request.until ? request : null;
  // A request keeps its ID whatever else presses: whoever made it waits for the answer.
  const pressing = (because: Leave["because"]): Cause => ({
    because,
    force: wanted?.force ?? false,
    request: wanted?.id ?? null,
  });
  if (notices.spotAction) return pressing("spot-interruption");
  if (wanted?.because === "shutdown" || notices.targetLifecycle === "Terminated") return pressing("shutdown");
  if (wanted !== null) return pressing("drain");
  return notices.rebalance ? pressing("rebalance") : null;
}

function same(a: Cause, b: Cause): boolean {
  return a.because === b.because && a.force === b.force && a.request === b.request;
}

function refusalOf(cause: Cause, standing: Standing | null, { firstSaidAt }: LeaveMemory, now: number): string | null {
  if (cause.because !== "drain" || cause.force || standing === null || standing.refusal === null) return null;
  const { at, because } = standing.refusal;
  return Date.parse(at) >= firstSaidAt - SKEW_MS || now - firstSaidAt >= OLD_REFUSAL_MS ? because : null;
}

function waitingFor(standing: Standing | null): string {
  if (standing === null) return "the state parameter has not been read since";
  if (standing.lanes.length === 0) return "no lane is served by this NAT, but its leaving is not on record yet";
  return `${standing.lanes.join(", ")} still served by this NAT`;
}
