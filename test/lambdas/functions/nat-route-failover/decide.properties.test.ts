import fc from "fast-check";
import { LEAVE_CAUSES } from "../../../../contract/parameters";
import type { FleetRecord } from "../../../../contract/parameters";
import { decide } from "../../../../lambdas/functions/nat-route-failover/decide";
import type { Request } from "../../../../lambdas/lib/domain/admit";
import type { Action, PointRoute } from "../../../../lambdas/lib/domain/actions";
import { isBroken, isHealthy, isSeenBroken, isSynced } from "../../../../lambdas/lib/domain/evidence";
import type { Evidence } from "../../../../lambdas/lib/domain/evidence";
import { serverOf } from "../../../../lambdas/lib/domain/fleet";
import type { World } from "../../../../lambdas/lib/domain/fleet";
import { numberOfRuns } from "../../support/runs";
import { applyPlan } from "./support/apply";
import { anyEvidence, anyShape, anySituation, anyWorld, brokenEvidence } from "./support/arbitraries";
import { HEALTHY, NOW, POLICY, UNSYNCED } from "./support/builders";
import { isComfort } from "./support/rules";

interface Drawn {
  readonly world: World;
  readonly record: FleetRecord;
}

const RUNS = numberOfRuns({ normal: 300, deep: 100_000 });
jest.setTimeout(RUNS.timeoutMs);
const plan = ({ world, record }: Drawn, now = NOW) => decide({ world, record, now, policy: POLICY }).plan;
const moves = (actions: readonly Action[]) => actions.filter((action): action is PointRoute => action.kind === "point-route");
/** What is left when the plan is carried out and, where that was all that comfort waited for, lanes are spread once. */
function leftAfter(world: World, actions: readonly Action[], record: FleetRecord): readonly Action[] {
  const written = (plan: readonly Action[], before: FleetRecord) =>
    plan.find((action) => action.kind === "record")?.record ?? before;
  const after = { world: applyPlan(world, actions), record: written(actions, record) };
  const again = plan(after);
  if (!again.some(isComfort)) return again;
  return plan({ world: applyPlan(after.world, again), record: written(again, after.record) });
}
const natOf = (world: World, instanceId: string) => world.nats.find((nat) => nat.instanceId === instanceId);
const noRecord: FleetRecord = { schema: 1, updatedAt: NOW.toISOString(), lanes: {}, marks: {} };
const steady = { ...anyShape, leaving: fc.constant(false), breached: fc.constant(false) };

const GONE: Evidence = { kind: "gone", state: "terminated" };

/** Some of what can be asked for, of NATs and lanes of this world. */
const withRequests = (drawn: Drawn) => {
  const instanceId = fc.constantFrom(...drawn.world.nats.map((nat) => nat.instanceId), "i-stranger");
  const leave = fc.record({
    kind: fc.constant("leave" as const),
    instanceId,
    because: fc.constantFrom(...LEAVE_CAUSES),
    force: fc.boolean(),
    by: fc.constantFrom("nat" as const, "operator" as const, "control-plane" as const),
  });
  const move = fc.record({
    kind: fc.constant("move" as const),
    lane: fc.constantFrom(...drawn.world.lanes.map(({ lane }) => lane)),
    to: fc.oneof(instanceId, fc.constant("auto")),
    by: fc.constant("ana"),
  });
  const resume = fc.record({ kind: fc.constant("resume" as const), by: fc.constant("ana"), instanceId });
  return fc
    .array(fc.oneof<fc.Arbitrary<Request>[]>(leave, move, resume), { maxLength: 4 })
    .map((requests) => ({ ...drawn, requests }));
};

function holds(property: (drawn: Drawn) => void, shape = anyShape): void {
  fc.assert(fc.property(anySituation(shape), property), RUNS);
}

