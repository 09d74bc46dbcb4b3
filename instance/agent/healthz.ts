import type { Healthz } from "../../contract/healthz";
import type { Allowances } from "./allowances";
import type { Facts } from "./facts";
import type { Identity } from "./imds";
import type { PeerView } from "./peer-table";

/** Facts older than this are no facts. */
export const FACTS_STALE_MS = 10_000;

export interface Snapshot {
  readonly identity: Identity;
  readonly zone: string;
  readonly bootId: string;
  readonly now: number;
  readonly date: Date;
  /** Lane names, for the counters: nft's names have `_` where a lane's has `-`. */
  readonly lanes: readonly string[];
  /** Null until they were read once. */
  readonly facts: Facts | null;
  readonly selfProbe: { readonly summary: Healthz["selfProbe"]; readonly reason: string | null };
  readonly keyLoaded: boolean;
  readonly peers: readonly PeerView[];
  readonly dropped: Healthz["heartbeats"]["dropped"];
  /** Null where nobody counts them. */
  readonly allowances: Allowances | null;
  readonly loopMaxMs: number | null;
  readonly replication: Healthz["replication"];
}

/** What is wrong on this machine itself; empty when nothing is. The self-probe is not asked: its fault may be the internet's. */
export function localReasons(facts: Facts | null, now: number): readonly string[] {
  if (facts === null) return ["facts: not read yet"];
  if (now - facts.readAt > FACTS_STALE_MS)
    return [`facts: last read ${Math.round(now - facts.readAt)} ms ago, at most ${FACTS_STALE_MS}`];
  const { ruleset, sysctls, faults } = facts;
  const unread = (what: string) => faults.some((fault) => fault.startsWith(what));
  return [
    ...faults,
    ...(ruleset.ok || unread("ruleset") ? [] : [`ruleset: not as nat-up loaded it (digest ${ruleset.digest.slice(0, 12)})`]),
    ...(sysctls.ok || unread("sysctls") ? [] : [`sysctls: ${sysctls.wrong.join("; ") || "none were recorded"}`]),
  ];
}

export function buildHealthz(snapshot: Snapshot): Healthz {
  const { facts, selfProbe, identity, peers } = snapshot;
  const reasons = [...localReasons(facts, snapshot.now), ...(selfProbe.reason === null ? [] : [selfProbe.reason])];
  return {
    schema: 1,
    instanceId: identity.instanceId,
    zone: snapshot.zone,
    bootId: snapshot.bootId,
    at: snapshot.date.toISOString(),
    healthy: reasons.length === 0,
    reasons,
    ruleset: facts?.ruleset ?? { ok: false, digest: "", expected: "" },
    sysctls: facts?.sysctls ?? { ok: false, wrong: [] },
    selfProbe: selfProbe.summary,
    heartbeats: {
      keyLoaded: snapshot.keyLoaded,
      peers: peers.map(({ instanceId, hearing, silentForMs }) => ({ instanceId, heard: hearing === "heard", silentForMs })),
      dropped: snapshot.dropped,
    },
    conntrack: facts?.conntrack ?? { count: 0, max: 0, insertFailed: 0, drop: 0 },
    ...(snapshot.allowances === null ? {} : { allowances: snapshot.allowances }),
    counters: nameCounters(facts?.counters ?? {}, snapshot.lanes),
    loopMaxMs: snapshot.loopMaxMs,
    replication: snapshot.replication,
  };
}

function nameCounters(counters: Healthz["counters"], lanes: readonly string[]): Healthz["counters"] {
  const laneOf = new Map(
    lanes.flatMap((lane) => ["snat", "ports_exhausted"].map((of) => [`${of}_${lane.replaceAll("-", "_")}`, `${of}_${lane}`])),
  );
  return Object.fromEntries(Object.entries(counters).map(([name, count]) => [laneOf.get(name) ?? name, count]));
}
