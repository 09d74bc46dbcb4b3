/** A packet may be this many later than its successors. */
const WINDOW = 1024;

/** What has come of one stream: each packet counts once, and what is missing is known. */
export class SequenceWindow {
  private highest: number | null = null;
  private readonly absent = new Map<number, { readonly since: number; askedAt: number }>();
  /** Lost at once, and not told of by giveUp() yet. */
  private skipped = 0;
  /** Packets that were given up. */
  lost = 0;

  /**
   * `late`: others that were sent after it are here. `repeated`: it has come before, or is too late to tell. Times are milliseconds of one
   * monotonic clock.
   */
  accept(sequence: number, now: number): "next" | "late" | "repeated" {
    // Where a stream is joined in its middle, what was before is not missed: a full sweep brings it.
    if (this.highest === null) {
      this.highest = sequence;
      return "next";
    }
    if (sequence <= this.highest) return this.absent.delete(sequence) ? "late" : "repeated";
    const gap = sequence - this.highest - 1;
    const skipped = Math.max(0, gap - WINDOW);
    this.skipped += skipped;
    this.lost += skipped;
    for (let missing = Math.max(this.highest + 1, sequence - WINDOW); missing < sequence; missing++)
      this.absent.set(missing, { since: now, askedAt: -Infinity });
    this.highest = sequence;
    return "next";
  }

  /** Sequences to ask for again: missing for `lateMs`, not asked for within `againMs`; oldest first, at most `limit`. */
  missing(
    now: number,
    { lateMs, againMs, limit }: { readonly lateMs: number; readonly againMs: number; readonly limit: number },
  ): readonly number[] {
    const found: number[] = [];
    for (const [sequence, entry] of this.absent) {
      if (found.length >= limit) break;
      if (now - entry.since < lateMs || now - entry.askedAt < againMs) continue;
      entry.askedAt = now;
      found.push(sequence);
    }
    return found;
  }

  /** Gives up what is missing since before `since`; returns how many these were, with those that were lost at once. */
  giveUp(since: number): number {
    let given = 0;
    for (const [sequence, entry] of this.absent)
      if (entry.since <= since || sequence <= (this.highest ?? 0) - WINDOW) {
        this.absent.delete(sequence);
        given += 1;
      }
    this.lost += given;
    const { skipped } = this;
    this.skipped = 0;
    return given + skipped;
  }

  get complete(): boolean {
    return this.absent.size === 0;
  }
}
