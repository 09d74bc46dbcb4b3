import { monotonic } from "./connection";

/** How late the process's own clock rang at worst: when the machine stands still, every connection seems to. */
export class Lag {
  private last: number | undefined;
  private worst = 0;

  constructor(private readonly paceMs: number) {}

  rang(now = monotonic()): void {
    if (this.last !== undefined) this.worst = Math.max(this.worst, now - this.last - this.paceMs);
    this.last = now;
  }

  mark(): void {
    this.worst = 0;
  }

  get worstMs(): number {
    return Math.round(this.worst);
  }
}
