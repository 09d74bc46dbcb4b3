/** One call as the endpoint saw it. */
export interface CallRecord {
  /** Signing name. */
  readonly service: string;
  /** Empty when the request named no operation of the service. */
  readonly operation: string;
  /** `<role>/<session>`, or the access key when it is nobody's. */
  readonly principal: string;
  /** HTTP status. */
  readonly status: number;
  /** Error code; undefined when the call succeeded. */
  readonly errorCode: string | undefined;
  /** ISO time of arrival. */
  readonly startedAt: string;
  readonly durationMs: number;
}

/** The last calls, oldest first; bounded, because a lab may run for days. */
export class CallLog {
  #records: CallRecord[] = [];

  constructor(private readonly limit = 10_000) {}

  add(record: CallRecord): void {
    this.#records.push(record);
    if (this.#records.length > 2 * this.limit) this.#records = this.#records.slice(-this.limit);
  }

  records(): readonly CallRecord[] {
    return this.#records.slice(-this.limit);
  }
}
