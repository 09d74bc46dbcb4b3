import { Construct } from "constructs";
import { CloudwatchDashboard } from "@cdktf/provider-aws/lib/cloudwatch-dashboard";
import { CloudwatchMetricAlarm } from "@cdktf/provider-aws/lib/cloudwatch-metric-alarm";
import { SnsTopic } from "@cdktf/provider-aws/lib/sns-topic";
import { SnsTopicSubscription } from "@cdktf/provider-aws/lib/sns-topic-subscription";
import { physicalName } from "../../contract/project";
import { TAGS } from "../../contract/tags";
import type { Deployment } from "../shared/deployment";
import { alarmCatalogue } from "./alarm-catalogue";
import type { Alarm, Watched } from "./alarm-catalogue";
import { onCallDashboard } from "./dashboard";

/** Alarms and dashboard of one environment. */
export interface ObservabilityProps {
  readonly deployment: Deployment;
  readonly watched: Omit<Watched, "env">;
  readonly alertEmails: readonly string[];
}

/** Where an alarm's runbook is, from the root of the repository. */
export function runbookPath(kind: string): string {
  return `docs/runbooks/${kind}.md`;
}

/**
 * The alarms of the catalogue, a topic that hears of all of them, and the on-call dashboard. Costs $0.10 a month per alarm;
 * the dashboard is among CloudWatch's first three, which are free.
 */
export class Observability extends Construct {
  public constructor(scope: Construct, id: string, props: ObservabilityProps) {
    super(scope, id);
    const { deployment } = props;
    // No KMS key: CloudWatch alarms cannot publish to a topic under the AWS managed key, and alarms hold no secrets.
    const topic = new SnsTopic(this, "Topic", {
      name: physicalName(deployment.env, "alerts"),
      tags: { [TAGS.env]: deployment.env },
    });
    props.alertEmails.forEach((endpoint, index) => {
      new SnsTopicSubscription(this, `Email-${index + 1}`, { topicArn: topic.arn, protocol: "email", endpoint });
    });
    const alarms = alarmCatalogue({ env: deployment.env, ...props.watched });
    for (const alarm of alarms) this.alarm(deployment, alarm, topic.arn);
    new CloudwatchDashboard(this, "OnCall", {
      dashboardName: physicalName(deployment.env, "on-call"),
      dashboardBody: JSON.stringify(onCallDashboard(deployment, alarms, (alarm) => alarmName(deployment.env, alarm))),
    });
  }

  private alarm(deployment: Deployment, alarm: Alarm, topicArn: string): void {
    const name = alarmName(deployment.env, alarm);
    new CloudwatchMetricAlarm(this, [alarm.kind, alarm.subject].filter(Boolean).join("-"), {
      alarmName: name,
      alarmDescription: `[${alarm.severity}] ${alarm.description} Runbook: ${runbookPath(alarm.kind)}`,
      namespace: alarm.namespace,
      metricName: alarm.metric,
      dimensions: { ...alarm.dimensions },
      statistic: alarm.statistic,
      comparisonOperator: alarm.comparison,
      threshold: alarm.threshold,
      period: alarm.periodSeconds,
      datapointsToAlarm: alarm.breaching,
      evaluationPeriods: alarm.of,
      treatMissingData: alarm.missing,
      alarmActions: [topicArn],
      okActions: [topicArn],
      tags: { [TAGS.env]: deployment.env },
    });
  }
}

/** `ha-nat-<env>-<kind>[-<subject>]`. */
export function alarmName(env: string, alarm: Pick<Alarm, "kind" | "subject">): string {
  return physicalName(env, [alarm.kind, alarm.subject].filter(Boolean).join("-"));
}
