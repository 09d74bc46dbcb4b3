import fc from "fast-check";
import type { LaneRound, Memory, Round } from "../../../../lambdas/functions/nat-health-probe/decide";
import { decide, judge, NO_MEMORY } from "../../../../lambdas/functions/nat-health-probe/decide";

const policy = { failures: 2, window: 3, repeatMs: 30_000 };
const good: LaneRound = { a: true, b: true, c: true };
const dead: LaneRound = { a: false, b: false, c: false };

describe("one round of one lane (rows of the matrix)", () => {
  test.each<[string, LaneRound, LaneRound, readonly string[] | "held" | undefined]>([
    ["1: no target works on any lane", dead, dead, "held"],
    ["1: no prober answered", null, null, "held"],
    ["1: one prober is silent and the other sees nothing work", null, dead, "held"],
    ["2: all work", good, good, []],
    ["3: one target fails here only", { a: false, b: true, c: true }, good, []],
    ["3: one target fails on every lane: it is the target", { a: false, b: true, c: true }, { a: false, b: true, c: true }, []],
    [
      "4: two targets fail on every lane while a third works",
      { a: false, b: false, c: true },
      { a: false, b: false, c: true },
      [],
    ],
    ["4: two fail here, one of them everywhere", { a: false, b: false, c: true }, { a: false, b: true, c: true }, []],
    ["5: two targets that work elsewhere fail here", { a: false, b: false, c: true }, good, ["a", "b"]],
    ["6: nothing works here while it works elsewhere", dead, good, ["a", "b", "c"]],
    ["6: nothing works here; elsewhere only one target does", dead, { a: true, b: false, c: false }, ["a", "b", "c"]],
    ["6: the prober is silent while another lane works", null, good, ["a", "b", "c"]],
    ["the prober could not be asked: the lane has no part in the round", "not-asked", good, undefined],
    ["nor does it keep another from being judged", dead, "not-asked", "held"],
  ])("%s", (_row, here, elsewhere, expected) => {
    const verdict = judge({ at: 0, lanes: { here, elsewhere } });

    expect(verdict === "held" ? verdict : verdict["here"]).toEqual(expected);
  });
});

/** Feeds one round a second; returns what was told, as `second kind`. */
function play(here: readonly LaneRound[], from: Memory = NO_MEMORY) {
  let memory = from;
  const told: string[] = [];
  here.forEach((lane, second) => {
    const decided = decide(memory, { at: second * 1_000, lanes: { here: lane, elsewhere: good } }, policy);
    memory = decided.memory;
    told.push(...decided.actions.filter(({ kind }) => kind === "breach").map((action) => `${second} ${action.kind}`));
  });
  return { told, memory };
}

describe("k of n rounds", () => {
  test("1: one failed round is not a breach", () => {
    expect(play([dead, good, good]).told).toEqual([]);
  });

  test("2: two of three are, and it says how many and which targets", () => {
    const { memory } = play([dead]);

    const { actions } = decide(memory, { at: 1_000, lanes: { here: null, elsewhere: good } }, policy);

    expect(actions).toEqual([
      expect.objectContaining({ kind: "breach", lane: "here", failed: 2, of: 2, targets: ["a", "b", "c"] }),
    ]);
  });

  test("1: rounds older than the window are forgotten", () => {
    expect(play([dead, good, good, dead]).told).toEqual([]);
  });

  test("2, 3, 4: a breach that lasts is told once, and again every 30 s", () => {
    const rounds = Array.from({ length: 65 }, () => dead);

    expect(play(rounds).told).toEqual(["1 breach", "31 breach", "61 breach"]);
  });

  test("1, 2: a breach that ended and comes again is told at once", () => {
    expect(play([dead, dead, good, good, dead, dead]).told).toEqual(["1 breach", "5 breach"]);
  });

  test("a held round counts neither way", () => {
    const { memory } = play([dead]);
    const held = decide(memory, { at: 1_000, lanes: { here: dead, elsewhere: dead } }, policy);

    expect(held.actions.map(({ kind }) => kind)).toEqual(["held"]);
    expect(held.memory.lanes).toEqual(memory.lanes);
  });

  test("a round in which the prober could not be asked counts neither way, and the breach before it is not told again", () => {
    const refused = Array.from({ length: 40 }, (): LaneRound => "not-asked");

    expect(play([dead, "not-asked", good, dead]).told).toEqual(["3 breach"]);
    expect(play([dead, dead, ...refused]).told).toEqual(["1 breach"]);
  });

  test("when no prober could be asked nothing is judged: it is not the internet that fails", () => {
    const { memory } = play([dead]);
    const { actions, memory: after } = decide(
      memory,
      { at: 1_000, lanes: { here: "not-asked", elsewhere: "not-asked" } },
      policy,
    );

    expect(actions).toEqual([]);
    expect(after).toEqual(memory);
  });

  test("a lane that the topology no longer has is forgotten", () => {
    const { memory } = play([dead]);

    expect(Object.keys(decide(memory, { at: 1_000, lanes: { elsewhere: good } }, policy).memory.lanes)).toEqual(["elsewhere"]);
  });
});

