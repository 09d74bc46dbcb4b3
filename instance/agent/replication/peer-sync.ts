import { type Flow, translatedKey } from "./flow";
import type { Header } from "./packet";
import { SequenceWindow } from "./sequence-window";

/** Milliseconds. */
export const SYNC_TIMES = {
  /**
   * A full sweep that does not go on for so long is asked for again; twice as long after each that came to nothing, up to the longest: a
   * busy NAT with a full table must have an end before its answer is to another question.
   */
  askAgain: 2_000,
  longest: 30_000,
  /** From a full sweep to the next. */
  rest: 10_000,
  /** A packet is late for so long before it is asked for, and asked for again after so long. */
  late: 60,
  again: 500,
  /** ...and given up after this. */
  givenUp: 1_500,
  /**
   * Ten beats that did not come. Each tick adds what has passed since the one before, up to so much: while our own thread stands still
   * nobody is silent, for what they said waits in the socket.
   */
  silence: 5_000,
  tickAtMost: 200,
} as const;

interface FullSweep {
  readonly token: number;
  readonly received: number;
  readonly expected: number | null;
  readonly movedAt: number;
  /** Addresses whose lanes the peer carries, as it said at the end. */
  readonly owned: readonly number[];
  /** translatedKey of every flow that it has told of since the sweep was asked for; and of those it took back. */
  readonly living: Set<string>;
  readonly gone: Set<string>;
}

const NO_SWEEP: FullSweep = {
  token: 0,
  received: 0,
  expected: null,
  movedAt: -Infinity,
  owned: [],
  living: new Set(),
  gone: new Set(),
};

/** A full sweep that is complete: what lives on these addresses is this, and nothing else. */
export interface Complete {
  readonly owned: readonly number[];
  readonly living: ReadonlySet<string>;
}

/**
 * What we hold of one peer. A full sweep that came without a gap makes us synced; a packet that is given up makes us ask anew.
 * No clock of its own and no I/O; times are milliseconds of one monotonic clock.
 */
export class PeerSync {
  private boot: { readonly id: string; readonly ms: number } | null = null;
  private windows = { zone: new SequenceWindow(), nat: new SequenceWindow() };
  private sweep = NO_SWEEP;
  private lostBefore = 0;
  private askAt = -Infinity;
  private asked = 0;
  private tickedAt: number | null = null;
  private silentMs = 0;
  /** Why packets from its address could not be read; null once one could. */
  unread: string | null = null;
  synced = false;
  /** It was synced with the present boot of the peer. */
  wasSynced = false;
  /** Records of its last complete full sweep; null before the first. */
  flows: number | null = null;
  sweptAt: number | null = null;

  /** `repeated`: it is of an older boot or has come before. A new boot starts everything anew. */
  judge({ bootId, bootMs, stream, sequence }: Header, now: number): "next" | "late" | "repeated" {
    if (this.boot === null || bootMs > this.boot.ms) {
      if (this.boot !== null) this.reset();
      this.boot = { id: bootId, ms: bootMs };
    }
    if (bootMs < this.boot.ms || bootId !== this.boot.id) return "repeated";
    const order = this.windows[stream].accept(sequence, now);
    if (order !== "repeated") this.speaks();
    return order;
  }

  misread(why: string): void {
    this.unread = why;
  }

  /** At every tick. Who says nothing any more tells of no flow: what is born there is not here, and no gap shows it. */
  tick(now: number): void {
    this.silentMs += Math.min(SYNC_TIMES.tickAtMost, now - (this.tickedAt ?? now));
    this.tickedAt = now;
    if (this.silentForMs !== null) this.synced = false;
  }

  /** For how long nothing has come of a peer that has spoken before; null while that is no silence. */
  get silentForMs(): number | null {
    return this.boot !== null && this.silentMs >= SYNC_TIMES.silence ? this.silentMs : null;
  }

