import { Construct } from "constructs";
import { FlowLog } from "@cdktf/provider-aws/lib/flow-log";
import { S3BucketLifecycleConfiguration } from "@cdktf/provider-aws/lib/s3-bucket-lifecycle-configuration";
import type { Vpc } from "@cdktf/provider-aws/lib/vpc";
import { physicalName } from "../../contract/project";
import { PrivateBucket } from "../shared/private-bucket";
import { bucketName, genericArn } from "../shared/deployment";
import type { Deployment } from "../shared/deployment";

/** Days until flow log files move to Glacier, and until they are deleted. */
export interface FlowLogRetention {
  readonly glacierAfterDays: number;
  readonly expireAfterDays: number;
}

/** Flow logs of a VPC. */
export interface FlowLogsProps {
  readonly deployment: Deployment;
  readonly vpc: Vpc;
  readonly retention: FlowLogRetention;
}

/**
 * VPC Flow Logs to S3 as Parquet in hive partitions (what Athena reads cheapest). Creates the bucket and its lifecycle.
 * Costs delivery ($0.25/GB at first) and storage.
 */
export class FlowLogs extends Construct {
  public constructor(scope: Construct, id: string, props: FlowLogsProps) {
    super(scope, id);
    const { deployment } = props;
    const bucket = new PrivateBucket(this, "Bucket", {
      name: bucketName(deployment, "flow-logs"),
      writer: {
        service: "delivery.logs.amazonaws.com",
        sourceArn: genericArn(deployment, "logs", "*"),
        accountId: deployment.accountId,
      },
    });
    new S3BucketLifecycleConfiguration(this, "Lifecycle", {
      bucket: bucket.name,
      rule: [
        {
          id: "age-out",
          status: "Enabled",
          filter: [{ prefix: "" }],
          transition: [{ days: props.retention.glacierAfterDays, storageClass: "GLACIER" }],
          expiration: [{ days: props.retention.expireAfterDays }],
        },
      ],
      dependsOn: bucket.ready,
    });
    new FlowLog(this, "Resource", {
      vpcId: props.vpc.id,
      trafficType: "ALL",
      logDestinationType: "s3",
      logDestination: `arn:aws:s3:::${bucket.name}`,
      maxAggregationInterval: 60,
      destinationOptions: { fileFormat: "parquet", hiveCompatiblePartitions: true, perHourPartition: true },
      tags: { Name: physicalName(deployment.env, "flow-logs") },
      dependsOn: bucket.ready,
    });
  }
}
