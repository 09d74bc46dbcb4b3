import type { Clock } from "./clock";

/** What happened in the lab's AWS, as a person would tell it. Times are on the record around it. */
export type LabEvent =
  | {
      readonly kind: "instance";
      readonly instanceId: string;
      readonly name: string;
      readonly state: string;
      readonly because: string;
    }
  | { readonly kind: "hook"; readonly instanceId: string; readonly hook: string; readonly result: string }
  | { readonly kind: "route"; readonly routeTableId: string; readonly destination: string; readonly target: string }
  | { readonly kind: "address"; readonly address: string; readonly target: string }
  | { readonly kind: "public-address"; readonly publicIp: string; readonly target: string }
  | { readonly kind: "target-health"; readonly instanceId: string; readonly state: string; readonly reason: string }
  | { readonly kind: "message"; readonly queue: string; readonly messageId: string; readonly what: "sent" | "dead-letter" }
  | {
      readonly kind: "function";
      readonly name: string;
      readonly result: "ok" | "error";
      readonly ms: number;
      readonly detail: string;
    }
  | { readonly kind: "event"; readonly source: string; readonly detailType: string; readonly rules: readonly string[] }
  | {
      readonly kind: "scaling";
      readonly group: string;
      readonly from: number;
      readonly to: number;
      readonly because: string;
    }
  | { readonly kind: "command"; readonly instanceId: string; readonly document: string; readonly status: string }
  | { readonly kind: "fault"; readonly task: string; readonly error: string };

export type LabRecord = LabEvent & {
  /** From 1, without gaps: what is missing at the start was dropped. */
  readonly number: number;
  /** Monotonic milliseconds of the clock. */
  readonly ms: number;
  /** ISO time. */
  readonly at: string;
};

/** The last events in memory, oldest dropped first. */
export class Journal {
  private readonly records: LabRecord[] = [];
  private readonly listeners = new Set<(record: LabRecord) => void>();
  private counter = 0;

  constructor(
    private readonly clock: Clock,
    private readonly limit = 5000,
  ) {}

  add(event: LabEvent): void {
    this.counter += 1;
    const record = { ...event, number: this.counter, ms: this.clock.now(), at: this.clock.date().toISOString() };
    this.records.push(record);
    if (this.records.length > this.limit) this.records.shift();
    for (const listener of this.listeners) listener(record);
  }

  /** Records with a number above `after`, oldest first. */
  since(after: number): readonly LabRecord[] {
    return this.records.filter((record) => record.number > after);
  }

  /** Events since the start, dropped ones included. */
  get count(): number {
    return this.counter;
  }

  /** Returns how to stop listening. */
  listen(listener: (record: LabRecord) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}
