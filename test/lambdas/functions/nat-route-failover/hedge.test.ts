import { handle } from "../../../../lambdas/functions/nat-route-failover/handler";
import { hedged } from "../../../../lambdas/functions/nat-route-failover/hedge";
import { Cloud, silence } from "./support/cloud";
import { batch, delivered, suspicion, SWEEP } from "./support/messages";

/** Answers one after the other: a value, an error, or (null) nothing ever. */
function reads(...outcomes: readonly (string | Error | null)[]) {
  const left = [...outcomes];
  return async (): Promise<string> => {
    const outcome = left.shift();
    if (outcome === undefined) throw new Error("asked more often than twice");
    if (outcome === null) return new Promise(() => {});
    if (outcome instanceof Error) throw outcome;
    return outcome;
  };
}

describe("a hedged read", () => {
  test.each([
    ["both answer: the first", ["one", "two"], "one"],
    ["the first is not answered", [null, "two"], "two"],
    ["the second is not answered", ["one", null], "one"],
    ["the first is refused", [new Error("throttled"), "two"], "two"],
    ["the second is refused", ["one", new Error("throttled")], "one"],
  ])("%s", async (_name, outcomes, expected) => {
    await expect(hedged(reads(...outcomes))).resolves.toBe(expected);
  });

  test("fails as its first asking did when both fail, and not as a collection of errors", async () => {
    await expect(hedged(reads(new Error("throttled"), new Error("and again")))).rejects.toThrow(/^throttled$/);
  });
});

describe("a look", () => {
  test("reads everything twice side by side when somebody is missed, and goes on by the first answer", async () => {
    const cloud = silence("az1-a");
    const services = cloud.services();
    const firstHangs = <A extends unknown[], T>(read: (...args: A) => Promise<T>) => {
      let calls = 0;
      return async (...args: A): Promise<T> => (++calls === 1 ? new Promise<T>(() => {}) : read(...args));
    };
    const { fleet, routes, addresses } = services;
    const message = suspicion({ reporter: "i-az1-b", suspect: "i-az1-a" });

    await handle(batch(delivered(message, { sender: "i-az1-b" })), {
      ...services,
      fleet: {
        instances: firstHangs(() => fleet.instances()),
        members: firstHangs((names: readonly string[]) => fleet.members(names)),
      },
      routes: { ...routes, defaultRoutes: firstHangs((ids: readonly string[]) => routes.defaultRoutes(ids)) },
      addresses: { ...addresses, associations: firstHangs((ids: readonly string[]) => addresses.associations(ids)) },
    });

    expect(cloud.routeOf("az1-l1")).toBe("eni-az1-b");
  });

  test("reads once in a quiet minute, and once where somebody has been missed for longer than three seconds", async () => {
    const cloud = new Cloud();
    const services = cloud.services();
    const say = (sequence: number) => {
      const message = suspicion({ reporter: "i-az1-b", suspect: "i-az1-a", sequence });
      return batch(delivered(message, { sender: "i-az1-b", sentAt: cloud.now.getTime() }));
    };
    const readsOf = async (event: unknown, laterMs: number): Promise<readonly number[]> => {
      cloud.now = new Date(cloud.now.getTime() + laterMs);
      const before = cloud.calls.length;
      await handle(event, services);
      const made = cloud.calls.slice(before);
      return ["instances", "members", "routes", "associations"].map((read) => made.filter((call) => call === read).length);
    };

    expect(await readsOf(batch(delivered(SWEEP)), 0)).toEqual([1, 1, 1, 1]);
    expect(await readsOf(say(1), 0)).toEqual([2, 2, 2, 2]);
    expect(await readsOf(say(2), 3_000)).toEqual([2, 2, 2, 2]);
    expect(await readsOf(say(3), 1)).toEqual([1, 1, 1, 1]);
  });
});
