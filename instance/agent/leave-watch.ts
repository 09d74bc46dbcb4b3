import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import type { Leave } from "../../contract/messages";
import { decideLeave, type LeaveDecision, type LeaveMemory, type LeaveRequest, type Notices, type Standing } from "./leaving";
import { type Log, words } from "./log";

/** How often the request file is looked at: a person waits. */
const TICK_MS = 250;
/** Spot gives two minutes; EC2 says to look every five seconds. */
const NOTICES_EVERY_MS = 5_000;
const STANDING_EVERY_MS = { asked: 1_000, settled: 10_000 } as const;

/** What `nat-drain` reads: the answer of the agent, as of now. */
export interface LeaveAnswer {
  readonly schema: 1;
  /** ID of the request that it answers; null when a notice alone asks. */
  readonly request: string | null;
  readonly outcome: LeaveDecision["outcome"];
  readonly because: Leave["because"] | null;
  readonly why: string;
  /** Lanes that this NAT still serves; null while that is not known. */
  readonly lanes: readonly string[] | null;
}

/** The outside of the watch. */
export interface LeaveSources {
  /** Milliseconds since the epoch: what requests and the record are dated by. */
  readonly now: () => number;
  /** Milliseconds of the monotonic clock: what lies between two reads. */
  readonly elapsed: () => number;
  readonly notices: () => Promise<Notices>;
  /** Null without a request. Throws when there is one that cannot be read. */
  readonly request: () => LeaveRequest | null;
  readonly standing: () => Promise<Standing>;
  readonly answer: (answer: LeaveAnswer) => void;
  /** Returns at once. */
  readonly say: (message: Leave, deduplicationId: string) => void;
}

export interface Leaver {
  readonly env: string;
  readonly instanceId: string;
  readonly bootId: string;
}

/** Looks for reasons to leave and says so, until the lanes are elsewhere. Driven by `tick`; reads go on side by side with it. */
export class LeaveWatch {
  private notices: Notices = { spotAction: false, rebalance: false, targetLifecycle: null };
  private standing: Standing | null = null;
  private memory: LeaveMemory | null = null;
  private sequence = 0;
  private told = "";
  private logged = "";
  private readonly readAt = { notices: -Infinity, standing: -Infinity };
  private readonly reading = new Set<string>();

  constructor(
    private readonly self: Leaver,
    private readonly sources: LeaveSources,
    private readonly log: Log,
  ) {}

  tick(): void {
    const now = this.sources.now();
    this.read("notices", NOTICES_EVERY_MS, async () => {
      this.notices = await this.sources.notices();
    });
    const decision = decideLeave({
      ...{ now, notices: this.notices, request: this.request(), standing: this.standing, memory: this.memory },
    });
    // What was read for another cause may be its answer.
    if (decision.memory !== null && decision.memory.cause !== this.memory?.cause) this.forgetStanding();
    this.memory = decision.memory;
    if (decision.say) this.say(decision, now);
    if (decision.cause === null) this.forgetStanding();
    else this.followStanding(decision);
    this.answer(decision);
  }

  private forgetStanding(): void {
    this.standing = null;
    this.readAt.standing = -Infinity;
  }

  private followStanding({ outcome }: LeaveDecision): void {
    this.read("standing", outcome === "asked" ? STANDING_EVERY_MS.asked : STANDING_EVERY_MS.settled, async () => {
      this.standing = await this.sources.standing();
    });
  }

  /** A reading that fails leaves what was known. */
  private read(what: keyof typeof this.readAt, everyMs: number, work: () => Promise<void>): void {
    const now = this.sources.elapsed();
    if (this.reading.has(what) || now - this.readAt[what] < everyMs) return;
    this.readAt[what] = now;
    this.reading.add(what);
    work()
      .catch((error: unknown) => this.log.limited(`leave-${what}`, `${what} could not be read`, { why: words(error) }))
      .finally(() => this.reading.delete(what));
  }

  private request(): LeaveRequest | null {
    try {
      return this.sources.request();
    } catch (error) {
      this.log.limited("leave-request", "the request to leave cannot be read", { why: words(error) });
      return null;
    }
  }

  private say({ cause }: LeaveDecision, now: number): void {
    if (cause === null) return;
    this.sequence += 1;
    const { env, instanceId, bootId } = this.self;
    const message: Leave = {
      schema: 1,
      env,
      at: new Date(now).toISOString(),
      correlationId: cause.request ?? randomUUID(),
      kind: "leave",
      reporter: instanceId,
      instanceId,
      because: cause.because,
      force: cause.force,
    };
    // Suspicions are deduplicated by boot and sequence too; a name of its own keeps one from swallowing the other.
    this.sources.say(message, `${bootId}-leave-${this.sequence}`);
  }

  private answer({ outcome, cause, why }: LeaveDecision): void {
    const request = cause?.request ?? null;
    const answer: LeaveAnswer = {
      ...{ schema: 1, request, outcome, because: cause?.because ?? null, why },
      lanes: this.standing?.lanes ?? null,
    };
    const text = JSON.stringify(answer);
    if (text !== this.logged) this.log.info("leaving", { ...answer });
    this.logged = text;
    if (text === this.told) return;
    try {
      this.sources.answer(answer);
      this.told = text;
    } catch (error) {
      this.log.limited("leave-answer", "the answer to a request to leave cannot be written", { why: words(error) });
    }
  }
}

/** For ever. Timers drift; what counts is that no look waits for another one. */
export async function watchLeaving(watch: LeaveWatch): Promise<never> {
  for (;;) {
    watch.tick();
    await wait(TICK_MS);
  }
}
