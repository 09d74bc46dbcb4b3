import type { JsonObject } from "../../../lab/stack/document";
import { Resources } from "../../../lab/stack/resource";
import { readScalingPolicy } from "../../../lab/stack/scaling";
import { synthesise } from "../../stacks/support";
import { stackWith } from "./small-stack";

const OUT: JsonObject = {
  name: "bandwidth",
  autoscaling_group_name: "nats",
  policy_type: "TargetTrackingScaling",
  target_tracking_configuration: {
    predefined_metric_specification: { predefined_metric_type: "ASGAverageNetworkOut" },
    target_value: 5,
  },
};
const tracking = (change: JsonObject): JsonObject => ({ ...OUT, target_tracking_configuration: { target_value: 5, ...change } });
const CUSTOM: JsonObject = {
  namespace: "HaNat",
  metric_name: "Carried",
  metric_dimension: [{ name: "Env", value: "test" }],
  statistic: "Average",
};

function read(policy: JsonObject) {
  const [resource] = new Resources(stackWith({ aws_autoscaling_policy: { P: policy } })).of("aws_autoscaling_policy");
  if (resource === undefined) throw new Error("the policy is lost");
  return readScalingPolicy(resource);
}

test("a policy is read with its metric, its target and AWS's default warm-up", () => {
  expect(read(OUT)).toEqual({
    name: "bandwidth",
    groupName: "nats",
    metric: { kind: "network-out" },
    targetValue: 5,
    warmupSeconds: 300,
  });
  expect(read(tracking({ customized_metric_specification: CUSTOM })).metric).toEqual({
    kind: "emitted",
    namespace: "HaNat",
    name: "Carried",
    dimensions: { Env: "test" },
  });
});

test.each<[string, JsonObject, string]>([
  ["of another type", { ...OUT, policy_type: "StepScaling" }, "evaluates TargetTrackingScaling, got StepScaling"],
  ["with an argument that changes what it does", { ...OUT, cooldown: 60 }, "does not read the argument cooldown"],
  ["that never scales in", tracking({ disable_scale_in: true }), "does not read the argument disable_scale_in"],
  ["with no metric", tracking({}), "needs either predefined_metric_specification or customized_metric_specification"],
  [
    "of another predefined metric",
    tracking({ predefined_metric_specification: { predefined_metric_type: "ASGAverageCPUUtilization" } }),
    "measures ASGAverageNetworkOut, got ASGAverageCPUUtilization",
  ],
  [
    "of metric math",
    tracking({ customized_metric_specification: { ...CUSTOM, metrics: [] } }),
    "does not read the argument metrics",
  ],
  [
    "of another statistic",
    tracking({ customized_metric_specification: { ...CUSTOM, statistic: "Maximum" } }),
    "takes the Average, got Maximum",
  ],
])("a policy %s is refused, by name", (_case, policy, words) => {
  expect(() => read(policy)).toThrow(words);
});

test("the policies of an elastic stack are read", () => {
  const { all } = synthesise("prod", { lanesPerZone: 2, natsPerZoneMax: 3, instanceType: "c7g.large" });
  const policies = all("aws_autoscaling_policy") as Readonly<Record<string, JsonObject>>;
  const groups = Object.fromEntries(
    Object.entries(policies).map(([name, policy]) => [name, { ...policy, autoscaling_group_name: "nats" }]),
  );
  const resources = new Resources(stackWith({ aws_autoscaling_policy: groups })).of("aws_autoscaling_policy");

  expect(resources.map((one) => readScalingPolicy(one).metric.kind).toSorted()).toEqual([
    ...["emitted", "emitted", "emitted"],
    ...["network-out", "network-out", "network-out"],
  ]);
});
