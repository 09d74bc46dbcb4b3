/**
 * What a waiting lifecycle hook needs next. Pure: asked again after every look, until it answers a last action.
 *
 * Launch; the first row that holds:
 *
 * | #   | seen                                                            | actions                                        |
 * |-----|-----------------------------------------------------------------|------------------------------------------------|
 * | 1   | nothing (the look failed), before the deadline                  | wait                                           |
 * | 2   | nothing, deadline passed                                        | ABANDON                                        |
 * | 3   | in no group of ours, EC2 does not run it                        | end (nothing left to complete)                 |
 * | 4   | in no group of ours, EC2 runs it                                | reject (error: unknown instance)               |
 * | 5   | its group waits for nothing (Pending:Proceed, InService, ...)   | end                                            |
 * | 6   | EC2 ends it, or has not shown it any more for 10 s              | ABANDON                                        |
 * | 7   | everything below holds                                          | CONTINUE                                       |
 * | 8a  | deadline passed; it lacks only its place in the target group    | CONTINUE                                       |
 * | 8b  | deadline passed; it serves a lane, and lacks only that, the     | CONTINUE                                       |
 * |     | answer of its check, the flows of its peers or an election      |                                                |
 * | 8c  | deadline passed                                                 | ABANDON, naming all that is missing            |
 * | 9   | EC2 does not show it yet, or not for a moment                   | wait                                           |
 * | 10  | else, each that does not hold:                                  |                                                |
 * | 10a |   source/destination check is on                                | switch it off                                  |
 * | 10b |   heartbeat key is not known to exist                           | ensure it                                      |
 * | 10c |   peers published differ from peers derived                     | publish                                        |
 * | 10d |   check: none, offline or failed, and its pause is over         | start it                                       |
 * | 10e |   check: running within its patience (8 s at first)             | ask for its result                             |
 * | 10f |   check: running for longer (its result may be lost)            | start it anew, with twice the patience, ≤ 64 s |
 * | 10g |   check passed, or unanswered and it serves; not registered     | register                                       |
 * | 10h |   check passed, flows not copied yet, for < 60 s                | start it again after a pause                   |
 * | 10i |   check passed, peers published, no election asked, and flows   |                                                |
 * |     |   copied (or a lane of its zone leads to no peer)               | elect                                          |
 * | 10j |   elected ≥ 2 s ago, a lane of its zone leads to no peer        | elect again                                    |
 * | 10k | and unless only an election that every lane is served by is left| wait                                           |
 *
 * Terminate; the first row that holds:
 *
 * | #  | seen                                                            | actions                                        |
 * |----|-----------------------------------------------------------------|------------------------------------------------|
 * | 1  | nothing, before the deadline                                    | wait                                           |
 * | 2  | in no group of ours, EC2 runs it                                | reject                                         |
 * | 3  | deadline passed                                                 | CONTINUE                                       |
 * | 4  | no election asked                                               | elect                                          |
 * | 5  | a lane leads to it, or led and its address is still there,      |                                                |
 * |    | others exist, handover time is not over                         | wait (elect again every 2 s)                   |
 * | 6  | peers published differ, not deregistered                        | publish, deregister                            |
 * | 7  | in no group of ours                                             | end                                            |
 * | 8  | else                                                            | CONTINUE                                       |
 *
 * A look that failed may succeed the next time. A document that is not as agreed (peers of a newer release, say) is none of these rows: the
 * run ends in an error, and the hook is not answered.
 *
 * Flows are copied when the NAT says `synced` or `off` (or says nothing: an older payload), or `alone` and no other NAT of its zone
 * is among the peers. After 60 s it is taken as it is: a zone with a NAT that lacks flows is better than one without.
 * A leaving NAT stays among the peers until its lanes are gone: until then the others must have its flows. Its hook waits for their addresses
 * too: an address that vanishes with it leaves its lane without answers.
 *
 * A check is unanswered when Systems Manager does not reach the NAT, or does not say; what the NAT last answered counts. One that serves a
 * lane was found healthy by others: to end it, and each successor likewise, would cost the lane more than a check that nobody could ask,
 * or than flows that it does not have yet.
 *
 * Both: while waiting, a heartbeat to the hook every 25 s.
 */
import type { Peers } from "../../../contract/parameters";
import { samePeers } from "../../lib/domain/peers";

export interface Seen {
  /** Lifecycle state in its group, e.g. `Pending:Wait`; null when it is in no group of the fleet. */
  readonly lifecycle: string | null;
  /** EC2's word. `absent`: not described (terminated, or so new that not every answer has it). */
  readonly instance: "absent" | "coming" | "going";
  readonly published: Peers;
  readonly derived: Peers;
  /** Lanes of its zone, and the instance each one's default route leads to. */
  readonly lanes: readonly { readonly lane: string; readonly servedBy: string | null }[];
  /** Lanes of the fleet whose default route leads to it. */
  readonly serves: readonly string[];
  /** Lanes that lead to another NAT already, which does not have their address yet: it is on this one. */
  readonly stranded: readonly string[];
}

