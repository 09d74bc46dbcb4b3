import { decide, judge, NO_MEMORY } from "../../../../lambdas/functions/nat-health-probe/decide";
import type { LaneRound } from "../../../../lambdas/functions/nat-health-probe/decide";

const policy = { failures: 2, window: 3, repeatMs: 30_000 };
const round = (at: number, here: LaneRound, elsewhere: LaneRound) => ({ at, lanes: { here, elsewhere } });

test("a target that a lane was not asked about does not fail there", () => {
  const verdict = judge(round(0, { a: true }, { a: true, b: true, c: true }));

  expect(verdict).toEqual({ here: [], elsewhere: [] });
});

test("a breach tells of every target that failed in the window, in order, and how often", () => {
  const works = { a: true, b: true, c: true };
  const { memory } = decide(NO_MEMORY, round(1_000, { c: false, b: false, a: true }, works), policy);
  const { actions } = decide(memory, round(2_000, { c: true, b: false, a: false }, works), policy);

  expect(actions).toEqual([
    {
      kind: "breach",
      lane: "here",
      failed: 2,
      of: 2,
      targets: ["a", "b", "c"],
      proberAnswered: true,
      because: "2 of the last 2 rounds failed on two targets or more",
    },
  ]);
});

test.each<[string, readonly LaneRound[], boolean]>([
  ["the prober never answered", [null, null], false],
  ["it answered in fewer than k of the rounds that failed", [null, { a: false, b: false, c: false }], false],
  ["it answered in k of them", [{ a: false, b: false, c: false }, null, { a: false, b: false, c: false }], true],
  ["its good answers do not count", [null, { a: true, b: true, c: true }, null], false],
])("a breach says whether the probes failed or the prober did not answer: %s", (_case, lanes, proberAnswered) => {
  const works = { a: true, b: true, c: true };
  let memory = NO_MEMORY;
  let last: ReturnType<typeof decide>["actions"] = [];
  lanes.forEach((lane, index) => {
    const decided = decide(memory, round(index * 1_000, lane, works), { ...policy, repeatMs: 0 });
    ({ memory, actions: last } = decided);
  });

  expect(last).toContainEqual(expect.objectContaining({ kind: "breach", lane: "here", proberAnswered }));
});

test("a sweep and a round without any target are told with the reason", () => {
  const { actions } = decide(NO_MEMORY, round(60_000, { a: false }, null), policy);

  expect(actions).toEqual([
    { kind: "sweep", minute: 1, because: "a new minute began" },
    { kind: "held", because: expect.stringContaining("not the NATs") },
  ]);
});