describe("decide, over random fleets", () => {
  test("a lane is only ever pointed at a NAT that is positively healthy", () => {
    holds((drawn) => {
      const targets = moves(plan(drawn)).map(({ instanceId }) => natOf(drawn.world, instanceId));

      expect(targets.filter((nat) => nat === undefined || !isHealthy(nat.evidence))).toEqual([]);
    });
  });

  test("a lane without a working NAT gets one whenever one is healthy anywhere", () => {
    holds((drawn) => {
      const after = applyPlan(drawn.world, plan(drawn));
      const someHealthy = drawn.world.nats.some(({ evidence }) => isHealthy(evidence));
      const stranded = after.lanes.filter((lane) => {
        const evidence = serverOf(lane, after.nats)?.evidence;
        return evidence === undefined || isBroken(evidence);
      });

      if (someHealthy) expect(stranded).toEqual([]);
    });
  });

  test("a lane that has a default route never loses it", () => {
    holds((drawn) => {
      const after = applyPlan(drawn.world, plan(drawn));
      const had = drawn.world.lanes.filter(({ route }) => route.state !== "missing").map(({ lane }) => lane);

      expect(after.lanes.filter(({ lane, route }) => had.includes(lane) && route.state === "missing")).toEqual([]);
    });
  });

  test("a lane whose NAT was not observed, and stays as far as is known, is not moved, unless its probes fail", () => {
    holds((drawn) => {
      const unobserved = drawn.world.lanes
        .filter((lane) => {
          const server = serverOf(lane, drawn.world.nats);
          return server?.evidence.kind === "unobserved" && !server.leaving && !lane.breached;
        })
        .map(({ lane }) => lane);

      expect(moves(plan(drawn)).filter((action) => unobserved.includes(action.lane))).toEqual([]);
    });
  });

  test("when all look broken nothing is moved and nothing is replaced", () => {
    holds((drawn) => expect(plan(drawn).filter(({ kind }) => kind !== "none" && kind !== "record")).toEqual([]), {
      ...anyShape,
      evidence: brokenEvidence,
    });
  });

  test("a lane on a healthy NAT of its own zone that stays is not moved, unless lanes are spread", () => {
    holds((drawn) => {
      const well = drawn.world.lanes.filter((lane) => {
        const server = serverOf(lane, drawn.world.nats);
        return server !== undefined && server.zone === lane.zone && isHealthy(server.evidence) && !server.leaving;
      });

      const moved = moves(plan(drawn)).filter(({ lane }) => well.some((known) => known.lane === lane));

      expect(moved.filter((move) => !isComfort(move))).toEqual([]);
      expect(moved.length).toBeLessThanOrEqual(1);
    });
  });

  test("a NAT that leaves is not chosen while a healthy one stays", () => {
    holds((drawn) => {
      const staying = drawn.world.nats.some(({ evidence, leaving }) => isHealthy(evidence) && !leaving);

      if (staying) expect(moves(plan(drawn)).filter(({ instanceId }) => natOf(drawn.world, instanceId)?.leaving)).toEqual([]);
    });
  });

  test("a lane leaves its zone only when its zone has no healthy NAT", () => {
    holds((drawn) => {
      const foreign = moves(plan(drawn)).filter(({ lane, instanceId }) => {
        const home = drawn.world.lanes.find((known) => known.lane === lane)?.zone;
        const homeHealthy = drawn.world.nats.some(({ zone, evidence }) => zone === home && isHealthy(evidence));
        return homeHealthy && natOf(drawn.world, instanceId)?.zone !== home;
      });

      expect(foreign).toEqual([]);
    }, steady);
  });

  test("lanes that move are spread evenly over the NATs of a zone that are as good", () => {
    fc.assert(
      fc.property(anyWorld(steady), (world) => {
        const actions = plan({ world, record: noRecord });
        const after = applyPlan(world, actions);
        const load = (id: string) => after.lanes.filter((lane) => serverOf(lane, after.nats)?.instanceId === id).length;
        const uneven = moves(actions).filter(({ instanceId }) => {
          const target = natOf(world, instanceId);
          const peers = world.nats.filter(
            (nat) =>
              isHealthy(nat.evidence) &&
              isSynced(nat.evidence) === (target !== undefined && isSynced(target.evidence)) &&
              nat.zone === target?.zone &&
              nat.lifecycle === "InService",
          );
          return target?.lifecycle === "InService" && peers.some((peer) => load(peer.instanceId) < load(instanceId) - 1);
        });

        expect(uneven).toEqual([]);
      }),
      RUNS,
    );
  });

  test("the plan, carried out and looked at again, leaves nothing to do", () => {
    holds((drawn) => {
      const actions = plan(drawn);

      expect(leftAfter(drawn.world, actions, drawn.record).filter(({ kind }) => kind !== "none")).toEqual([]);
    });
  });

  test("whatever is asked for, no lane goes to a NAT that is not healthy, and the plan leaves nothing to do", () => {
    fc.assert(
      fc.property(anySituation().chain(withRequests), ({ requests, ...drawn }) => {
        const { plan: actions, world } = decide({ ...drawn, requests, now: NOW, policy: POLICY });

        expect(moves(actions).filter(({ instanceId }) => !isHealthy(natOf(world, instanceId)?.evidence ?? GONE))).toEqual([]);
        expect(leftAfter(world, actions, drawn.record).filter(({ kind }) => kind !== "none")).toEqual([]);
      }),
      RUNS,
    );
  });

  test("a drain that is not forced takes no lane out of a zone that has a healthy NAT, and none is broken", () => {
    const never = fc.constant(false);
    const calm = { evidence: fc.constantFrom(HEALTHY, UNSYNCED), leaving: never, breached: never };
    fc.assert(
      fc.property(anyWorld(calm), fc.nat(), (world, pick) => {
        const settled = applyPlan(world, plan({ world, record: noRecord }));
        const nat = settled.nats[pick % settled.nats.length];
        const drain: Request = { kind: "leave", instanceId: nat?.instanceId ?? "", because: "drain", force: false, by: "nat" };
        const { plan: actions, refused } = decide({
          world: settled,
          record: noRecord,
          requests: [drain],
          now: NOW,
          policy: POLICY,
        });
        const foreign = moves(actions).filter(
          ({ lane, instanceId }) =>
            settled.lanes.find((known) => known.lane === lane)?.zone === nat?.zone &&
            natOf(settled, instanceId)?.zone !== nat?.zone,
        );

        expect(foreign).toEqual([]);
        if (refused.length > 0) expect(moves(actions)).toEqual([]);
      }),
      RUNS,
    );
  });

  test("during a hold nothing happens that nobody asked for, while nobody leaves", () => {
    const hold = { until: "2999-01-01T00:00:00.000Z", by: "ana", because: "migration" };

    holds(
      ({ world, record }) =>
        expect(plan({ world, record: { ...record, hold } }).filter(({ kind }) => kind !== "none" && kind !== "record")).toEqual(
          [],
        ),
      steady,
    );
  });

  test("the same input gives the same plan, in whatever order it was observed", () => {
    holds((drawn) => {
      const shuffled = { ...drawn.world, nats: drawn.world.nats.toReversed() };

      expect(plan(drawn)).toEqual(plan(drawn));
      expect(moves(plan({ ...drawn, world: shuffled }))).toEqual(moves(plan(drawn)));
    });
  });

  test("an egress address is one of the lane's own, on a NAT of the zone it belongs to", () => {
    holds((drawn) => {
      for (const action of plan(drawn)) {
        if (action.kind !== "bring-address" && action.kind !== "bring-public-address") continue;
        const lane = drawn.world.lanes.find((known) => known.lane === action.lane);
        const zone = drawn.world.nats.find(({ eni }) => eni?.eniId === action.eniId)?.zone ?? "";
        const own = zone === lane?.zone ? lane.addresses.map(({ floating }) => floating) : [lane?.guests[zone]];

        expect(own).toContain(action.address);
        if (action.kind === "bring-public-address")
          expect(lane?.addresses.map(({ publicIp }) => publicIp)).toContain(action.publicIp);
      }
    });
  });

  test("an instance is replaced only when seen broken for long, alone in its zone, with a healthy one beside it", () => {
    holds((drawn) => {
      const marks = plan(drawn).filter((action) => action.kind === "mark-unhealthy");

      expect(new Set(marks.map(({ zone }) => zone)).size).toBe(marks.length);
      for (const { zone, instanceId } of marks) {
        const members = drawn.world.nats.filter((nat) => nat.zone === zone && nat.lifecycle !== "none");
        const marked = members.find((nat) => nat.instanceId === instanceId);
        const sinceMs = NOW.getTime() - Date.parse(drawn.record.brokenSince?.[instanceId] ?? NOW.toISOString());
        const lastMs = NOW.getTime() - Date.parse(drawn.record.marks[zone]?.at ?? "1970-01-01T00:00:00Z");

        expect(marked !== undefined && isSeenBroken(marked.evidence)).toBe(true);
        expect(sinceMs).toBeGreaterThanOrEqual(POLICY.markAfterMs);
        expect(lastMs).toBeGreaterThanOrEqual(POLICY.markIntervalMs);
        expect(members.some((nat) => isHealthy(nat.evidence))).toBe(true);
        expect(members.every((nat) => nat.lifecycle === "InService" && nat.groupHealth === "Healthy")).toBe(true);
      }
    });
  });
});

