import type { Snapshot } from "../../../lab/chaos/converge";
import { strayChanges, within } from "../../../lab/chaos/converge";
import { findOccasion, OCCASIONS } from "../../../lab/chaos/occasions";

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