/** The look failed; this is not the same as having seen nothing. */
export interface Blind {
  readonly blind: string;
}

export type CheckProgress =
  | { readonly state: "none"; readonly because: string; readonly notBefore: number }
  | { readonly state: "running"; readonly commandId: string; readonly startedAt: number; readonly patienceMs: number }
  | { readonly state: "passed"; readonly replication: string | null; readonly notBefore: number };

/** What has been done for this hook. A run that starts anew starts with nothing done: every step may be repeated. */
export interface Progress {
  readonly instanceSeen: boolean;
  /** Since when EC2 does not show it; null while it does. */
  readonly absentSince: number | null;
  readonly sourceDestCheckOff: boolean;
  readonly keyEnsured: boolean;
  readonly check: CheckProgress;
  /** Its last answer was that something is wrong. No answer is none: it changes nothing here. */
  readonly checkFailed: boolean;
  /** When the check passed for the first time. */
  readonly worksSince: number | null;
  /** In the target group (launch) or out of it (terminate); true from the start where there is no target group. */
  readonly targetDone: boolean;
  readonly electedAt: number | null;
  readonly heartbeatAt: number;
}

/** Times are milliseconds since the epoch. */
export interface Limits {
  readonly instanceId: string;
  readonly deadlineAt: number;
  /** Terminate only: until when a lane may keep it waiting. */
  readonly handoverUntil: number;
}

export type StepKind = "switch-off-source-dest-check" | "ensure-key" | "register" | "deregister" | "elect" | "heartbeat";

export type Step =
  | { readonly kind: StepKind; readonly because: string }
  | { readonly kind: "publish-peers"; readonly peers: Peers; readonly because: string }
  | { readonly kind: "start-check"; readonly patienceMs: number; readonly because: string }
  | { readonly kind: "read-check"; readonly commandId: string; readonly because: string };

export type Last =
  | { readonly kind: "complete"; readonly result: "CONTINUE" | "ABANDON"; readonly because: string }
  | { readonly kind: "end" | "reject"; readonly because: string };

export type Action = Step | Last | { readonly kind: "wait"; readonly because: string };

export const ELECT_AGAIN_MS = 2_000;
export const HEARTBEAT_MS = 25_000;
/** The check itself takes a second or two; Systems Manager, as much again. */
export const CHECK_PATIENCE_MS = 8_000;
/** On a machine so busy that each check takes longer, starting anew for ever would never hear of one. */
const CHECK_PATIENCE_MAX_MS = 64_000;

/** A full sweep of 200,000 flows takes seconds; a peer that does not answer must not keep the newcomer out. */
export const SYNC_PATIENCE_MS = 60_000;

/** EC2 does not give the same answer everywhere at once: an instance may be missing from one and stand in the next. */
export const ABSENCE_MS = 10_000;

const WAITING_FOR_LAUNCH = /^Pending(:Wait)?$/;

export function decideLaunch(seen: Seen | Blind, progress: Progress, now: number, limits: Limits): readonly Action[] {
  const { instanceId, deadlineAt } = limits;
  const late = now >= deadlineAt;
  if ("blind" in seen)
    return late ? [abandon(`the deadline passed, and the last look failed: ${seen.blind}`)] : [wait(seen.blind)];
  if (seen.lifecycle === null) return [outsider(seen, instanceId)];
  if (!WAITING_FOR_LAUNCH.test(seen.lifecycle))
    return [end(`${instanceId} is ${seen.lifecycle}: its launch hook no longer waits`)];
  if (seen.instance === "going" || (progress.instanceSeen && isMissed(progress, now))) {
    return [abandon(`${instanceId} ended itself during launch; its console says why`)];
  }
  const missing = missingForService(seen, progress, now, instanceId);
  if (missing.length === 0) {
    const lack = lackOfFlows(seen, progress, instanceId);
    const taken = lack === undefined ? "" : `; ${lack}, but that was waited for long enough`;
    return [{ kind: "complete", result: "CONTINUE", because: `check passed and every lane of its zone is served${taken}` }];
  }
  const because = missing.join("; ");
  if (late)
    return [lateLaunch(seen, progress, now, { instanceId, lacking: because }) ?? abandon(`the deadline passed: ${because}`)];
  if (seen.instance === "absent") return [...heartbeat(progress, now), wait(because)];
  const steps = launchSteps(seen, progress, now, instanceId);
  // Nothing to wait for: the election only tells, and the next look may already complete.
  const copied = uncopied(seen, progress, now, instanceId) === undefined;
  const onlyTells = steps.length > 0 && progress.check.state === "passed" && copied && unserved(seen).length === 0;
  return [...steps, ...heartbeat(progress, now), ...(onlyTells ? [] : [wait(because)])];
}

