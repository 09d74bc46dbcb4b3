import type { Clock } from "../../lab/aws/state/clock";

/** Time stands still until `advance`; promises that became ready run before the next timer. */
export class ManualClock implements Clock {
  private nowMs = 0;
  private timers: { at: number; order: number; callback: () => void }[] = [];
  private order = 0;

  now(): number {
    return this.nowMs;
  }

  date(): Date {
    return new Date(Date.UTC(2026, 0, 1) + this.nowMs);
  }

  after(ms: number, callback: () => void): () => void {
    const timer = { at: this.nowMs + ms, order: (this.order += 1), callback };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((other) => other !== timer);
    };
  }

  async advance(ms: number): Promise<void> {
    const end = this.nowMs + ms;
    await turn();
    for (;;) {
      const next = this.timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at || a.order - b.order)[0];
      if (next === undefined) break;
      this.timers = this.timers.filter((timer) => timer !== next);
      this.nowMs = Math.max(this.nowMs, next.at);
      next.callback();
      await turn();
    }
    this.nowMs = end;
  }

  /** Timers that nobody cancelled: none may be left after `stop`. */
  get pending(): number {
    return this.timers.length;
  }
}

/** Lets promise chains run to where they wait for time or the outside. */
export async function turn(): Promise<void> {
  for (let round = 0; round < 3; round += 1) await new Promise((resolve) => setImmediate(resolve));
}
