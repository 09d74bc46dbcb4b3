import type { ScalingPolicyModel, TrackedMetric } from "./model";
import type { Block, Resource } from "./resource";

/** AWS's default where neither the policy nor its group says. */
const DEFAULT_WARMUP_SECONDS = 300;

export function readScalingPolicy(policy: Resource): ScalingPolicyModel {
  policy.refuseBut([
    "name",
    "autoscaling_group_name",
    "policy_type",
    "estimated_instance_warmup",
    "target_tracking_configuration",
  ]);
  if (policy.text("policy_type") !== "TargetTrackingScaling") {
    throw new Error(`${policy.address}.policy_type: the lab evaluates TargetTrackingScaling, got ${policy.text("policy_type")}`);
  }
  const tracking = policy.block("target_tracking_configuration");
  if (tracking === undefined) throw new Error(`${policy.address}: needs target_tracking_configuration`);
  tracking.refuseBut(["predefined_metric_specification", "customized_metric_specification", "target_value"]);
  return {
    name: policy.text("name"),
    groupName: policy.text("autoscaling_group_name"),
    metric: readMetric(tracking),
    targetValue: tracking.number("target_value"),
    warmupSeconds: policy.number("estimated_instance_warmup", DEFAULT_WARMUP_SECONDS),
  };
}

function readMetric(tracking: Block): TrackedMetric {
  const predefined = tracking.block("predefined_metric_specification");
  const customized = tracking.block("customized_metric_specification");
  if ((predefined === undefined) === (customized === undefined))
    throw new Error(`${tracking.address}: needs either predefined_metric_specification or customized_metric_specification`);
  if (predefined !== undefined) {
    predefined.refuseBut(["predefined_metric_type"]);
    const type = predefined.text("predefined_metric_type");
    if (type === "ASGAverageNetworkOut") return { kind: "network-out" };
    throw new Error(`${predefined.address}.predefined_metric_type: the lab measures ASGAverageNetworkOut, got ${type}`);
  }
  return readCustomized(customized as Block);
}

function readCustomized(metric: Block): TrackedMetric {
  metric.refuseBut(["namespace", "metric_name", "metric_dimension", "statistic", "unit"]);
  if (metric.text("statistic") !== "Average")
    throw new Error(`${metric.address}.statistic: the lab takes the Average, got ${metric.text("statistic")}`);
  const dimensions = metric.blocks("metric_dimension").map((dimension) => {
    dimension.refuseBut(["name", "value"]);
    return [dimension.text("name"), dimension.text("value")] as const;
  });
  return {
    kind: "emitted",
    namespace: metric.text("namespace"),
    name: metric.text("metric_name"),
    dimensions: Object.fromEntries(dimensions),
  };
}
