import type { EnvironmentInput } from "../../../stacks/config";
import { synthesise } from "../../stacks/support";

const ELASTIC = { lanesPerZone: 2, natsPerZoneMin: 1, natsPerZoneMax: 3, instanceType: "c7g.large" } as const;
const policiesOf = (change: Partial<EnvironmentInput>) => Object.values(synthesise("prod", change).all("aws_autoscaling_policy"));
const stack = synthesise("prod", { ...ELASTIC, scaleAtMbps: 400, scaleAtConntrackPercent: 40 });

describe("a zone whose size may vary, with several lanes,", () => {
  const policies = Object.values(stack.all("aws_autoscaling_policy"));

  test("follows what its NATs send, in bytes a minute, and what they carry: two policies a group", () => {
    expect(policies).toHaveLength(6);
    for (const zone of ["use1-az1", "use1-az2", "use1-az4"]) {
      const own = policies.filter(({ name }) => String(name).endsWith(zone));

      expect(own).toMatchObject([
        {
          policy_type: "TargetTrackingScaling",
          target_tracking_configuration: {
            predefined_metric_specification: { predefined_metric_type: "ASGAverageNetworkOut" },
            target_value: 3_000_000_000,
          },
        },
        {
          policy_type: "TargetTrackingScaling",
          target_tracking_configuration: {
            customized_metric_specification: {
              namespace: "HaNat",
              metric_name: "ConntrackCarriedPercent",
              metric_dimension: [
                { name: "Env", value: "prod" },
                { name: "Zone", value: zone },
              ],
              statistic: "Average",
            },
            target_value: 40,
          },
        },
      ]);
    }
  });

  test("each policy is of a group of the stack", () => {
    const groups = Object.keys(stack.all("aws_autoscaling_group")).map((name) => `\${aws_autoscaling_group.${name}.name}`);

    expect(new Set(policies.map((policy) => policy.autoscaling_group_name))).toEqual(new Set(groups));
  });

  test("neither policy is kept from scaling in", () => {
    expect(JSON.stringify(policies)).not.toContain("disable_scale_in");
  });
});

test.each<[string, Partial<EnvironmentInput>]>([
  ["of one size", { ...ELASTIC, natsPerZoneMax: 1 }],
  ["with one lane, which cannot be divided", { natsPerZoneMin: 1, natsPerZoneMax: 3 }],
])("a zone %s follows nothing", (_, change) => {
  expect(policiesOf(change)).toEqual([]);
});

test("Terraform never says how many NATs there are now: a plan would undo what Auto Scaling did", () => {
  const groups = [stack, synthesise("test"), synthesise("prod")].flatMap((one) =>
    Object.values(one.all("aws_autoscaling_group")),
  );

  expect(groups).toHaveLength(8);
  for (const group of groups) expect(group).not.toHaveProperty("desired_capacity");
});
