import type { Healthz } from "../../contract/healthz";
import type { ProbeLine } from "./self-probe";
import type { ProbeState } from "./suspicion";

/**
 * What the self-probe's lines add up to. No line for `staleMs` means *unknown*: a dead probe has observed nothing, so it makes
 * the NAT not positively healthy, but never a suspect.
 *
 * | connections                                              | this machine finds fault with itself | state   |
 * | -------------------------------------------------------- | ------------------------------------ | ------- |
 * | none told of for `staleMs`                               | -                                    | unknown |
 * | the last `missThreshold` failed                          | -                                    | failed  |
 * | one is late or failed, none has succeeded since          | yes: two witnesses are enough        | failed  |
 * | anything else                                            | -                                    | ok      |
 */
export class ProbeTally {
  private fails = 0;
  private late = false;
  private lineAt: number | null = null;
  private lastLatencyMs: number | null = null;
  private lastOkAt: string | null = null;
  private wellSince: string | null = null;
  private lastError = "";

  constructor(private readonly settings: { readonly missThreshold: number; readonly staleMs: number }) {}

  /** `now` in milliseconds of a monotonic clock, `date` of the wall's. */
  add(line: ProbeLine, now: number, date: Date): void {
    this.lineAt = now;
    this.fails = line.ok ? 0 : this.fails + 1;
    this.late &&= !line.ok;
    this.lastError = line.error ?? "";
    if (this.fails >= this.settings.missThreshold) this.wellSince = null;
    if (!line.ok) return;
    this.lastLatencyMs = line.ms;
    this.lastOkAt = date.toISOString();
    this.wellSince ??= this.lastOkAt;
  }

  /** A connection takes its time. */
  addLate(): void {
    this.late = true;
  }

  /** The probe's process ended: what comes next is counted from nothing. */
  restart(): void {
    this.fails = 0;
    this.late = false;
  }

  /** @param faulty the machine finds fault with itself. */
  state(now: number, faulty: boolean): ProbeState {
    if (this.lineAt === null || now - this.lineAt >= this.settings.staleMs) return "unknown";
    if (faulty && (this.late || this.fails > 0)) return "failed";
    return this.fails >= this.settings.missThreshold ? "failed" : "ok";
  }

  /** One sentence, or null when the probe is good. */
  reason(now: number, faulty: boolean): string | null {
    const state = this.state(now, faulty);
    if (state === "ok") return null;
    if (state === "unknown") return "self-probe: no result, so the path to the internet is unknown";
    if (this.fails === 0) return "self-probe: a new connection is late";
    return `self-probe: ${this.fails} new connections in a row failed, the last with "${this.lastError}"`;
  }

  summary(now: number, faulty: boolean): Healthz["selfProbe"] {
    const { fails, lastLatencyMs, lastOkAt, wellSince } = this;
    return { ok: this.state(now, faulty) === "ok", consecutiveFailures: fails, lastLatencyMs, lastOkAt, wellSince };
  }
}