export function decideTerminate(seen: Seen | Blind, progress: Progress, now: number, limits: Limits): readonly Action[] {
  const { instanceId, deadlineAt, handoverUntil } = limits;
  const late = now >= deadlineAt;
  const goes = leave(`the deadline passed; ${instanceId} goes whatever is left to do`);
  if ("blind" in seen) return late ? [goes] : [...heartbeat(progress, now), wait(seen.blind)];
  if (seen.lifecycle === null && seen.instance === "coming") return [outsider(seen, instanceId)];
  if (late) return [goes];
  if (progress.electedAt === null) return [{ kind: "elect", because: `${instanceId} leaves` }];
  const others = seen.derived.peers.some((peer) => peer.instanceId !== instanceId);
  const left = leftOn(seen, instanceId);
  if (left.length > 0 && others && now < handoverUntil) {
    const because = left.join("; ");
    return [...electAgain(progress, now, because), ...heartbeat(progress, now), wait(because)];
  }
  const last: Step[] = [];
  const peers = seen.derived.peers.filter((peer) => peer.instanceId !== instanceId);
  const derived: Peers = { ...seen.derived, peers };
  if (!samePeers(seen.published, derived)) last.push(publish({ derived }));
  if (!progress.targetDone) last.push({ kind: "deregister", because: `${instanceId} leaves` });
  if (last.length > 0) return last;
  if (seen.lifecycle === null) return [end(`${instanceId} is gone: no hook waits`)];
  return [leave(left.length === 0 ? `no lane leads to ${instanceId}` : `not handed over in time: ${left.join("; ")}`)];
}

/** What of the lanes is still with it, each as a sentence. */
function leftOn({ serves, stranded }: Seen, instanceId: string): readonly string[] {
  const left: string[] = [];
  if (serves.length > 0) left.push(`${serves.join(", ")} still led to ${instanceId}`);
  if (stranded.length > 0) left.push(`the address of ${stranded.join(", ")} is still on ${instanceId}`);
  return left;
}

function isMissed({ absentSince }: Progress, now: number): boolean {
  return absentSince !== null && now - absentSince >= ABSENCE_MS;
}

interface Late {
  readonly instanceId: string;
  /** All that is missing, in words. */
  readonly lacking: string;
}

/** At the deadline, with something missing: it enters all the same where that is less than what would be lost without it. */
function lateLaunch(seen: Seen, progress: Progress, now: number, { instanceId, lacking }: Late): Last | undefined {
  // The load balancer has a second opinion, and no say: while it cannot be told of newcomers, they are as good as others.
  const known = { ...progress, targetDone: true };
  if (missingForService(seen, known, now, instanceId).length === 0)
    return leave(`the deadline passed, and only the load balancer does not know it: ${lacking}`);
  if (seen.serves.length === 0 || progress.checkFailed) return undefined;
  // A check that nobody could ask, or what follows from one that passed.
  const check: CheckProgress = { state: "passed", replication: null, notBefore: now };
  if (missingForService(seen, { ...known, check, electedAt: now }, now, instanceId).length > 0) return undefined;
  return leave(`the deadline passed, and it serves ${seen.serves.join(", ")}, so it stays, though ${lacking}`);
}

/** All that keeps the newcomer out of service, each as a sentence; empty when it may enter. */
function missingForService(seen: Seen, progress: Progress, now: number, instanceId: string): readonly string[] {
  const { check } = progress;
  const missing: string[] = [];
  if (seen.instance === "absent") missing.push(`EC2 does not show ${instanceId} yet`);
  if (!progress.sourceDestCheckOff) missing.push("its source/destination check is not off");
  if (!progress.keyEnsured) missing.push("the heartbeat key is not known to exist");
  if (!samePeers(seen.published, seen.derived)) missing.push("the published peers are not those of now");
  if (!seen.derived.peers.some((peer) => peer.instanceId === instanceId)) missing.push(`${instanceId} is not among the peers`);
  if (check.state !== "passed") missing.push(`nat-check has not passed${check.state === "none" ? ` (${check.because})` : ""}`);
  const flows = uncopied(seen, progress, now, instanceId);
  if (flows !== undefined) missing.push(flows);
  if (!progress.targetDone) missing.push("it is not registered with the target group");
  if (progress.electedAt === null) missing.push("no election was asked for");
  return [...missing, ...unserved(seen).map((lane) => `the default route of ${lane} leads to no NAT`)];
}

