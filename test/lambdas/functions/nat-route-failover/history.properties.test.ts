import fc from "fast-check";
import { decide } from "../../../../lambdas/functions/nat-route-failover/decide";
import { isHealthy } from "../../../../lambdas/lib/domain/evidence";
import { serverOf } from "../../../../lambdas/lib/domain/fleet";
import type { Nat, World } from "../../../../lambdas/lib/domain/fleet";
import { resortOf } from "../../../../lambdas/lib/domain/last-resort";
import { numberOfRuns } from "../../support/runs";
import { HEALTHY, SILENT, UNOBSERVED, withGateway } from "./support/builders";
import { anyHistory, play, quietRun } from "./support/history";
import type { Decide, History, Step } from "./support/history";
import { isComfort, RULES } from "./support/rules";

const RUNS = numberOfRuns({ normal: 250, deep: 100_000 });

/** `rule: what breaks it`, over all steps. */
function broken(history: History, decideBy: Decide = decide): readonly string[] {
  const steps = play(history, decideBy);
  return steps.flatMap((step, index) =>
    Object.entries(RULES).flatMap(([name, rule]) =>
      rule(step, steps.slice(0, index), decideBy).map((fault) => `${name}: ${fault} (run ${index + 1})`),
    ),
  );
}

const work = ({ decision }: Step) => decision.plan.filter(({ kind }) => kind !== "none").map(({ because }) => because);
const last = (history: History) => play(history, decide).at(-1) as Step;

describe("random histories: calls fail, runs die, answers are stale, messages are lost, late, doubled and out of order", () => {
  test(
    "every rule holds in every run",
    () => {
      fc.assert(
        fc.property(anyHistory, (history) => expect(broken(history)).toEqual([])),
        RUNS,
      );
    },
    RUNS.timeoutMs,
  );

  // At most two runs do something. The first puts right what is wrong; the record of that may be all that row 16 waited for, as it wants
  // all well before it spreads lanes, and then the second moves one. What is not comfort must be done by the first.
  test(
    "in a quiet world the second run has an empty plan, or the third when the second spreads lanes",
    () => {
      fc.assert(
        fc.property(anyHistory, (history) => {
          const before = last(history);
          const first = quietRun(before, before.now, decide);
          const second = quietRun(first, before.now, decide);
          const settled = second.decision.plan.some(isComfort) ? quietRun(second, before.now, decide) : second;

          expect(work(settled)).toEqual([]);
        }),
        RUNS,
      );
    },
    RUNS.timeoutMs,
  );

  test(
    "when all is well again every lane comes home, the NATs of a zone serve as many, and all stays",
    () => {
      fc.assert(
        fc.property(anyHistory, (history) => {
          let step = last(history);
          for (let minute = 0; minute < 40; minute += 1)
            step = quietRun(step, new Date(step.now.getTime() + 60_000), decide, (nat) => ({
              ...nat,
              evidence: HEALTHY,
              departing: false,
              lifecycle: "InService",
              groupHealth: "Healthy",
            }));
          const { lanes, nats } = step.decision.world;
          const abroad = lanes.filter((lane) => {
            const server = serverOf(lane, nats);
            const homes = nats.some(({ zone, leaving }) => zone === lane.zone && !leaving);
            // Somebody has every NAT drained: then its NAT Gateway serves on.
            if (resortOf(lane) !== undefined && nats.every(({ leaving }) => leaving)) return false;
            return server === undefined || !isHealthy(server.evidence) || (homes && server.zone !== lane.zone);
          });

          expect(work(step).filter((because) => !because.includes("replaced"))).toEqual([]);
          expect(abroad.map(({ lane }) => lane)).toEqual([]);
          expect(unevenZones(step.decision.world)).toEqual([]);
        }),
        RUNS,
      );
    },
    RUNS.timeoutMs,
  );
});

/** Where nobody leaves, no guest is, and a NAT serves two lanes more than another. */
function unevenZones({ lanes, nats }: World): readonly string[] {
  const zones = [...new Set(lanes.map(({ zone }) => zone))];
  return zones.filter((zone) => {
    const own = nats.filter((nat) => nat.zone === zone);
    const guests = lanes.filter((lane) => lane.zone !== zone && serverOf(lane, nats)?.zone === zone);
    if (own.length === 0 || own.some(({ leaving }) => leaving) || guests.length > 0) return false;
    const load = own.map((nat) => lanes.filter((lane) => serverOf(lane, nats) === nat).length);
    return Math.max(...load) - Math.min(...load) > 1;
  });
}

