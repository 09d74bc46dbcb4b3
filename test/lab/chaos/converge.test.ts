import type { Snapshot } from "../../../lab/chaos/converge";
import { snapshotOf, strayChanges, whyNot, within } from "../../../lab/chaos/converge";
import { findOccasion, OCCASIONS } from "../../../lab/chaos/occasions";
import type { Place } from "../../../lab/chaos/site";
import type { LabStatus } from "../../../lab/holder/status";

const before: Snapshot = { instances: ["i-a", "i-b", "i-c"], servers: { one: "i-a", two: "i-c" } };

describe("what chaos may change", () => {
  test("is what the occasion is about", () => {
    const after = { instances: ["i-b", "i-c", "i-new"], servers: { one: "i-b", two: "i-c" } };

    expect(strayChanges(before, after, { instances: ["i-a"], lanes: ["one"] })).toEqual([]);
  });

  test("is nothing else", () => {
    const after = { instances: ["i-b"], servers: { one: "i-b", two: undefined } };

    expect(strayChanges(before, after, { instances: ["i-a"], lanes: ["one"] })).toEqual([
      "i-c is gone, which nobody touched",
      "lane two went from i-c to nobody",
    ]);
  });
});

describe("the fleet is not as it must be when", () => {
  const status = {
    lanes: [{ lane: "one", addresses: [{ publicIp: "198.51.100.1" }], target: { instanceId: "i-a" } }],
    ...{ instances: [{ instanceId: "i-a" }], hooks: [] as { instanceId: string; hook: string }[] },
  };
  const untouched = { instances: [], lanes: [] };
  const wrongs = (over: Partial<Record<keyof Place, unknown>> = {}) => {
    const place = {
      fleet: () => Promise.resolve({ ready: true, waitingFor: [] }),
      status: () => Promise.resolve(status),
      egressOf: () => Promise.resolve("198.51.100.1"),
      plan: () => Promise.resolve([{ kind: "none", what: "nothing", because: "all is well" }]),
      ...over,
    } as unknown as Place;
    return whyNot(place, snapshotOf(status as unknown as LabStatus), untouched);
  };

  test("nothing of this is so: all is well", async () => expect(await wrongs()).toEqual([]));

  test.each<[string, Partial<Record<keyof Place, unknown>>, string]>([
    [
      "it is not whole",
      { fleet: () => Promise.resolve({ ready: false, waitingFor: ["lane one: default route is none"] }) },
      "lane one: default route is none",
    ],
    [
      "a lane shows a foreign address",
      { egressOf: () => Promise.resolve("192.0.2.9") },
      "lane one shows 192.0.2.9 to the internet, not 198.51.100.1",
    ],
    [
      "a lane's client does not get out",
      { egressOf: () => Promise.resolve(undefined) },
      "lane one shows nothing to the internet, not 198.51.100.1",
    ],
    [
      "a hook waits",
      { status: () => Promise.resolve({ ...status, hooks: [{ instanceId: "i-a", hook: "launching" }] }) },
      "hook launching of i-a waits",
    ],
    [
      "something is left to do",
      { plan: () => Promise.resolve([{ kind: "bring-address", what: "assign it", because: "it is elsewhere" }]) },
      "the next plan is not empty: bring-address: assign it, because it is elsewhere",
    ],
    ["the plan is not known", { plan: () => Promise.resolve({ unknown: "it has no plan" }) }, "it has no plan"],
  ])("%s", async (_when, over, reason) => expect(await wrongs(over)).toEqual([reason]));
});

test("what does not become right is told as it was at the deadline", async () => {
  let asked = 0;
  const wrong = () => Promise.resolve((asked += 1) > 1 ? [] : ["a lane is dark"]);

  expect(await within(0, () => Promise.resolve(["a lane is dark"]))).toEqual(["a lane is dark"]);
  expect(await within(10_000, wrong)).toEqual([]);
});

test("an occasion that is not known is refused with those that are", () => {
  expect(() => findOccasion("flood")).toThrow(
    `occasion flood is unknown; allowed: ${OCCASIONS.map(({ name }) => name).join(", ")}; choose one of them`,
  );
});
