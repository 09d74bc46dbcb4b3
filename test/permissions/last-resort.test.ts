import { deployedRoles } from "./roles";

const actionsOf = (change: Parameters<typeof deployedRoles>[1]) =>
  Object.fromEntries(deployedRoles("test", change).roles.map(({ name, actions }) => [name, actions]));

// The lab's recorded game day is of an environment without NAT Gateways; what they need more is held here.
test("a NAT Gateway gives nat-route-failover the right to look at it, and nobody anything else", () => {
  const without = actionsOf({});
  const withGateways = actionsOf({ lastResort: "nat-gateway" });
  const more = Object.entries(withGateways).flatMap(([name, actions]) =>
    actions.filter((action) => !without[name]?.includes(action)).map((action) => `${name} ${action}`),
  );

  expect(more).toEqual(["nat-route-failover ec2:DescribeNatGateways"]);
  expect(Object.keys(withGateways)).toEqual(Object.keys(without));
});
