import { Metrics as Powertools } from "@aws-lambda-powertools/metrics";
import { METRIC_NAMESPACE } from "../../../contract/metrics";
import type { Metrics } from "../domain/ports";

/** Embedded-metric-format lines by Lambda Powertools: no call, no permission, no latency. */
export function createMetrics(): Metrics {
  const powertools = new Powertools({ namespace: METRIC_NAMESPACE });
  // Powertools adds a `service` dimension of its own: every alarm would miss the metric by that one dimension.
  powertools.clearDefaultDimensions();
  return {
    put: (name, value, unit, ...dimensionSets) => {
      // One line per set: Powertools warns on every line whose sets share a dimension, and ours nest.
      for (const dimensions of dimensionSets) {
        powertools.addDimensions({ ...dimensions });
        powertools.addMetric(name, unit, value);
        powertools.publishStoredMetrics();
      }
    },
  };
}