describe("decide, over random histories", () => {
  const round = fc.record({
    seconds: fc.integer({ min: 1, max: 200 }),
    evidence: fc.array(anyEvidence, { minLength: 24, maxLength: 24 }),
  });

  test("a lane moves at most once per cooldown, unless its NAT is broken or leaves, or it has none", () => {
    fc.assert(
      fc.property(anyWorld(), fc.array(round, { minLength: 2, maxLength: 8 }), (start, rounds) => {
        let drawn: Drawn = { world: start, record: noRecord };
        let now = NOW;
        const movedAt = new Map<string, number>();
        for (const { seconds, evidence } of rounds) {
          now = new Date(now.getTime() + seconds * 1000);
          const nats = drawn.world.nats.map((nat, index) => ({ ...nat, evidence: evidence[index] ?? nat.evidence }));
          drawn = { ...drawn, world: { ...drawn.world, nats } };
          const actions = plan(drawn, now);
          for (const { lane } of moves(actions)) {
            const known = drawn.world.lanes.find((one) => one.lane === lane);
            const server = known === undefined ? undefined : serverOf(known, nats);
            const restMs = now.getTime() - (movedAt.get(lane) ?? 0);
            if (server !== undefined && !isBroken(server.evidence) && !server.leaving)
              expect(restMs).toBeGreaterThanOrEqual(POLICY.cooldownMs);
            movedAt.set(lane, now.getTime());
          }
          const written = actions.find((action) => action.kind === "record");
          drawn = { world: applyPlan(drawn.world, actions), record: written?.record ?? drawn.record };
        }
      }),
      RUNS,
    );
  });
});
