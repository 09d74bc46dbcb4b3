/** What one run of the bench is asked for. Everything is bounded. */
export interface BenchOptions {
  readonly root: string;
  /** Folder for logs and rendered rule sets. */
  readonly folder: string;
  /** The compiled load generator. */
  readonly load: string;
  readonly part: Part;
  readonly rounds: number;
  /** How long one measurement takes. */
  readonly seconds: number;
  /** Names of workloads and rule sets; empty for all. */
  readonly workloads: readonly string[];
  readonly rulesets: readonly string[];
  /** The setting of the machine under which the part runs, where there are several. */
  readonly setting?: string;
}

export const PARTS = ["data-plane", "sync", "exhaustion", "ceiling"] as const;
export type Part = (typeof PARTS)[number];

/** One row of figures: what was measured, under what, round by round. Absolute values stay inside: they are this machine's. */
export interface Measured {
  readonly workload: string;
  readonly subject: string;
  /** One value a round. */
  readonly values: readonly number[];
}

/** What the sandbox hands back; each part has its own tables. */
export interface PartResult {
  readonly part: Part;
  /** Interleaved measurements, reported as ratios only. */
  readonly measured: readonly Measured[];
  /** The comparisons that are worth a column: subject / base. */
  readonly comparisons: readonly Comparison[];
  /** Plain counts and figures that are no throughput: ports, entries, missing flows, microseconds a flow. */
  readonly facts: readonly Fact[];
  /** What could not be measured here, and why. */
  readonly skipped: readonly string[];
}

export interface Comparison {
  readonly subject: string;
  readonly base: string;
  /** The median that is wanted at least; for one workload, or for all that are not named. */
  readonly goal?: number;
  readonly goals?: Readonly<Record<string, number>>;
}

/** `name` in the case `of` was `value`. */
export interface Fact {
  readonly of: string;
  readonly name: string;
  readonly value: number;
  readonly unit: string;
}

/** A program without which something cannot be measured, and its Debian package. */
export interface Needs {
  readonly program: string;
  readonly package: string;
}
