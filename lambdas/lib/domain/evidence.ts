import type { Healthz } from "../../../contract/healthz";
import type { HealthzResult } from "../../../contract/prober";
import type { Suspicion } from "../../../contract/messages";
import { groupBy, perArray } from "./per-array";

/**
 * What is known of a NAT, by somebody who saw it. `unobserved` is a value of its own: failure to observe is not an observation
 * of nothing.
 */
export type Evidence =
  /**
   * It answers and says it may be given a lane (`word`: no prober was reached; its own signed word in a suspicion). `synced`: it holds
   * the flows of its peers, so that a lane that comes to it loses no connection; by word that is not known. `replica`: it has peers,
   * and holds them not only because there is nothing to hold. `holds`: of whom it says that it has all; absent by word, and where nothing is
   * copied.
   */
  | {
      readonly kind: "healthy";
      readonly by: "healthz" | "word";
      readonly synced: boolean;
      readonly replica?: true;
      readonly holds?: readonly string[];
      /** Of the boot that answers; by word it is not known. */
      readonly bootId?: string;
    }
  /**
   * It answers and says it may not (`word`: as above, against itself). `outside`: all that it can check of itself is right, its connections
   * fail: the fault may lie behind it.
   */
  | {
      readonly kind: "unhealthy";
      readonly by: "healthz" | "word";
      readonly reasons: readonly string[];
      readonly outside?: true;
    }
  /** Probers that are alive asked it; none got through (or its agent is down and its lane's path is broken). */
  | { readonly kind: "silent"; readonly probers: number }
  /** EC2 says that it does not run. */
  | { readonly kind: "gone"; readonly state: string }
  /** No prober was reached; two NATs, each with its own message, say that they miss it. */
  | { readonly kind: "accused"; readonly by: readonly string[] }
  | { readonly kind: "unobserved"; readonly because: string };

/** May be given a lane. */
export function isHealthy(evidence: Evidence): boolean {
  return evidence.kind === "healthy";
}

/** A lane that comes to it loses no connection. */
export function isSynced(evidence: Evidence): boolean {
  return evidence.kind === "healthy" && evidence.synced;
}

/** A lane may come to it for comfort: it copies the flows of its peers, and has all. */
export function isReplica(evidence: Evidence): boolean {
  return evidence.kind === "healthy" && evidence.synced && evidence.replica === true;
}

/** Positively broken: somebody saw it. Neither healthy nor broken means nobody knows. */
export function isBroken(evidence: Evidence): boolean {
  return evidence.kind === "unhealthy" || evidence.kind === "silent" || evidence.kind === "gone" || evidence.kind === "accused";
}

/** Broken as seen by our own look, not by the word of others: what an instance may be replaced for. */
export function isSeenBroken(evidence: Evidence): boolean {
  return evidence.kind === "silent" || (evidence.kind === "unhealthy" && evidence.by === "healthz");
}

/** One lane's prober: what it learned of every NAT, or why it learned nothing. */
export type Look =
  | { readonly lane: string; readonly reached: true; readonly results: readonly HealthzResult[] }
  | { readonly lane: string; readonly reached: false; readonly error: string };

export interface Subject {
  readonly instanceId: string;
  /** EC2 instance state. */
  readonly state: string;
}

/**
 * A NAT says that it is unhealthy after three failures, nearly half a second after its last success; one that is well has succeeded since.
 * When the targets of all self-probes die, whoever has not said so yet has not succeeded since either. Milliseconds.
 */
const NEWER_BY_MS = 150;

/** And when they come back, one is the first: its neighbours are as well, and say so within this time. Milliseconds. */
const WELL_FOR_MS = 3_000;

const resultsOf = (looks: readonly Look[]): readonly HealthzResult[] =>
  looks.flatMap((look) => (look.reached ? look.results : []));

const documentsOf = (results: readonly HealthzResult[]): readonly Healthz[] =>
  results.flatMap((result) => (result.outcome === "answered" ? [result.healthz] : []));

/** What all probers learned, by NAT. */
const answers = perArray((looks: readonly Look[]) => groupBy(resultsOf(looks), ({ instanceId }) => instanceId));

/** For how long at least the NATs that blame the outside have not reached it, milliseconds; Infinity when none does. */
const lostFor = perArray((looks: readonly Look[]) =>
  documentsOf(resultsOf(looks))
    .filter((healthz) => !healthz.healthy && isRightItself(healthz) && healthz.selfProbe.consecutiveFailures > 0)
    .map(sinceReached)
    .reduce((least, ms) => (ms < least ? ms : least), Infinity),
);

/**
 * Weighs everything known of one NAT; `words` are genuine, fresh suspicions only. `condemned`: it serves lanes, and the probes of all of
 * them find the path broken. What those of one lane find is weighed for that lane alone (decide.ts).
 *
 * A refused connection is an answer, of the machine's kernel: the agent is down, and the data plane does not need it. That alone moves
 * nothing; of one that is condemned it does. So does the answer of an agent that has just come back and does not know yet.
 */
