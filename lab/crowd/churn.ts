import { connect } from "node:net";
import { monotonic } from "./connection";
import type { ChurnRecord } from "./kinds";
import { CROWD_PORTS, PACE } from "./kinds";

/** Long enough for the kernel's first two repetitions of a SYN (1 s, 3 s): a client that waits so long has lost nothing. */
const DEADLINE_MS = 4000;
const ERRORS_KEPT = 5;
/** A lane without a success in its last part, or of a try that was still open at its end, has not come back. */
const RECOVERED_WITHIN_MS = 1000;

/** New short connections, one after the other whether or not the ones before have ended. */
export class Churn {
  private readonly open = new Set<() => void>();
  private tries = 0;
  private failures = 0;
  private errors: string[] = [];
  private addresses = new Set<string>();
  private lastSuccessMs: number | undefined;
  private outageMs = 0;
  private slowestMs = 0;
  private markedMs = 0;
  private dueMs = 0;
  private stopped = false;
  private cameBack = false;

  constructor(private readonly host: string) {}

  tick(now: number): void {
    if (this.stopped || now < this.dueMs) return;
    this.dueMs = Math.max(this.dueMs + PACE.churn, now);
    this.begin(now);
  }

  get hasWorked(): boolean {
    return this.lastSuccessMs !== undefined;
  }

  mark(now: number): void {
    Object.assign(this, { tries: 0, failures: 0, errors: [], outageMs: 0, slowestMs: 0, markedMs: now });
    this.addresses.clear();
    this.lastSuccessMs = now;
  }

  /** Begins no new try; those that are open are waited for. */
  stop(): void {
    this.stopped = true;
  }

  get isDecided(): boolean {
    return this.stopped && this.open.size === 0;
  }

  record(stoppedMs: number): ChurnRecord {
    const { tries, failures, errors } = this;
    const recovered = (this.lastSuccessMs ?? -Infinity) > stoppedMs - RECOVERED_WITHIN_MS;
    const outageMs = recovered ? Math.round(this.outageMs) : null;
    return { tries, failures, errors, outageMs, slowestMs: Math.round(this.slowestMs), addresses: [...this.addresses] };
  }

  private begin(startedMs: number): void {
    const socket = connect({ host: this.host, port: CROWD_PORTS.short });
    let address = "";
    const settle = (error?: string): void => {
      if (!this.open.delete(abandon)) return;
      clearTimeout(deadline);
      socket.destroy();
      // Of a try from before the mark only the end counts: that new connections work again.
      this.settle(startedMs, error);
      if (error === undefined && startedMs >= this.markedMs) this.addresses.add(address);
    };
    const abandon = (): void => settle("no answer by the deadline");
    const deadline = setTimeout(abandon, DEADLINE_MS);
    this.open.add(abandon);
    socket.on("data", (chunk) => (address += chunk.toString()));
    socket.on("error", (error) => settle(error.message));
    socket.on("close", () => settle(address === "" ? "closed without an answer" : undefined));
  }

  private settle(startedMs: number, error: string | undefined): void {
    const now = monotonic();
    const counts = startedMs >= this.markedMs;
    if (counts) this.tries += 1;
    if (error !== undefined) {
      if (!counts) return;
      this.failures += 1;
      if (this.errors.length < ERRORS_KEPT) this.errors.push(error);
      return;
    }
    // Once no new try is begun, only the first success tells something: what was begun before works again.
    if (!this.cameBack) this.succeeded(now);
    this.cameBack = this.stopped;
    if (counts) this.slowestMs = Math.max(this.slowestMs, now - startedMs);
  }

  private succeeded(now: number): void {
    if (this.lastSuccessMs !== undefined) this.outageMs = Math.max(this.outageMs, now - this.lastSuccessMs);
    this.lastSuccessMs = now;
  }
}
