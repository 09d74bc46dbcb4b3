import type { AwsActs, FaultWorld } from "./world";

/** What must hold for connections that the fault is about. Undefined: nothing is asked. */
export interface Expectation {
  /** Share of established connections that must live on. */
  readonly established: number | undefined;
  /** Longest stall of an established connection, milliseconds. */
  readonly stallMs: number | undefined;
  /** Longest time without a new connection, milliseconds. */
  readonly outageMs: number | undefined;
  /** New connections that may fail. */
  readonly failures: number | undefined;
  /** Packets (UDP, ICMP) that may be lost. */
  readonly lost: number | undefined;
}

export interface Fault {
  readonly name: string;
  /** What it does, one clause. */
  readonly does: string;
  /** It takes the whole zone, so no standby of the zone can help. */
  readonly wholeZone: boolean;
  /** Which NAT it is about when none is named. */
  readonly strikes: "server" | "standby";
  /** Whose lanes it touches; every other lane must be untouched. */
  readonly reach: "nat" | "zone";
  /** `kernel`: kernel objects and processes only. `AWS`: what AWS does by itself, or an operator by its API. */
  readonly by: "kernel" | "AWS";
  /** Of the lanes that it touches. */
  readonly expects: Expectation;
  /** It leaves a NAT that hides nothing: its own stack refuses what knocks. */
  readonly rulesGone?: boolean;
  /** How long its effects last, once it is in. */
  readonly watchSeconds: number;
  /**
   * Resolves when it is in; for what takes its time (a refresh), when that is over.
   * @param mark what happened so far is not judged: who died of it is dead, but no stall, outage or failure of it counts
   */
  inject(world: FaultWorld, node: string, aws: AwsActs, mark: () => Promise<void>): Promise<void>;
  /** Takes it back, where the fleet cannot. */
  undo?(world: FaultWorld, struck: Struck, aws: AwsActs): Promise<void>;
}

/** What a fault was made to. The machine may be gone since, its name somebody else's. */
export interface Struck {
  readonly node: string;
  readonly zone: string;
  readonly instanceId: string;
}

/**
 * A sender of TCP repeats what is not acknowledged after 200 ms at the earliest: a stall below that means that nothing was lost.
 */
export const UNTOUCHED_STALL_MS = 200;

/** Nothing happens to anybody. */
export const UNTOUCHED: Expectation = { established: 1, stallMs: UNTOUCHED_STALL_MS, outageMs: undefined, failures: 0, lost: 0 };
/** A NAT that carries traffic is gone without a word. */
export const FAILOVER: Expectation = { established: 1, stallMs: 3000, outageMs: 3000, failures: undefined, lost: undefined };
/** A NAT that carries traffic goes, and says so before. */
export const LEAVE: Expectation = { established: 1, stallMs: 300, outageMs: undefined, failures: 0, lost: undefined };
/** New connections alone suffer. */
export const TABLE_FULL: Expectation = {
  established: 1,
  stallMs: undefined,
  outageMs: 5000,
  failures: undefined,
  lost: undefined,
};
/** No NAT of the zone is left: another zone serves, under the same public address. */
export const ZONE_LOST: Expectation = {
  ...{ established: undefined, stallMs: undefined, outageMs: 10_000, failures: undefined, lost: undefined },
};