test("a sweep is asked for once in every minute of the clock", () => {
  let memory = NO_MEMORY;
  const swept: number[] = [];

  for (let at = 50_000; at <= 185_000; at += 5_000) {
    const decided = decide(memory, { at, lanes: { here: good, elsewhere: good } }, policy);
    memory = decided.memory;
    if (decided.actions.some(({ kind }) => kind === "sweep")) swept.push(at);
  }

  expect(swept).toEqual([50_000, 60_000, 120_000, 180_000]);
});

describe("over any history", () => {
  const lane = (targets: readonly string[]) =>
    fc.option(fc.record(Object.fromEntries(targets.map((target) => [target, fc.boolean()]))), { nil: null });
  const history = (targets: readonly string[]): fc.Arbitrary<readonly Round[]> =>
    fc
      .array(fc.record({ x: lane(targets), y: lane(targets), z: lane(targets) }), { minLength: 1, maxLength: 30 })
      .map((rounds) => rounds.map((lanes, index) => ({ at: index * 5_000, lanes })));
  const run = (rounds: readonly Round[], each: (round: Round, result: ReturnType<typeof decide>) => void) => {
    let memory = NO_MEMORY;
    for (const round of rounds) {
      const result = decide(memory, round, policy);
      each(round, result);
      memory = result.memory;
    }
  };

  test("a breach never comes from one target only", () => {
    fc.assert(
      fc.property(history(["a", "b", "c"]), (rounds) => {
        run(rounds, (_round, { actions }) => {
          for (const action of actions) if (action.kind === "breach") expect(action.targets.length).toBeGreaterThanOrEqual(2);
        });
      }),
    );
  });

  test("with a single target there is never a breach", () => {
    fc.assert(
      fc.property(history(["a"]), (rounds) => {
        run(rounds, (_round, { actions }) => expect(actions.some(({ kind }) => kind === "breach")).toBe(false));
      }),
    );
  });

  test("a round in which nothing works anywhere never breaches", () => {
    fc.assert(
      fc.property(history(["a", "b"]), (rounds) => {
        run(rounds, ({ lanes }, { actions }) => {
          const works = Object.values(lanes).some((seen) => seen !== null && Object.values(seen).includes(true));
          if (!works) expect(actions.map(({ kind }) => kind)).not.toContain("breach");
        });
      }),
    );
  });

  test("a lane on which everything works in every round never breaches, whatever the others do", () => {
    fc.assert(
      fc.property(history(["a", "b"]), (rounds) => {
        const fine = rounds.map(({ at, lanes }) => ({ at, lanes: { ...lanes, x: { a: true, b: true } } }));
        run(fine, (_round, { actions }) => {
          expect(actions.some((action) => action.kind === "breach" && action.lane === "x")).toBe(false);
        });
      }),
    );
  });

  test("memory stays as small as the window", () => {
    fc.assert(
      fc.property(history(["a", "b"]), (rounds) => {
        run(rounds, (_round, { memory }) => {
          for (const { rounds: kept } of Object.values(memory.lanes)) expect(kept.length).toBeLessThanOrEqual(policy.window);
        });
      }),
    );
  });
});
