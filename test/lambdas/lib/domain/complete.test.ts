import { requireComplete } from "../../../../lambdas/lib/domain/complete";
import type { DefaultRoute } from "../../../../lambdas/lib/domain/fleet";
import { nat, to } from "../../functions/nat-route-failover/support/builders";

const listed = { ...nat("az1-a"), state: "running" };
const member = (name: string, lifecycle = "InService") => ({ instanceId: `i-${name}`, lifecycle, health: "Healthy" as const });

describe("an answer of EC2 that lacks a NAT in service", () => {
  test("is no answer while a route leads to an interface that it lacks as well", () => {
    const routes = new Map([["rtb-1", to("az1-b")]]);

    expect(() => requireComplete({ instances: [listed], members: [member("az1-a"), member("az1-b")], routes })).toThrow(
      /EC2 lists no i-az1-b, .* leads to eni-az1-b/,
    );
  });

  test("may come from tags that are lost: the error names them and the way back", () => {
    const routes = new Map([["rtb-1", to("az1-b")]]);

    expect(() => requireComplete({ instances: [listed], members: [member("az1-a"), member("az1-b")], routes })).toThrow(
      /if it stays so, the instance lost its tag ha-nat:env or ha-nat:role \(nat\), .*: put both back as the other NATs have them$/,
    );
  });

  test("is none either when another lane's route is a black hole, and names all that it lacks", () => {
    const routes = new Map<string, DefaultRoute>([
      ["rtb-0", { state: "missing" }],
      ["rtb-1", { state: "blackhole", eniId: "eni-az1-0" }],
      ["rtb-2", to("az1-b")],
    ]);
    const members = [member("az1-a"), member("az1-b"), member("az1-c")];

    expect(() => requireComplete({ instances: [listed], members, routes })).toThrow(/EC2 lists no i-az1-b, i-az1-c, which/);
  });

  test("lists a NAT that has no interface yet as well", () => {
    const instances = [{ ...listed, eni: null }];

    expect(() =>
      requireComplete({ instances, members: [member("az1-a"), member("az1-b")], routes: new Map([["rtb-1", to("az1-b")]]) }),
    ).toThrow(/leads to eni-az1-b/);
  });

  test.each<[string, DefaultRoute, string]>([
    ["its route is a black hole: the instance is gone", { state: "blackhole", eniId: "eni-az1-b" }, "InService"],
    ["there is no route", { state: "missing" }, "InService"],
    ["the route leads to no interface", { state: "active", eniId: null }, "InService"],
    ["the route leads to a NAT that is listed", to("az1-a"), "InService"],
    ["its group has it not in service", to("az1-b"), "Terminating:Wait"],
  ])("is one when %s", (_what, route, lifecycle) => {
    const members = [member("az1-a"), member("az1-b", lifecycle)];

    expect(() => requireComplete({ instances: [listed], members, routes: new Map([["rtb-1", route]]) })).not.toThrow();
  });

  test("a route to a stranger's interface is judged when nobody is lacking", () => {
    const routes = new Map([["rtb-1", to("stranger")]]);

    expect(() => requireComplete({ instances: [listed], members: [member("az1-a")], routes })).not.toThrow();
  });
});
