import { commentMarker, renderPlan } from "../../../scripts/ci/plan-comment";

const OPTIONS = { env: "prod", commit: "abc1234" };

interface Change {
  readonly actions: readonly string[];
  readonly before?: unknown;
  readonly after?: unknown;
  readonly after_unknown?: unknown;
  readonly replace_paths?: unknown;
}

const resource = (address: string, change: Change): unknown => ({ address, type: address.split(".")[0], change });
const planOf = (...changes: readonly unknown[]): unknown => ({ terraform_version: "1.11.4", resource_changes: changes });

describe("the plan comment", () => {
  test("starts with the marker that finds it again, then the counts", () => {
    const text = renderPlan(
      planOf(
        resource("aws_vpc.Vpc", { actions: ["create"] }),
        resource("aws_sqs_queue.Queue", { actions: ["update"], before: { name: "a" }, after: { name: "b" } }),
        resource("aws_iam_role.Role", { actions: ["delete"] }),
        resource("aws_lb.Front", { actions: ["create", "delete"], replace_paths: [["subnets", 0]] }),
        resource("aws_ssm_parameter.Same", { actions: ["no-op"] }),
        resource("data.aws_region.Here", { actions: ["read"] }),
      ),
      OPTIONS,
    );

    expect(text.split("\n").slice(0, 2)).toEqual([
      commentMarker("prod"),
      "### Plan for prod: 1 to add, 1 to change, 1 to replace, 1 to destroy",
    ]);
    expect(text.split("\n").filter((line) => /^(-|~|\+)/.test(line))).toEqual([
      "- aws_iam_role.Role",
      "-/+ aws_lb.Front (forced by subnets.0)",
      "~ aws_sqs_queue.Queue (name)",
      "+ aws_vpc.Vpc",
    ]);
  });

  test("says that nothing changes", () => {
    expect(renderPlan(planOf(), OPTIONS)).toContain("Nothing changes.");
  });

  test.each([
    ["aws_eip.Lane", "PUBLIC ADDRESSES CHANGE: 1 Elastic IP"],
    ["aws_route_table.Lane", "ROUTE TABLES GO: 1"],
    ["aws_autoscaling_group.Nats", "NATs GO: 1"],
  ])("shouts when %s is replaced or destroyed", (address, words) => {
    for (const actions of [["delete"], ["delete", "create"], ["create", "delete"]]) {
      expect(renderPlan(planOf(resource(address, { actions })), OPTIONS)).toContain(words);
    }
    expect(renderPlan(planOf(resource(address, { actions: ["create"] })), OPTIONS)).not.toContain(words);
  });

  test("names attributes that are known only after apply, and no block in which everything is known", () => {
    const change = {
      actions: ["update"],
      before: { a: 1 },
      after: {},
      after_unknown: { a: true, tags: {}, rule: [{ id: true }] },
    };

    expect(renderPlan(planOf(resource("aws_x.Y", change)), OPTIONS)).toContain("~ aws_x.Y (a, rule)");
  });

  test("never shows a value, sensitive or not", () => {
    const secret = "hunter2-value";
    const text = renderPlan(
      planOf(
        resource("aws_ssm_parameter.Key", { actions: ["update"], before: { value: "old-value" }, after: { value: secret } }),
        resource("aws_ssm_parameter.New", { actions: ["create"], after: { value: secret } }),
        resource("aws_ssm_parameter.Gone", { actions: ["delete"], before: { value: secret } }),
      ),
      OPTIONS,
    );

    expect(text).not.toMatch(/hunter2|old-value/);
  });

  test("stays under the limit and says how much was left out, destroys first", () => {
    const adds = Array.from({ length: 3000 }, (_, i) => resource(`aws_vpc.Number${i}`, { actions: ["create"] }));
    const text = renderPlan(planOf(...adds, resource("aws_eip.Last", { actions: ["delete"] })), { ...OPTIONS, limit: 5000 });

    expect(text.length).toBeLessThanOrEqual(5000);
    expect(text).toContain("- aws_eip.Last");
    expect(text).toMatch(/… and \d+ more/);
    expect(text).toContain("3000 to add");
  });

  test("refuses what is no plan", () => {
    expect(() => renderPlan({ resource_changes: [{ address: 1 }] }, OPTIONS)).toThrow(/address/);
  });
});
