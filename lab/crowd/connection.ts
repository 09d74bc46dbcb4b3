import type { ConnectionRecord, Kind } from "./kinds";

/** One connection of the crowd. Times are monotonic milliseconds. */
export interface Connection {
  /** Resolves when the first exchange is done; rejects when it cannot be made. */
  open(): Promise<void>;
  /** Called again and again: sends what is due. */
  tick(now: number): void;
  /** Forgets stalls and losses seen so far. */
  mark(now: number): void;
  /** Sends nothing more but one last exchange, which must come back. */
  finish(now: number): void;
  /** The last exchange came back, or never can. */
  readonly isDecided: boolean;
  record(now: number): ConnectionRecord;
  close(): void;
}

export function monotonic(): number {
  return performance.now();
}

/** Longest silence in a stream that has a pace, beyond that pace. */
export class Gaps {
  private last: number | undefined;
  private longest = 0;

  constructor(private readonly paceMs: number) {}

  arrived(now: number): void {
    if (this.last !== undefined) this.longest = Math.max(this.longest, now - this.last - this.paceMs);
    this.last = now;
  }

  mark(now: number): void {
    this.longest = 0;
    // A silence that began before the fault is not the fault's.
    if (this.last !== undefined) this.last = Math.max(this.last, now - this.paceMs);
  }

  /** Counts a silence that still lasts. */
  longestMs(now: number): number {
    const current = this.last === undefined ? 0 : now - this.last - this.paceMs;
    return Math.round(Math.max(this.longest, current));
  }
}

/** Messages sent and not yet answered, oldest first: longest wait, one that still lasts included. */
export class Waits {
  private readonly sent: number[] = [];
  private first = 0;
  private longest = 0;

  send(now: number): void {
    this.sent.push(now);
  }

  /** The oldest message is answered. */
  answered(now: number): void {
    const at = this.sent[this.first];
    if (at === undefined) return;
    this.longest = Math.max(this.longest, now - at);
    this.first += 1;
    if (this.first < 1024) return;
    this.sent.splice(0, this.first);
    this.first = 0;
  }

  mark(): void {
    this.longest = 0;
  }

  get pending(): number {
    return this.sent.length - this.first;
  }

  longestMs(now: number): number {
    const oldest = this.sent[this.first];
    return Math.round(Math.max(this.longest, oldest === undefined ? 0 : now - oldest));
  }
}

/** A dead connection's record. */
export function dead(kind: Kind, why: string, bytes: number, lost: number | null = null): ConnectionRecord {
  return { kind, alive: false, why, stallMs: null, lost, bytes };
}
