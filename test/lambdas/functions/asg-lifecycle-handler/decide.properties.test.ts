import fc from "fast-check";
import type { Action, Blind, CheckProgress, Progress, Seen } from "../../../../lambdas/functions/asg-lifecycle-handler/decide";
import { decideLaunch, decideTerminate } from "../../../../lambdas/functions/asg-lifecycle-handler/decide";
import { numberOfRuns } from "../../support/runs";
import { peer, peersOf } from "./builders";

const RUNS = numberOfRuns({ normal: 100, deep: 100_000 });
/** It takes more to come upon a launch that is continued. */
const MANY_RUNS = numberOfRuns({ normal: 1_000, deep: 100_000 });
jest.setTimeout(RUNS.timeoutMs);

const limits = { instanceId: "i-new", deadlineAt: 240_000, handoverUntil: 10_000 };
const LATE = limits.deadlineAt;
const blind: Blind = { blind: "throttled" };

/** `kind`, or the result of a completion. */
const brief = (actions: readonly Action[]) => actions.map((action) => (action.kind === "complete" ? action.result : action.kind));

describe("for anything seen", () => {
  const peers = fc.subarray([peer("i-new", "z1-a"), peer("i-far", "z2-a")]).map((list) => peersOf(...list));
  const seens: fc.Arbitrary<Seen | Blind> = fc.oneof(
    fc.constant(blind),
    fc.record<Seen>({
      lifecycle: fc.constantFrom(null, "Pending", "Pending:Wait", "Pending:Proceed", "InService", "Terminating:Wait"),
      instance: fc.constantFrom("absent", "coming", "going"),
      published: peers,
      derived: peers,
      lanes: fc.array(fc.record({ lane: fc.constant("z1-l1"), servedBy: fc.constantFrom(null, "i-new", "i-far") }), {
        maxLength: 2,
      }),
      serves: fc.subarray(["z1-l1", "z2-l1"]),
      stranded: fc.subarray(["z1-l1", "z2-l1"]),
    }),
  );
  const progresses = fc.record<Progress>({
    instanceSeen: fc.boolean(),
    absentSince: fc.constantFrom(null, 0, 5_000),
    checkFailed: fc.boolean(),
    sourceDestCheckOff: fc.boolean(),
    keyEnsured: fc.boolean(),
    check: fc.constantFrom<CheckProgress>(
      ...[0, 5_000].map((notBefore) => ({ state: "none", because: "not asked yet", notBefore }) as const),
      { state: "running", commandId: "c", startedAt: 1_000, patienceMs: 8_000 },
      ...["synced", "syncing"].map((replication) => ({ state: "passed", replication, notBefore: 0 }) as const),
    ),
    worksSince: fc.constantFrom(null, 0, 5_000),
    targetDone: fc.boolean(),
    electedAt: fc.constantFrom(null, 0, 5_000),
    heartbeatAt: fc.constant(0),
  });
  const times = fc.constantFrom(0, 1_000, 10_000, LATE - 1, LATE, LATE + 1);
  const anything = fc.tuple(seens, progresses, times);

  test("a launch is never continued without a passed check (or service without an answer), every lane of its zone served, and its place among the peers", () => {
    fc.assert(
      fc.property(anything, ([seen, progress, now]) => {
        const actions = decideLaunch(seen, progress, now, limits);
        if (!brief(actions).includes("CONTINUE") || "blind" in seen)
          return expect(brief(actions).includes("CONTINUE")).toBe(false);
        const ids = seen.derived.peers.map(({ instanceId }) => instanceId);
        if (progress.check.state !== "passed") {
          expect(now).toBeGreaterThanOrEqual(LATE);
          expect(seen.serves).not.toEqual([]);
          expect(progress.checkFailed).toBe(false);
        }
        expect(progress.sourceDestCheckOff).toBe(true);
        expect(ids).toContain("i-new");
        for (const { servedBy } of seen.lanes) expect(ids).toContain(servedBy);
      }),
      MANY_RUNS,
    );
  });

  test("after the deadline a launch always ends", () => {
    fc.assert(
      fc.property(fc.tuple(seens, progresses), ([seen, progress]) => {
        const [only, ...more] = brief(decideLaunch(seen, progress, LATE, limits));
        expect(more).toEqual([]);
        expect(["ABANDON", "CONTINUE", "end", "reject"]).toContain(only);
      }),
      RUNS,
    );
  });

  test("a terminate is never abandoned, and after the deadline it ends; in its group, with CONTINUE", () => {
    fc.assert(
      fc.property(anything, ([seen, progress, now]) => {
        const actions = brief(decideTerminate(seen, progress, now, limits));
        expect(actions).not.toContain("ABANDON");
        if (now >= LATE) expect(actions).toHaveLength(1);
        if (now >= LATE && !("blind" in seen) && seen.lifecycle !== null) expect(actions).toEqual(["CONTINUE"]);
      }),
      RUNS,
    );
  });

  test("a last action stands alone: nothing is done after, or beside, the answer", () => {
    const lasts = ["ABANDON", "CONTINUE", "end", "reject"];
    fc.assert(
      fc.property(anything, ([seen, progress, now]) => {
        for (const decide of [decideLaunch, decideTerminate]) {
          const actions = brief(decide(seen, progress, now, limits));
          expect(actions.length).toBeGreaterThan(0);
          if (actions.some((action) => lasts.includes(action))) expect(actions).toHaveLength(1);
        }
      }),
      RUNS,
    );
  });
});
