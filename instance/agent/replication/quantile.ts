const KEPT = 512;

/** The 99th percentile of the last minute, from a bounded sample of the newest values. */
export class RecentQuantile {
  private readonly values: { readonly at: number; readonly value: number }[] = [];

  constructor(private readonly windowMs = 60_000) {}

  add(value: number, now: number): void {
    this.values.push({ at: now, value });
    if (this.values.length > KEPT) this.values.shift();
  }

  /** Null when there was nothing in the window. */
  p99(now: number): number | null {
    const recent = this.values.filter(({ at }) => now - at <= this.windowMs).map(({ value }) => value);
    if (recent.length === 0) return null;
    const sorted = recent.toSorted((a, b) => a - b);
    return Math.round(sorted[Math.ceil(sorted.length * 0.99) - 1] ?? 0);
  }
}