/** What decide must not be: each breaks the rule that it is named after. */
const SABOTAGES: Readonly<Record<keyof typeof RULES, Decide>> = {
  "a lane is pointed at a NAT that is positively healthy": (situation) =>
    decide({
      ...situation,
      world: seenAs(situation.world, (nat) => (isHealthy(nat.evidence) ? nat : { ...nat, evidence: HEALTHY })),
    }),
  "a stranded lane gets a NAT while one is healthy": (situation) =>
    decide({ ...situation, world: seenAs(situation.world, (nat) => ({ ...nat, evidence: UNOBSERVED })) }),
  "a lane whose NAT nobody observed stays there, unless its own probes find the path broken": (situation) =>
    decide({
      ...situation,
      world: seenAs(situation.world, (nat) => (nat.evidence.kind === "unobserved" ? { ...nat, evidence: SILENT } : nat)),
    }),
  "while all look broken nothing moves and nobody is replaced": (situation) =>
    decide({ ...situation, world: seenAs(situation.world, (nat, at) => (at === 0 ? { ...nat, evidence: HEALTHY } : nat)) }),
  "a lane moves once per cooldown, unless it must": (situation) =>
    decide({ ...situation, policy: { ...situation.policy, cooldownMs: 0, returnAfterMs: 0 } }),
  "a lane whose NAT leaves is brought away when its patience ends, whatever the cooldown says": (situation) => {
    const decision = decide(situation);
    return { ...decision, plan: decision.plan.filter(({ because }) => !because.includes("is about to leave")) };
  },
  "a NAT that leaves gets no lane while a healthy one stays": (situation) => {
    const decision = decide({ ...situation, world: seenAs(situation.world, (nat) => ({ ...nat, leaving: !nat.leaving })) });
    return { ...decision, world: situation.world };
  },
  "a lane that is well at home stays there, unless lanes are spread": (situation) =>
    decide({
      ...situation,
      requests: situation.world.lanes.map(({ lane }) => ({ kind: "move", lane, to: "auto", by: "nobody" })),
    }),
  "during a hold only operators move lanes, but off a NAT that ends, within their zone; nobody is replaced": (situation) => {
    const { hold, ...record } = situation.record;
    const decision = decide({ ...situation, record });
    const kept = decision.plan.map((action) =>
      action.kind === "record" && hold !== undefined ? { ...action, record: { ...action.record, hold } } : action,
    );
    return { ...decision, plan: kept };
  },
  "a NAT is replaced only when seen broken, alone in its zone, beside a healthy one": (situation) =>
    decide({
      ...situation,
      world: seenAs(situation.world, (nat) => ({ ...nat, lifecycle: "InService", groupHealth: "Healthy" })),
    }),
  "a lane goes to its own NAT Gateway only, and only when every NAT is broken, each by itself, and its path as well": (
    situation,
  ) =>
    decide({
      ...situation,
      world: { ...situation.world, lanes: situation.world.lanes.map((lane) => (lane.lastResort ? withGateway(lane) : lane)) },
    }),
  "a lane returns from its NAT Gateway to a NAT that stays, when one has been healthy for long enough, or the gateway is faulty":
    (situation) => decide({ ...situation, policy: { ...situation.policy, returnAfterMs: 0 } }),
  "an egress address is one of the lane's own, in the zone that it belongs to": (situation) => {
    const decision = decide(situation);
    const { nats } = situation.world;
    const abroad = (eniId: string): string => {
      const own = nats.find(({ eni }) => eni?.eniId === eniId)?.zone;
      return nats.find(({ eni, zone }) => eni !== null && zone !== own)?.eni?.eniId ?? eniId;
    };
    const plan = decision.plan.map((action) =>
      action.kind === "bring-address" ? { ...action, eniId: abroad(action.eniId) } : action,
    );
    return { ...decision, plan };
  },
  "the same input gives the same plan, in whatever order it was observed": (situation) => {
    const decision = decide(situation);
    return { ...decision, plan: situation.world.nats[0]?.zone === "az1" ? decision.plan : decision.plan.toReversed() };
  },
  "a plan that is carried out and looked at again leaves nothing to do, but to spread lanes once": (situation) => {
    const decision = decide(situation);
    return { ...decision, plan: decision.plan.filter(({ kind }) => kind !== "record") };
  },
};

function seenAs(world: World, change: (nat: Nat, at: number) => Nat): World {
  return { ...world, nats: world.nats.map(change) };
}

describe("each rule bites:", () => {
  /** No action takes a default route away: the simulator is what this watches. */
  const unbreakable = ["a lane that has a default route keeps one"];
  const histories = fc.sample(anyHistory, { numRuns: 2000, seed: 1 });

  test("every one is sabotaged, or cannot be", () => {
    expect([...Object.keys(SABOTAGES), ...unbreakable].toSorted()).toEqual(Object.keys(RULES).toSorted());
  });

  test.each(Object.entries(SABOTAGES))("%s", (name, sabotaged) => {
    const isCaught = histories.some((history) => {
      const steps = play(history, sabotaged);
      return steps.some((step, index) => (RULES[name]?.(truth(step), steps.slice(0, index), sabotaged) ?? []).length > 0);
    });

    expect(isCaught).toBe(true);
  });
});

/** A sabotage lies to decide about the world: a rule is told what was really seen. */
function truth(step: Step): Step {
  return { ...step, decision: { ...step.decision, world: step.seen } };
}
