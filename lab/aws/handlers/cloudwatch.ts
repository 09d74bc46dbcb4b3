import type * as cloudwatch from "@aws-sdk/client-cloudwatch";
import type { StackModel } from "../../stack/model";
import type { Handlers } from "../endpoint";
import { paginate } from "./paginate";

/** Alarms as synthesised. Their state is honest: nobody evaluates them here. */
export function cloudWatchHandlers(model: StackModel, startedAt: Date): Handlers<typeof cloudwatch> {
  return {
    DescribeAlarms: (input) => {
      const asked = model.alarms.filter(
        ({ name }) =>
          (!input.AlarmNames?.length || input.AlarmNames.includes(name)) &&
          (input.AlarmNamePrefix === undefined || name.startsWith(input.AlarmNamePrefix)) &&
          (input.StateValue === undefined || input.StateValue === "INSUFFICIENT_DATA"),
      );
      const page = paginate(asked, ({ name }) => name, {
        size: input.MaxRecords,
        token: input.NextToken,
        bounds: { min: 1, max: 100 },
        badToken: "InvalidNextToken",
      });
      return { MetricAlarms: page.items.map((alarm) => describeAlarm(model, alarm, startedAt)), NextToken: page.next };
    },
  };
}

function describeAlarm(model: StackModel, alarm: StackModel["alarms"][number], startedAt: Date): cloudwatch.MetricAlarm {
  const { metric_name: metric, namespace, threshold } = alarm.raw;
  return {
    AlarmName: alarm.name,
    AlarmArn: `arn:aws:cloudwatch:${model.region}:${model.accountId}:alarm:${alarm.name}`,
    AlarmDescription: alarm.description,
    StateValue: "INSUFFICIENT_DATA",
    StateReason: "The lab does not evaluate alarms yet: no metric is collected here",
    StateUpdatedTimestamp: startedAt,
    ...(typeof metric === "string" ? { MetricName: metric } : {}),
    ...(typeof namespace === "string" ? { Namespace: namespace } : {}),
    ...(typeof threshold === "number" ? { Threshold: threshold } : {}),
  };
}