  /**
   * The token to ask for a full sweep with, when it is time to ask; `fresh` makes one that was never used. Who is silent is asked when it
   * speaks again: it may hear us all the same, and would walk through its table for nothing.
   */
  ask(now: number, fresh: () => number): number | undefined {
    if (this.synced || this.silentForMs !== null || now < this.askAt || now - this.sweep.movedAt < SYNC_TIMES.askAgain)
      return undefined;
    this.askAt = now + Math.min(SYNC_TIMES.longest, SYNC_TIMES.askAgain * 2 ** this.asked);
    this.asked += 1;
    this.sweep = { ...NO_SWEEP, token: fresh(), movedAt: now, living: new Set(), gone: new Set() };
    return this.sweep.token;
  }

  /**
   * False when the record must not be used: it is of the full sweep, and what the peer has said since is newer. The two streams overtake
   * each other.
   */
  admit(flow: Flow, token: number): boolean {
    if (this.sweep.token === 0) return true;
    const key = translatedKey(flow);
    const { living, gone } = this.sweep;
    if (flow.lifetime === 0) {
      living.delete(key);
      gone.add(key);
      return true;
    }
    if (token !== 0 && gone.has(key)) return false;
    gone.delete(key);
    living.add(key);
    return true;
  }

  /** Records of a full sweep; tells when it is complete. */
  received(token: number, records: number, now: number): Complete | undefined {
    if (token === 0 || token !== this.sweep.token) return undefined;
    this.sweep = { ...this.sweep, received: this.sweep.received + records, movedAt: now };
    return this.conclude(now);
  }

  ended(token: number, end: { readonly flows: number; readonly owned: readonly number[] }, now: number): Complete | undefined {
    if (token === 0 || token !== this.sweep.token) return undefined;
    this.sweep = { ...this.sweep, expected: end.flows, owned: end.owned };
    return this.conclude(now);
  }

  /** Packets to ask for again, per stream. */
  missing(now: number, limit: number): readonly { readonly stream: "zone" | "nat"; readonly sequences: readonly number[] }[] {
    return (["zone", "nat"] as const).flatMap((stream) => {
      const sequences = this.windows[stream].missing(now, { lateMs: SYNC_TIMES.late, againMs: SYNC_TIMES.again, limit });
      return sequences.length === 0 ? [] : [{ stream, sequences }];
    });
  }

  /** Gives up what is too late; then we are no longer synced. */
  giveUp(now: number): void {
    const { zone, nat } = this.windows;
    const given = zone.giveUp(now - SYNC_TIMES.givenUp) + nat.giveUp(now - SYNC_TIMES.givenUp);
    if (given > 0) this.synced = false;
  }

  /** The peer was not heard for a while: what it said meanwhile is unknown. */
  doubt(): void {
    this.synced = false;
  }

  get lost(): number {
    return this.lostBefore + this.windows.zone.lost + this.windows.nat.lost;
  }

  private speaks(): void {
    if (this.silentForMs !== null) {
      this.askAt = (this.sweptAt ?? -Infinity) + SYNC_TIMES.rest;
      this.asked = 0;
    }
    this.silentMs = 0;
    this.unread = null;
  }

  private conclude(now: number): Complete | undefined {
    const { expected, received, owned, living } = this.sweep;
    if (expected === null || received < expected) return undefined;
    this.synced = true;
    this.wasSynced = true;
    this.flows = expected;
    this.sweptAt = now;
    this.sweep = NO_SWEEP;
    // What is lost soon again is lost because somebody is too busy; a full sweep would make it worse.
    this.askAt = now + SYNC_TIMES.rest;
    this.asked = 0;
    return { owned, living };
  }

  private reset(): void {
    this.lostBefore = this.lost;
    this.windows = { zone: new SequenceWindow(), nat: new SequenceWindow() };
    this.sweep = NO_SWEEP;
    this.askAt = -Infinity;
    this.asked = 0;
    this.synced = false;
    this.wasSynced = false;
  }
}
