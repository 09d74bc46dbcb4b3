import type { EnvironmentInput } from "../../../stacks/config";
import { synthesise } from "../../stacks/support";

interface Widget {
  readonly type: string;
  readonly y: number;
  readonly properties: { readonly title: string; readonly alarms?: readonly string[] };
}

const widgetsOf = (change: Partial<EnvironmentInput>): readonly Widget[] => {
  const [dashboard] = Object.values(synthesise("prod", change).all("aws_cloudwatch_dashboard"));
  return (JSON.parse(dashboard?.dashboard_body as string) as { readonly widgets: readonly Widget[] }).widgets;
};

const LARGEST: Partial<EnvironmentInput> = {
  zones: ["use1-az1", "use1-az2", "use1-az4", "use1-az5"],
  lanesPerZone: 4,
  natsPerZoneMax: 4,
  lastResort: "nat-gateway",
  instanceType: "c7gn.16xlarge",
  publicPrefix: 24,
  privatePrefix: 24,
};

test("the smallest fleet's alarms are in one widget", () => {
  expect(widgetsOf({}).filter(({ type }) => type === "alarm")).toHaveLength(1);
});

test("the largest fleet's alarms are all there, no widget has more than the hundred that CloudWatch takes, and none covers another", () => {
  const alarms = Object.keys(synthesise("prod", LARGEST).all("aws_cloudwatch_metric_alarm"));
  const widgets = widgetsOf(LARGEST);
  const lists = widgets.flatMap(({ properties }) => (properties.alarms === undefined ? [] : [properties.alarms]));

  expect(alarms.length).toBeGreaterThan(100);
  expect(new Set(lists.flat()).size).toBe(alarms.length);
  expect(Math.max(...lists.map((list) => list.length))).toBeLessThanOrEqual(100);
  expect(widgets.slice(0, lists.length + 1).map(({ y }) => y)).toEqual(
    Array.from({ length: lists.length + 1 }, (_, row) => 6 * row),
  );
});
