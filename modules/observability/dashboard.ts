import { genericArn } from "../shared/deployment";
import type { Deployment } from "../shared/deployment";
import type { Alarm } from "./alarm-catalogue";

const WIDTH = 12;
const HEIGHT = 6;

/** Body of the on-call dashboard: the alarms' states first, then one graph per kind of alarm with its threshold. Pure. */
export function onCallDashboard(d: Deployment, alarms: readonly Alarm[], nameOf: (alarm: Alarm) => string): object {
  const kinds = [...new Set(alarms.map((alarm) => alarm.kind))];
  const arns = alarms.map((alarm) => genericArn(d, "cloudwatch", `alarm:${nameOf(alarm)}`));
  return {
    widgets: [
      {
        type: "alarm",
        x: 0,
        y: 0,
        width: 2 * WIDTH,
        height: HEIGHT,
        properties: { title: `ha-nat ${d.env}: alarms`, alarms: arns },
      },
      ...kinds.map((kind, index) => ({
        type: "metric",
        x: (index % 2) * WIDTH,
        y: HEIGHT * (1 + Math.floor(index / 2)),
        width: WIDTH,
        height: HEIGHT,
        properties: graph(
          d.region,
          kind,
          alarms.filter((alarm) => alarm.kind === kind),
        ),
      })),
    ],
  };
}

function graph(region: string, title: string, alarms: readonly Alarm[]): object {
  return {
    title,
    region,
    view: "timeSeries",
    metrics: alarms.map((alarm) => [
      alarm.namespace,
      alarm.metric,
      ...Object.entries(alarm.dimensions).flat(),
      { stat: alarm.statistic, period: alarm.periodSeconds, label: alarm.subject || alarm.metric },
    ]),
    annotations: { horizontal: [{ value: alarms[0]?.threshold ?? 0, label: "alarm" }] },
  };
}
