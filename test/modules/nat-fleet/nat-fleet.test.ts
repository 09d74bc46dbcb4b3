import { roleStatements, synthesise } from "../../stacks/support";

interface Policy {
  readonly min_healthy_percentage: number;
  readonly max_healthy_percentage: number;
}
interface Group {
  readonly min_size: number;
  readonly wait_for_capacity_timeout: string;
  readonly ignore_failed_scaling_activities: boolean;
  readonly instance_maintenance_policy: Policy;
  readonly instance_refresh: { readonly strategy: string; readonly preferences: Policy };
  readonly launch_template: { readonly version: string };
}

const groupsOf = (nats: number): readonly Group[] =>
  Object.values(
    synthesise("prod", { natsPerZoneMin: nats, natsPerZoneMax: nats }).all("aws_autoscaling_group"),
  ) as unknown as Group[];

test.each([1, 2, 3, 4])("of %d NATs in a zone all stay while they are replaced, with room for exactly one more", (nats) => {
  const groups = groupsOf(nats);

  expect(groups).toHaveLength(3);
  for (const { instance_maintenance_policy: policy, instance_refresh: refresh } of groups) {
    expect(policy.min_healthy_percentage).toBe(100);
    expect(Math.floor((nats * policy.max_healthy_percentage) / 100)).toBe(nats + 1);
    expect(refresh).toEqual({ strategy: "Rolling", preferences: policy });
  }
});

test("a new version of the launch template is seen by the group: it starts a refresh", () => {
  for (const { launch_template: template } of groupsOf(2)) expect(template.version).toMatch(/latest_version\}$/);
});

test("one launch that fails does not fail an apply; one that never succeeds does, in time", () => {
  for (const group of groupsOf(2))
    expect(group).toMatchObject({ wait_for_capacity_timeout: "15m", ignore_failed_scaling_activities: true });
});

test("a release leaves the payload of the one before until the groups use the new, and NATs may read both", () => {
  const stack = synthesise("prod");
  const [object] = Object.values(stack.all("aws_s3_object"));
  const readable = roleStatements(stack).find(({ Sid }) => Sid === "ReadArtifact")?.Resource;

  expect(object).toMatchObject({
    key: expect.stringMatching(/^payload\/[0-9a-f]{64}\.tar\.gz$/) as string,
    lifecycle: { create_before_destroy: true },
  });
  expect(readable).toEqual([`arn:aws:s3:::${object?.bucket as string}/payload/*`]);
});
