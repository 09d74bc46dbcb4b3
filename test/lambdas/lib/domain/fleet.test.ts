import { serverOf } from "../../../../lambdas/lib/domain/fleet";
import type { DefaultRoute } from "../../../../lambdas/lib/domain/fleet";
import { groupBy, perArray } from "../../../../lambdas/lib/domain/per-array";
import { lane, nat, PERFECT, to } from "../../functions/nat-route-failover/support/builders";

describe("the NAT that serves a lane", () => {
  const serves = (route: DefaultRoute, nats = PERFECT.nats) => serverOf({ ...lane("az1-l1", "az1-a"), route }, nats)?.instanceId;

  test("is the one whose interface its default route points at", () => {
    expect(serves(to("az2-b"))).toBe("i-az2-b");
  });

  test.each<[string, DefaultRoute]>([
    ["has no default route", { state: "missing" }],
    ["has a black hole, though the interface is there", { state: "blackhole", eniId: "eni-az1-a" }],
    ["leads to no interface", { state: "active", eniId: null }],
    ["leads to an interface of somebody else", to("foreign")],
  ])("is none of ours when the lane %s", (_how, route) => {
    expect(serves(route)).toBeUndefined();
  });

  test("is none when it has no interface", () => {
    expect(serves(to("az1-a"), [nat("az1-a", { eni: null })])).toBeUndefined();
  });

  test("is the first of two that EC2 shows with the same interface", () => {
    const same = { ...nat("az1-b"), eni: nat("az1-a").eni };

    expect(serves(to("az1-a"), [nat("az1-a"), same])).toBe("i-az1-a");
    expect(serves(to("az1-a"), [same, nat("az1-a")])).toBe("i-az1-b");
  });
});

describe("an index", () => {
  test("is made once for an array, and anew for another of the same content", () => {
    let made = 0;
    const lengthOf = perArray((items: readonly string[]) => {
      made += 1;
      return items.length;
    });
    const items = ["a", "b"];

    expect([lengthOf(items), lengthOf(items), lengthOf([...items])]).toEqual([2, 2, 2]);
    expect(made).toBe(2);
  });

  test("by a key keeps the order of the items and of their first appearance", () => {
    expect([...groupBy(["b1", "a1", "b2"], (item) => item.slice(0, 1))]).toEqual([
      ["b", ["b1", "b2"]],
      ["a", ["a1"]],
    ]);
  });
});
