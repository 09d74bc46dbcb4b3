import type { Header } from "./packet";
import { SequenceWindow } from "./sequence-window";

/** Milliseconds. */
export const SYNC_TIMES = {
  /** A full sweep that does not go on for so long is asked for again. */
  askAgain: 2_000,
  /** A packet is late for so long before it is asked for. */
  late: 60,
  /** ...and given up after this. */
  givenUp: 1_500,
} as const;

/**
 * What we hold of one peer. A full sweep that came without a gap makes us synced; a packet that is given up makes us ask anew.
 * No clock of its own and no I/O; times are milliseconds of one monotonic clock.
 */
export class PeerSync {
  private boot: { readonly id: string; readonly ms: number } | null = null;
  private windows = { zone: new SequenceWindow(), nat: new SequenceWindow() };
  private sweep = { token: 0, received: 0, expected: null as number | null, movedAt: -Infinity };
  private lostBefore = 0;
  synced = false;
  /** It was synced with the present boot of the peer. */
  wasSynced = false;
  /** Records of its last complete full sweep; null before the first. */
  flows: number | null = null;
  sweptAt: number | null = null;

  /** False when the packet is of an older boot or has come before. A new boot starts everything anew. */
  judge({ bootId, bootMs, stream, sequence }: Header, now: number): boolean {
    if (this.boot === null || bootMs > this.boot.ms) {
      if (this.boot !== null) this.reset();
      this.boot = { id: bootId, ms: bootMs };
    }
    if (bootMs < this.boot.ms || bootId !== this.boot.id) return false;
    return this.windows[stream].accept(sequence, now);
  }

  /** The token to ask for a full sweep with, when it is time to ask; `fresh` makes one that was never used. */
  ask(now: number, fresh: () => number): number | undefined {
    if (this.synced || now - this.sweep.movedAt < SYNC_TIMES.askAgain) return undefined;
    this.sweep = { token: fresh(), received: 0, expected: null, movedAt: now };
    return this.sweep.token;
  }

  /** Records of a full sweep. */
  received(token: number, records: number, now: number): void {
    if (token === 0 || token !== this.sweep.token) return;
    this.sweep.received += records;
    this.sweep.movedAt = now;
    this.conclude(now);
  }

  ended(token: number, flows: number, now: number): void {
    if (token !== this.sweep.token) return;
    this.sweep.expected = flows;
    this.conclude(now);
  }

  /** Packets to ask for again, per stream. */
  missing(now: number, limit: number): readonly { readonly stream: "zone" | "nat"; readonly sequences: readonly number[] }[] {
    return (["zone", "nat"] as const).flatMap((stream) => {
      const sequences = this.windows[stream].missing(now - SYNC_TIMES.late, limit);
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

  private conclude(now: number): void {
    const { expected, received } = this.sweep;
    if (expected === null || received < expected) return;
    this.synced = true;
    this.wasSynced = true;
    this.flows = expected;
    this.sweptAt = now;
    this.sweep = { ...this.sweep, token: 0 };
  }

  private reset(): void {
    this.lostBefore = this.lost;
    this.windows = { zone: new SequenceWindow(), nat: new SequenceWindow() };
    this.sweep = { token: 0, received: 0, expected: null, movedAt: -Infinity };
    this.synced = false;
    this.wasSynced = false;
  }
}
