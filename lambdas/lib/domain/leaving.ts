import { LEAVE_CAUSES } from "../../../contract/parameters";
import type { FleetRecord, LeaveCause, Notice } from "../../../contract/parameters";
import { isBroken, isHealthy } from "./evidence";
import type { Nat, World } from "./fleet";

/**
 * How long a leaving NAT that still works keeps its lanes while nobody of their zone holds its flows; then they go wherever somebody
 * is healthy. Milliseconds from the notice. Spot gives two minutes, of which the move and the way out need most; a lifecycle hook and
 * a machine that shuts down wait for seconds only; a recommendation and a drain have time.
 */
export const PATIENCE_MS: Readonly<Record<LeaveCause, number>> = {
  drain: 60_000,
  rebalance: 60_000,
  "spot-interruption": 30_000,
  terminating: 5_000,
  shutdown: 3_000,
};

/** A machine that shuts down is gone within minutes; the same instance after that has rebooted. Milliseconds. */
const SHUTDOWN_LASTS_MS = 10 * 60_000;

/** Notices that still say something. */
export function standing(notices: Readonly<Record<string, Notice>> = {}, now: Date): Readonly<Record<string, Notice>> {
  const isOver = ({ because, at }: Notice) => because === "shutdown" && now.getTime() - Date.parse(at) > SHUTDOWN_LASTS_MS;
  return Object.fromEntries(Object.entries(notices).filter(([, notice]) => !isOver(notice)));
}

/** What is known of a departure; without a word, its group takes the instance out. */
export function noticeOf(nat: Nat, record: FleetRecord, now: Date): Notice {
  const said = record.notices?.[nat.instanceId];
  if (said !== undefined) return said;
  const at = record.leaving?.[nat.instanceId] ?? now.toISOString();
  return { at, because: "terminating", force: false, by: "control-plane" };
}

/** Milliseconds left to wait for a better target; 0 when there is none. */
export function patienceLeftMs({ at, because, force }: Notice, now: Date): number {
  return force ? 0 : Math.max(0, Date.parse(at) + PATIENCE_MS[because] - now.getTime());
}

/** A later word replaces an earlier one only when it leaves less time, or is meant more seriously. */
export function laterNotice(before: Notice | undefined, said: Notice): Notice {
  if (before === undefined) return said;
  const more = LEAVE_CAUSES.indexOf(said.because) - LEAVE_CAUSES.indexOf(before.because);
  if (more > 0) return { ...said, force: said.force || before.force };
  if (said.force && !before.force) return { ...before, force: true, by: said.by };
  return more === 0 && said.by === "operator" ? { ...before, by: "operator" } : before;
}

/** Why a drain is refused, or undefined: a zone does not lose its last NAT because somebody would like to. */
export function refusalOf(instanceId: string, world: World): string | undefined {
  const nat = world.nats.find((known) => known.instanceId === instanceId);
  if (nat === undefined || isBroken(nat.evidence)) return undefined;
  const others = world.nats.filter(({ zone, leaving }) => zone === nat.zone && !leaving).filter((other) => other !== nat);
  if (others.some(({ evidence }) => isHealthy(evidence))) return undefined;
  const why =
    others.map((other) => `${other.instanceId} is ${other.evidence.kind}`).join(", ") || "it has no other NAT that stays";
  return `${instanceId} is the last healthy NAT of ${nat.zone} (${why}): its lanes would leave their zone; force it to have that`;
}
