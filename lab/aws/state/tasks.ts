import type { Clock } from "./clock";

/** Thrown into whatever still waits when the lab stops. */
export class Stopped extends Error {
  constructor() {
    super("the lab's AWS is stopping");
    this.name = "Stopped";
  }
}

/** A place to wait for a change that someone else makes. */
export class Signal {
  private waiting = new Set<() => void>();

  notify(): void {
    const woken = this.waiting;
    this.waiting = new Set();
    for (const wake of woken) wake();
  }

  /** Calls back at the next `notify`; returns how to stop waiting. */
  next(callback: () => void): () => void {
    const waiting = this.waiting;
    waiting.add(callback);
    return () => waiting.delete(callback);
  }
}

/** Owns every loop, timer and background call, so that `stop` leaves none behind. */
export class Tasks {
  private readonly running = new Set<Promise<void>>();
  private readonly stopping = new Set<() => void>();
  private hasStopped = false;

  constructor(
    readonly clock: Clock,
    private readonly report: (task: string, error: unknown) => void,
  ) {}

  get stopped(): boolean {
    return this.hasStopped;
  }

  /** Runs in the background. An error is reported, never lost; stopping is no error. */
  spawn(name: string, work: () => Promise<void>): void {
    if (this.stopped) return;
    const task = (async () => {
      try {
        await work();
      } catch (error) {
        if (!(error instanceof Stopped)) this.report(name, error);
      }
    })();
    this.running.add(task);
    void task.finally(() => this.running.delete(task));
  }

  sleep(ms: number): Promise<void> {
    return this.wait(ms, undefined).then(() => undefined);
  }

  /** Waits for the signal or the time, whichever comes first. `false`: the time ran out. */
  wait(ms: number, signal: Signal | undefined): Promise<boolean> {
    return new Promise((resolve, reject) => {
      if (this.stopped) return reject(new Stopped());
      const end = (settle: () => void) => () => {
        cancelTimer();
        cancelSignal?.();
        this.stopping.delete(stop);
        settle();
      };
      const stop = end(() => reject(new Stopped()));
      const cancelTimer = Number.isFinite(ms)
        ? this.clock.after(
            ms,
            end(() => resolve(false)),
          )
        : () => undefined;
      const cancelSignal = signal?.next(end(() => resolve(true)));
      this.stopping.add(stop);
    });
  }

  /** Wakes every sleeper with Stopped and resolves when all tasks have ended. */
  async stop(): Promise<void> {
    this.hasStopped = true;
    for (const wake of [...this.stopping]) wake();
    while (this.running.size > 0) await Promise.all(this.running);
  }
}
