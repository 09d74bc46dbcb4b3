/** What every function may ask of its surroundings. Adapters and fakes implement these; decisions never see them. */

export interface Log {
  debug(message: string, keys?: Readonly<Record<string, unknown>>): void;
  info(message: string, keys?: Readonly<Record<string, unknown>>): void;
  warn(message: string, keys?: Readonly<Record<string, unknown>>): void;
  /** `keys.error` may be an Error: it is written with its stack and causes. */
  error(message: string, keys?: Readonly<Record<string, unknown>>): void;
  /** The same log with keys on every line, e.g. `correlationId`. */
  with(keys: Readonly<Record<string, unknown>>): Log;
}

export type MetricUnitName = "Count" | "Milliseconds" | "Percent" | "None";

/** Dimension name → value, e.g. `{ Env: "prod", Lane: "use1-az1-l1" }`. */
export type Dimensions = Readonly<Record<string, string>>;

export interface Metrics {
  /** One value; written at once. Several dimension sets publish the same value under each of them. */
  put(name: string, value: number, unit: MetricUnitName, ...dimensionSets: readonly Dimensions[]): void;
}

export interface Clock {
  now(): Date;
}

/** Waits for a condition: asks at once, then every `intervalMs`, until it holds (`true`) or `deadlineMs` passed (`false`). */
export interface Waiter {
  until(
    condition: () => Promise<boolean>,
    limits: { readonly intervalMs: number; readonly deadlineMs: number },
  ): Promise<boolean>;
}
