import { genericArn } from "../shared/deployment";
import type { Deployment } from "../shared/deployment";
import type { Alarm } from "./alarm-catalogue";

const WIDTH = 12;
const HEIGHT = 6;
/** CloudWatch refuses a dashboard with an alarm widget of more. */
const ALARMS_PER_WIDGET = 100;

/** Body of the on-call dashboard: the alarms' states first, then one graph per kind of alarm with its threshold. Pure. */
export function onCallDashboard(d: Deployment, alarms: readonly Alarm[], nameOf: (alarm: Alarm) => string): object {
  const kinds = [...new Set(alarms.map((alarm) => alarm.kind))];
  const arns = alarms.map((alarm) => genericArn(d, "cloudwatch", `alarm:${nameOf(alarm)}`));
  const rows = Math.ceil(arns.length / ALARMS_PER_WIDGET);
  return {
    widgets: [
      ...Array.from({ length: rows }, (_, row) => ({
        type: "alarm",
        x: 0,
        y: HEIGHT * row,
        width: 2 * WIDTH,
        height: HEIGHT,
        properties: {
          title: `ha-nat ${d.env}: alarms${row === 0 ? "" : ", continued"}`,
          alarms: arns.slice(row * ALARMS_PER_WIDGET, (row + 1) * ALARMS_PER_WIDGET),
        },
      })),
      ...kinds.map((kind, index) => ({
        type: "metric",
        x: (index % 2) * WIDTH,
        y: HEIGHT * (rows + Math.floor(index / 2)),
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