export function weigh(nat: Subject, looks: readonly Look[], words: readonly Suspicion[], condemned = false): Evidence {
  if (nat.state !== "running" && nat.state !== "pending") return { kind: "gone", state: nat.state };
  const results = answers(looks).get(nat.instanceId) ?? [];
  if (results.length === 0) return byWord(nat, words);
  const own = documentsOf(results).filter(({ instanceId }) => instanceId === nat.instanceId);
  // Probers ask within the same moment; where their answers differ the newest counts, then the worse.
  const [newest] = own.toSorted((a, b) => Date.parse(b.at) - Date.parse(a.at) || Number(a.healthy) - Number(b.healthy));
  if (newest !== undefined) return byAnswer(newest, lostFor(looks), condemned);
  if (results.every(({ outcome }) => outcome === "timeout" || outcome === "refused")) {
    if (results.some(({ outcome }) => outcome === "refused") && !condemned)
      return {
        kind: "unobserved",
        because: "its machine refuses the connection: the agent is down, the data plane may well work",
      };
    return silence(nat, results.length);
  }
  return { kind: "unobserved", because: "something answered that cannot be read, or in another instance's name" };
}

function byAnswer(healthz: Healthz, lostMs: number, condemned: boolean): Evidence {
  if (knowsNothing(healthz) && !condemned)
    return { kind: "unobserved", because: "its own probe has no result yet: its agent has just come back" };
  const { healthy, reasons, replication } = healthz;
  if (!healthy) return { kind: "unhealthy", by: "healthz", reasons, ...(isRightItself(healthz) ? { outside: true } : {}) };
  if (!isRefuge(healthz, lostMs))
    return {
      kind: "unobserved",
      because: "it has not reached the outside all the time that another NAT does not: what ails that one may ail it",
    };
  return { kind: "healthy", by: "healthz", synced: holdsFlows(healthz), bootId: healthz.bootId, ...companyOf(replication) };
}

function companyOf(replication: Healthz["replication"]): { readonly replica?: true; readonly holds?: readonly string[] } {
  if (replication.state === "off") return {};
  const holds = replication.peers.filter(({ synced }) => synced).map(({ instanceId }) => instanceId);
  return { holds, ...(replication.state === "synced" ? { replica: true } : {}) };
}

/** All that it finds fault with is that its own probe has told it nothing, good or bad. */
function knowsNothing(healthz: Healthz): boolean {
  const { healthy, reasons, selfProbe } = healthz;
  return !healthy && reasons.length === 1 && isRightItself(healthz) && !selfProbe.ok && selfProbe.consecutiveFailures === 0;
}

/** It reaches the outside while others do not: since they last did, and not only since a moment ago. */
function isRefuge(healthz: Healthz, lostMs: number): boolean {
  if (lostMs === Infinity) return true;
  return sinceReached(healthz) <= lostMs - NEWER_BY_MS && wellFor(healthz) >= WELL_FOR_MS;
}

/** Milliseconds; an older payload does not tell. */
function wellFor({ at, selfProbe: { wellSince } }: Healthz): number {
  return wellSince === undefined ? Infinity : Date.parse(at) - Date.parse(wellSince ?? at);
}

/** By its own clock, which may differ from another's; NaN when it never has. */
function sinceReached({ at, selfProbe }: Healthz): number {
  return Date.parse(at) - Date.parse(selfProbe.lastOkAt ?? "");
}

/** Rules and sysctls are as they must be: when its connections fail, the fault may lie outside. */
export function isRightItself({ ruleset, sysctls }: Healthz): boolean {
  return ruleset.ok && sysctls.ok;
}

/** `alone`: nobody else to copy from, so nothing is missing. `off`: nothing is copied, so waiting would bring nothing. */
function holdsFlows({ replication: { state } }: Healthz): boolean {
  return state === "synced" || state === "alone" || state === "off";
}

/** An instance that still boots is expected to be silent. */
function silence(nat: Subject, probers: number): Evidence {
  if (nat.state === "pending") return { kind: "unobserved", because: "it is booting" };
  return { kind: "silent", probers };
}

function byWord(nat: Subject, words: readonly Suspicion[]): Evidence {
  const own = words.filter(({ reporter }) => reporter === nat.instanceId);
  if (own.some(({ suspect }) => suspect === nat.instanceId))
    return { kind: "unhealthy", by: "word", reasons: ["it suspects itself; no prober could be reached"] };
  if (own.some(({ reporterSelfProbe }) => reporterSelfProbe.ok)) return { kind: "healthy", by: "word", synced: false };
  const accusers = words.filter(({ suspect, reporterSelfProbe }) => suspect === nat.instanceId && reporterSelfProbe.ok);
  const by = [...new Set(accusers.map(({ reporter }) => reporter))].toSorted();
  if (by.length >= 2) return { kind: "accused", by };
  return { kind: "unobserved", because: "no prober could be reached" };
}
