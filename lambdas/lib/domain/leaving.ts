import { LEAVE_CAUSES } from "../../../contract/parameters";
import type { FleetRecord, LeaveCause, Notice } from "../../../contract/parameters";
import { isBroken, isHealthy } from "./evidence";
import { byInstance } from "./fleet";
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

/** Causes that end the machine within minutes, whatever we do: what its lanes carry ends with it, unless they are handed over. */
const ENDS: ReadonlySet<LeaveCause | undefined> = new Set<LeaveCause>(["spot-interruption", "terminating", "shutdown"]);

/** A machine that shuts down and does not come back for this long is one that fails; one that still answers does not shut down. Milliseconds. */
const SHUTDOWN_LASTS_MS = 10 * 60_000;

/** systemd stops the agent 20 s after the shutdown was said, at the latest: who answers after this time has booted since. Milliseconds. */
const STOPPED_AFTER_MS = 60_000;

/** Enough to tell one random name from the last; the record has 8 KB for the whole fleet, and a NAT may say what it likes. */
const BOOT_ID_CHARS = 8;

/** Notices that still say something: a shutdown is over with the next boot, and leaves behind what was said besides. */
export function standing(
  notices: Readonly<Record<string, Notice>> = {},
  now: Date,
  nats: readonly Nat[],
): Readonly<Record<string, Notice>> {
  const left = Object.entries(notices).flatMap(([instanceId, notice]): (readonly [string, Notice])[] => {
    const stands = isOver(notice, byInstance(nats).get(instanceId), now) ? notice.lasting : notice;
    return stands === undefined ? [] : [[instanceId, stands]];
  });
  return Object.fromEntries(left);
}

function isOver({ because, at, bootId }: Notice, nat: Nat | undefined, now: Date): boolean {
  if (because !== "shutdown") return false;
  const ageMs = now.getTime() - Date.parse(at);
  if (ageMs > SHUTDOWN_LASTS_MS) return true;
  if (nat === undefined || !isHealthy(nat.evidence)) return false;
  const answers = bootOf(nat);
  return bootId === undefined || answers === undefined ? ageMs > STOPPED_AFTER_MS : answers !== bootId;
}

/** The boot that answers for the NAT; undefined when it is not known to be healthy. */
export function bootOf({ evidence }: Nat): string | undefined {
  return evidence.kind === "healthy" ? evidence.bootId?.slice(0, BOOT_ID_CHARS) : undefined;
}

/** It is about to be gone for certain, and not for comfort or for a while. */
export function isEnding({ instanceId, leaving, lifecycle }: Nat, { notices }: FleetRecord): boolean {
  const because = notices?.[instanceId]?.because;
  return leaving && (lifecycle.startsWith("Terminating") || ENDS.has(because));
}

/** Somebody has it on the bench, or it reboots: that it is not healthy meanwhile is no reason to replace it. */
export function isExcused({ instanceId }: Nat, { notices }: FleetRecord): boolean {
  const because = notices?.[instanceId]?.because;
  return because === "drain" || because === "shutdown";
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
  if (more > 0) return { ...said, force: said.force || before.force, ...besides(said, before) };
  const kept = { ...before, ...besides(before, said) };
  if (said.force && !before.force) return { ...kept, force: true, by: said.by };
  return more === 0 && said.by === "operator" ? { ...kept, by: "operator" } : kept;
}

/** A shutdown ends with the next boot; whatever else was said stands until the instance is gone, or somebody takes it back. */
function besides(shutdown: Notice, other: Notice): Pick<Notice, "lasting"> {
  if (shutdown.because !== "shutdown" || other.because === "shutdown") return {};
  return { lasting: laterNotice(shutdown.lasting, other) };
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
