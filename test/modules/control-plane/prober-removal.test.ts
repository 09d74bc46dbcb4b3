import { synthesise } from "../../stacks/support";

const stack = synthesise("prod");
const addressOf = ({ type, name }: { readonly type: string; readonly name: string }) => `${type}.${name}`;

/** What each resource waits for when it is made; on destroy, what waits for it. */
const needs = new Map(
  stack.resources.map((resource) => {
    const referred = [...JSON.stringify(resource.args).matchAll(/\$\{(aws_\w+\.[\w-]+)\./g)].map(([, address]) => address ?? "");
    return [addressOf(resource), [...referred, ...((resource.args["depends_on"] as string[] | undefined) ?? [])]];
  }),
);

const only = (type: string, pattern: RegExp) => {
  const found = stack.resources.filter((resource) => resource.type === type && pattern.test(resource.name));
  expect(found).toHaveLength(1);
  return found.map((resource) => ({ address: addressOf(resource), args: resource.args }))[0];
};

describe("destroy, while Lambda deletes the network interfaces of probers that are no more:", () => {
  const group = only("aws_security_group", /Prober/);

  test("the rights that it does so with stay until the security group, and so the interfaces, are gone", () => {
    expect(needs.get(group?.address ?? "")).toContain(only("aws_iam_role_policy", /egress-prober/)?.address);
  });

  test("group and subnets are waited for", () => {
    const subnets = Object.entries(stack.all("aws_subnet")).filter(([name]) => name.includes("Probe-"));

    expect(subnets.length).toBeGreaterThan(0);
    for (const args of [group?.args, ...subnets.map(([, subnet]) => subnet)])
      expect(args).toMatchObject({ timeouts: { delete: "45m" } });
  });
});

test("no resource waits for itself, by whatever way", () => {
  const done = new Set<string>();
  const circles: string[] = [];
  const visit = (address: string, way: readonly string[]): void => {
    if (way.includes(address)) circles.push([...way, address].join(" > "));
    if (way.includes(address) || done.has(address)) return;
    for (const next of needs.get(address) ?? []) visit(next, [...way, address]);
    done.add(address);
  };
  for (const address of needs.keys()) visit(address, []);

  expect(needs.size).toBeGreaterThan(50);
  expect(circles).toEqual([]);
});