function launchSteps(seen: Seen, progress: Progress, now: number, instanceId: string): readonly Step[] {
  const { check } = progress;
  const steps: Step[] = [];
  if (!progress.sourceDestCheckOff) {
    steps.push({ kind: "switch-off-source-dest-check", because: "EC2 drops what a NAT forwards while it is on" });
  }
  if (!progress.keyEnsured) steps.push({ kind: "ensure-key", because: "agents sign their heartbeats with it" });
  const published = samePeers(seen.published, seen.derived);
  if (!published) steps.push(publish(seen));
  if (check.state !== "passed") {
    steps.push(...checkSteps(check, now));
    const isAtWork = seen.serves.length > 0 && !progress.checkFailed;
    return progress.targetDone || !isAtWork ? steps : [...steps, { kind: "register", because: "it serves a lane already" }];
  }
  if (!progress.targetDone) steps.push({ kind: "register", because: "it passed its check" });
  const lanes = unserved(seen);
  const flows = uncopied(seen, progress, now, instanceId);
  if (flows !== undefined && now >= check.notBefore) steps.push(startCheck(flows));
  const comes = flows === undefined || lanes.length > 0;
  if (published && comes && progress.electedAt === null) steps.push({ kind: "elect", because: "a NAT came" });
  return lanes.length === 0 ? steps : [...steps, ...electAgain(progress, now, `${lanes.join(", ")} not served`)];
}

function checkSteps(check: Exclude<CheckProgress, { state: "passed" }>, now: number): readonly Step[] {
  if (check.state === "none") return now >= check.notBefore ? [startCheck(check.because)] : [];
  const { commandId, startedAt, patienceMs } = check;
  // A machine that is loading its ruleset may lose the answer to a command; waiting for it would cost the command's whole timeout.
  if (now - startedAt >= patienceMs)
    return [startCheck(`${commandId} does not end`, Math.min(2 * patienceMs, CHECK_PATIENCE_MAX_MS))];
  return [{ kind: "read-check", commandId, because: "its result decides" }];
}

/** What it lacks and is worth waiting for, or undefined. */
function uncopied(seen: Seen, progress: Progress, now: number, instanceId: string): string | undefined {
  const { worksSince } = progress;
  const waited = worksSince !== null && now - worksSince >= SYNC_PATIENCE_MS;
  return waited ? undefined : lackOfFlows(seen, progress, instanceId);
}

/** Why a lane that came to it would lose connections, or undefined when it would not. */
function lackOfFlows({ derived }: Seen, { check }: Progress, instanceId: string): string | undefined {
  if (check.state !== "passed") return undefined;
  const { replication } = check;
  if (replication === null || replication === "off" || replication === "synced") return undefined;
  if (replication !== "alone") return `it does not hold the flows of its peers yet (${replication})`;
  const zone = derived.peers.find((peer) => peer.instanceId === instanceId)?.zone;
  const others = derived.peers.filter((peer) => peer.zone === zone && peer.instanceId !== instanceId);
  return others.length === 0 ? undefined : `it does not know ${others.map(({ name }) => name).join(", ")} yet`;
}

/** Lanes whose default route leads to no NAT of the peers. */
function unserved({ lanes, derived }: Seen): readonly string[] {
  const peers = new Set<string | null>(derived.peers.map(({ instanceId }) => instanceId));
  return lanes.filter(({ servedBy }) => !peers.has(servedBy)).map(({ lane }) => lane);
}

function electAgain({ electedAt }: Progress, now: number, because: string): readonly Step[] {
  return electedAt !== null && now - electedAt >= ELECT_AGAIN_MS ? [{ kind: "elect", because }] : [];
}

function heartbeat({ heartbeatAt }: Progress, now: number): readonly Step[] {
  return now - heartbeatAt >= HEARTBEAT_MS ? [{ kind: "heartbeat", because: "the hook must not time out under us" }] : [];
}

function outsider(seen: Seen, instanceId: string): Last {
  if (seen.instance !== "coming") return end(`${instanceId} no longer exists`);
  return { kind: "reject", because: `unknown instance: ${instanceId} runs, but is in no Auto Scaling group of the fleet` };
}

const startCheck = (because: string, patienceMs = CHECK_PATIENCE_MS): Step => ({ kind: "start-check", patienceMs, because });
const publish = ({ derived }: Pick<Seen, "derived">): Step => ({
  kind: "publish-peers",
  peers: derived,
  because: "the fleet has changed",
});
const wait = (because: string): Action => ({ kind: "wait", because });
const end = (because: string): Last => ({ kind: "end", because });
const abandon = (because: string): Last => ({ kind: "complete", result: "ABANDON", because });
const leave = (because: string): Last => ({ kind: "complete", result: "CONTINUE", because });
