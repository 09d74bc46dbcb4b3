import { BY_LAST_RESORT } from "./gained";
import { deployedRoles } from "./roles";

const actionsOf = (change: Parameters<typeof deployedRoles>[1]) =>
  Object.fromEntries(deployedRoles("test", change).roles.map(({ name, actions }) => [name, actions]));

const gained = (
  less: Readonly<Record<string, readonly string[]>>,
  more: Readonly<Record<string, readonly string[]>>,
): readonly string[] =>
  Object.entries(more).flatMap(([name, actions]) =>
    actions.filter((action) => !less[name]?.includes(action)).map((action) => `${name} ${action}`),
  );

test("a NAT Gateway gives nat-route-failover the right to look at it, and nobody anything else", () => {
  const without = actionsOf({});
  const withGateways = actionsOf({ lastResort: "nat-gateway" });

  expect(gained(without, withGateways)).toEqual(BY_LAST_RESORT);
  expect(Object.keys(withGateways)).toEqual(Object.keys(without));
});

test("without a target group nobody may do anything with one", () => {
  const without = actionsOf({ steering: "eip" });

  expect(gained(without, actionsOf({ steering: "nlb" })).toSorted()).toEqual([
    "asg-lifecycle-handler elasticloadbalancing:DeregisterTargets",
    "asg-lifecycle-handler elasticloadbalancing:DescribeTargetHealth",
    "asg-lifecycle-handler elasticloadbalancing:RegisterTargets",
    "nat-health-probe elasticloadbalancing:DescribeTargetHealth",
  ]);
  expect(
    Object.values(without)
      .flat()
      .filter((action) => action.startsWith("elasticloadbalancing:")),
  ).toEqual([]);
});
