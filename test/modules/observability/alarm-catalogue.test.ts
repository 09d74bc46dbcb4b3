import { FUNCTION_NAMES } from "../../../contract/functions";
import type { DropReason } from "../../../lambdas/functions/nat-route-failover/event";
import { alarmCatalogue } from "../../../modules/observability/alarm-catalogue";

const alarms = alarmCatalogue({
  env: "test",
  lanes: [],
  zones: [],
  hasStandbys: false,
  hasNatGateways: false,
  functions: [],
  deadLetterQueues: [],
});
const functionsOf = (kind: string) => alarms.filter((alarm) => alarm.kind === kind).map((alarm) => alarm.dimensions["Function"]);

describe("what somebody changed", () => {
  const { eipRecover, configGuard, routeFailover } = FUNCTION_NAMES;

  test("is told whoever comes upon it: the sweep, which mostly does, as well", () => {
    expect(functionsOf("DriftFound").toSorted()).toEqual([configGuard, eipRecover, routeFailover].toSorted());
  });

  test("and could not be put right is told by those that look again", () => {
    expect(functionsOf("DriftLeft").toSorted()).toEqual([configGuard, eipRecover].toSorted());
  });
});

describe("messages that the door does not listen to", () => {
  const dropped = alarms.filter(({ kind }) => kind === "DroppedMessages");
  /** Whether a reason says that somebody sends what nobody should. The others belong to an outage, whose own alarms ring. */
  const RINGS: Readonly<Record<DropReason, boolean>> = {
    malformed: true,
    foreign: true,
    forged: true,
    implausible: true,
    stale: false,
    replayed: false,
    unknown: false,
  };

  test("ring, each reason by itself, when somebody sends what nobody should", () => {
    const rings = Object.entries(RINGS).flatMap(([reason, doesRing]) => (doesRing ? [{ Env: "test", Reason: reason }] : []));

    expect(dropped.map(({ dimensions }) => dimensions)).toEqual(rings);
    expect(dropped.map(({ subject }) => subject)).toEqual(rings.map(({ Reason }) => Reason));
  });

  test("do not ring for one or two, nor wake anybody", () => {
    for (const alarm of dropped)
      expect(alarm).toMatchObject({
        severity: "ticket",
        statistic: "Sum",
        comparison: "GreaterThanOrEqualToThreshold",
        threshold: 3,
        periodSeconds: 300,
        missing: "notBreaching",
      });
  });
});

test("a hold rings as a ticket when it was in force for an hour without a break, whether or not a lane should move", () => {
  const [alarm, ...others] = alarms.filter(({ kind }) => kind === "HoldInForce");

  expect(others).toEqual([]);
  expect(alarm).toMatchObject({
    severity: "ticket",
    metric: "HoldInForce",
    dimensions: { Env: "test" },
    statistic: "Minimum",
    comparison: "GreaterThanOrEqualToThreshold",
    threshold: 1,
    missing: "notBreaching",
  });
  expect([alarm?.breaching, (alarm?.of ?? 0) * (alarm?.periodSeconds ?? 0)]).toEqual([alarm?.of, 3600]);
});
