import { AutoscalingPolicy } from "@cdktf/provider-aws/lib/autoscaling-policy";
import { Construct } from "constructs";
import { DIMENSIONS, METRIC_NAMESPACE, METRICS } from "../../contract/metrics";
import { physicalName } from "../../contract/project";

/** What the NATs of a zone have on average when their number is right. */
export interface Targets {
  /** Mbit/s that a NAT sends: to the internet and to its clients, so each forwarded byte counts once. */
  readonly mbps: number;
  /** Percent of a NAT's connection table that the flows of its own lanes take. */
  readonly conntrackPercent: number;
}

export interface ElasticityProps {
  readonly env: string;
  readonly zone: string;
  readonly groupName: string;
  readonly targets: Targets;
}

/** A newcomer boots, copies the flows, and is given lanes one at a time, one a cooldown: until then its load says nothing. Seconds. */
const WARM_UP_SECONDS = 180;

/**
 * Keeps the number of a zone's NATs in proportion to their load: out when either policy wants more, in when both want fewer. Who goes
 * leaves by the terminate hook, its lanes first. Costs four CloudWatch alarms a zone, which Auto Scaling makes.
 */
export class Elasticity extends Construct {
  public constructor(scope: Construct, id: string, props: ElasticityProps) {
    super(scope, id);
    const { env, zone, groupName, targets } = props;
    const common = {
      autoscalingGroupName: groupName,
      policyType: "TargetTrackingScaling",
      estimatedInstanceWarmup: WARM_UP_SECONDS,
    };
    new AutoscalingPolicy(this, "Bandwidth", {
      ...common,
      name: physicalName(env, `bandwidth-${zone}`),
      targetTrackingConfiguration: {
        predefinedMetricSpecification: { predefinedMetricType: "ASGAverageNetworkOut" },
        targetValue: bytesPerMinute(targets.mbps),
      },
    });
    new AutoscalingPolicy(this, "Conntrack", {
      ...common,
      name: physicalName(env, `conntrack-${zone}`),
      targetTrackingConfiguration: {
        customizedMetricSpecification: {
          namespace: METRIC_NAMESPACE,
          metricName: METRICS.conntrackCarriedPercent,
          metricDimension: [
            { name: DIMENSIONS.env, value: env },
            { name: DIMENSIONS.zone, value: zone },
          ],
          statistic: "Average",
          unit: "Percent",
        },
        targetValue: targets.conntrackPercent,
      },
    });
  }
}

/** EC2 tells NetworkOut in bytes a minute. */
function bytesPerMinute(mbps: number): number {
  return (mbps * 1_000_000 * 60) / 8;
}
