import * as fc from "fast-check";
import type { Measured } from "../../../lab/bench/model";
import { interleaved, median, percentile, ratioOf, ratios } from "../../../lab/bench/statistics";

const measured = (subject: string, values: readonly number[], workload = "w"): Measured => ({ workload, subject, values });
const someNumbers = fc.array(fc.double({ min: 0.001, max: 1e9, noNaN: true }), { minLength: 1, maxLength: 30 });

describe("percentiles", () => {
  test.each([
    [[3, 1, 2], 0.5, 2],
    [[1, 2, 3, 4], 0.5, 2.5],
    [[10, 20], 0.99, 19.9],
    [[7], 0.99, 7],
  ])("of %j at %d is %d", (values, share, expected) => expect(percentile(values, share)).toBeCloseTo(expected, 9));

  test("lie between the least and the most, and never move the values", () => {
    fc.assert(
      fc.property(someNumbers, fc.double({ min: 0, max: 1, noNaN: true }), (values, share) => {
        const before = [...values];
        const found = percentile(values, share);
        expect(found).toBeGreaterThanOrEqual(Math.min(...values));
        expect(found).toBeLessThanOrEqual(Math.max(...values) * (1 + 1e-12));
        expect(values).toEqual(before);
      }),
    );
  });

  test("of nothing is an error, not a zero", () => expect(() => median([])).toThrow("no values"));
});

describe("ratios", () => {
  test("are taken round by round: a slow round of both sides changes nothing", () => {
    const ratio = ratioOf(measured("a", [90, 9, 95]), measured("b", [100, 10, 100]));

    expect(ratio).toMatchObject({ median: 0.9, low: 0.9, high: 0.95, rounds: 3 });
  });

  test("of a subject to itself are 1", () => {
    fc.assert(
      fc.property(someNumbers, (values) => {
        expect(ratioOf(measured("a", values), measured("a", values))).toMatchObject({ median: 1, low: 1, high: 1 });
      }),
    );
  });

  test("tell whether the goal is reached", () => {
    expect(ratioOf(measured("a", [97]), measured("b", [100]), 0.97).reached).toBe(true);
    expect(ratioOf(measured("a", [96]), measured("b", [100]), 0.97).reached).toBe(false);
  });

  test("a base that carried nothing, or other rounds than the subject, is an error", () => {
    expect(() => ratioOf(measured("a", [1]), measured("b", [0]))).toThrow("b carried nothing in a round of w");
    expect(() => ratioOf(measured("a", [1, 2]), measured("b", [1]))).toThrow("a and b have 2 and 1 rounds of w");
  });

  test("a workload can have a goal of its own", () => {
    const all = [measured("a", [8]), measured("b", [10]), measured("a", [8], "v"), measured("b", [10], "v")];
    const found = ratios(all, [{ subject: "a", base: "b", goal: 0.9, goals: { v: 0.7 } }]);

    expect(found.map(({ workload, goal, reached }) => [workload, goal, reached])).toEqual([
      ["w", 0.9, false],
      ["v", 0.7, true],
    ]);
  });

  test("come for every workload, and only where both sides were measured", () => {
    const all = [measured("a", [1]), measured("b", [2]), measured("a", [3], "v")];

    expect(ratios(all, [{ subject: "a", base: "b" }])).toEqual([expect.objectContaining({ workload: "w", median: 0.5 })]);
  });
});

test("every subject is measured in every place of the order, and the order runs both ways", () => {
  expect([0, 1, 2, 3].map((turn) => interleaved(["a", "b", "c"], turn).join(""))).toEqual(["abc", "acb", "cab", "cba"]);
  const turns = Array.from({ length: 10 }, (_, turn) => interleaved([..."abcde"], turn));
  for (const place of [0, 1, 2, 3, 4]) expect(new Set(turns.map((order) => order[place])).size).toBe(5);
});
