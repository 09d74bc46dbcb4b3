import { track } from "../../../lab/loops/target-tracking";
import type { Tracked } from "../../../lab/loops/target-tracking";

const minutes = (count: number, value: number | null) => Array.from({ length: count }, () => value);
const policy = (...values: readonly (number | null)[]): Tracked => ({ name: "bandwidth", targetValue: 100, minutes: values });
const other = (...values: readonly (number | null)[]): Tracked => ({ name: "conntrack", targetValue: 50, minutes: values });
const size = (desired: number) => ({ desired, min: 1, max: 4 });
const warm = (measured: number, warming = 0) => ({ measured, warming });

describe("out: when one metric is above its target for three minutes, in proportion, rounded up", () => {
  test.each<[string, readonly Tracked[], number, number, number | undefined]>([
    ["twice the target: twice as many", [policy(200, 200, 200)], 1, 1, 2],
    ["a little more than the target: one more", [policy(101, 101, 101)], 2, 2, 3],
    ["at the target: stays", [policy(100, 100, 100)], 2, 2, undefined],
    ["for two minutes only: stays", [policy(100, 300, 300)], 1, 1, undefined],
    ["a minute without data between: stays", [policy(300, null, 300)], 1, 1, undefined],
    ["more than there may be: the most", [policy(900, 900, 900)], 1, 1, 4],
    ["two want more: the one that wants most", [policy(200, 200, 200), other(150, 150, 150)], 1, 1, 3],
    ["the other is well below: out all the same", [policy(200, 200, 200), other(...minutes(15, 1))], 1, 1, 2],
    ["what was called for still warms up: stays", [policy(300, 300, 300)], 3, 1, undefined],
    ["more is called for than warms up: out", [policy(400, 400, 400)], 3, 1, 4],
  ])("%s", (_case, policies, desired, measured, expected) => {
    expect(track(policies, size(desired), warm(measured, desired - measured))?.desired).toBe(expected);
  });
});

describe("in: when every metric is well below its target for fifteen minutes", () => {
  test.each<[string, readonly Tracked[], number, number | undefined]>([
    ["half the target: half as many", [policy(...minutes(15, 50))], 4, 2],
    ["what is left would not do: rounded up", [policy(...minutes(15, 51))], 4, 3],
    ["below, but not well below: stays", [policy(...minutes(15, 90))], 4, undefined],
    ["for fourteen minutes: stays", [policy(90, ...minutes(14, 10))], 4, undefined],
    ["a minute without data among them: stays", [policy(...minutes(7, 10), null, ...minutes(7, 10))], 4, undefined],
    ["the other is not well below: stays", [policy(...minutes(15, 10)), other(...minutes(15, 46))], 4, undefined],
    ["the other has no data: stays", [policy(...minutes(15, 10)), other(...minutes(15, null))], 4, undefined],
    ["both: as many as the one that wants most needs", [policy(...minutes(15, 10)), other(...minutes(15, 30))], 4, 3],
    ["nothing at all: the least", [policy(...minutes(15, 0))], 4, 1],
  ])("%s", (_case, policies, desired, expected) => {
    expect(track(policies, size(desired), warm(desired))?.desired).toBe(expected);
  });

  test("not while somebody warms up", () => {
    expect(track([policy(...minutes(15, 10))], size(4), warm(3, 1))).toBeUndefined();
  });
});

test("nothing is decided on nothing: no policy, or nobody measured", () => {
  expect(track([], size(2), warm(2))).toBeUndefined();
  expect(track([policy(...minutes(15, 0))], size(2), warm(0, 2))).toBeUndefined();
});

test("a verdict says which policy, and its numbers", () => {
  expect(track([policy(201.5, 201.5, 201.5)], size(1), warm(1))?.because).toBe("bandwidth is at 202, above its target of 100");
});
