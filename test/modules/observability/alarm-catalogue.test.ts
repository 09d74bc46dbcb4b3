import { FUNCTION_NAMES } from "../../../contract/functions";
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
