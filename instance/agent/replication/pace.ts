/**
 * Packets in a row to one zone or NAT, and the pause after them: some 50,000 flows a second, half a core of a receiver. A receiver that misses
 * packets cannot keep up: each complaint halves the pace, each second without one doubles it again.
 */
export const BURST_PACKETS = 20;
const PAUSE_MS = 20;
const SLOWEST = 32;
/** Complaints about the same burst come together. Milliseconds. */
const DEAF_MS = 200;
const RECOVERY_MS = 1_000;

export class Pace {
  private factor = 1;
  private changedAt = -Infinity;

  complained(now: number): void {
    this.recover(now);
    if (now - this.changedAt < DEAF_MS) return;
    this.factor = Math.min(SLOWEST, this.factor * 2);
    this.changedAt = now;
  }

  pauseMs(now: number): number {
    this.recover(now);
    return PAUSE_MS * this.factor;
  }

  private recover(now: number): void {
    for (; this.factor > 1 && now - this.changedAt >= RECOVERY_MS; this.factor /= 2) this.changedAt += RECOVERY_MS;
  }
}
