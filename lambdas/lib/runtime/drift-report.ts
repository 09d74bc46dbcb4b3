import { DIMENSIONS, METRICS } from "../../../contract/metrics";
import type { FunctionName } from "../../../contract/functions";
import type { Drift } from "../domain/drift";
import type { Log, Metrics } from "../domain/ports";

export interface DriftReporter {
  /** One line each, with what was found and what it must be. */
  found(drifts: readonly Drift[], keys?: Readonly<Record<string, unknown>>): void;
  /** Told of each by name; counted. */
  mended(drifts: readonly Drift[], keys?: Readonly<Record<string, unknown>>): void;
  /** What is still there when the function ends; 0 is told too, for an alarm that must go off again. */
  left(drifts: readonly Drift[], keys?: Readonly<Record<string, unknown>>): void;
}

/** One wording and one set of metrics for every function that finds drift. */
export function driftReporter(env: string, name: FunctionName, log: Log, metrics: Metrics): DriftReporter {
  const count = (metric: string, drifts: readonly Drift[]): void =>
    metrics.put(metric, drifts.length, "Count", { [DIMENSIONS.env]: env, [DIMENSIONS.function]: name });
  return {
    found: (drifts, keys = {}) => {
      for (const drift of drifts) log.warn("drift", { ...drift, ...keys });
      if (drifts.length > 0) count(METRICS.driftFound, drifts);
    },
    mended: (drifts, keys = {}) => {
      for (const drift of drifts) log.info("drift mended", { ...drift, ...keys });
      if (drifts.length > 0) count(METRICS.driftMended, drifts);
    },
    left: (drifts, keys = {}) => {
      for (const drift of drifts) log.error("drift left", { ...drift, ...keys });
      count(METRICS.driftLeft, drifts);
    },
  };
}
