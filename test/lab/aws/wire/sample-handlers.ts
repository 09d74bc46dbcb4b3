import * as autoscaling from "@aws-sdk/client-auto-scaling";
import * as cloudwatch from "@aws-sdk/client-cloudwatch";
import * as ec2 from "@aws-sdk/client-ec2";
import * as elbv2 from "@aws-sdk/client-elastic-load-balancing-v2";
import * as lambda from "@aws-sdk/client-lambda";
import * as s3 from "@aws-sdk/client-s3";
import * as sqs from "@aws-sdk/client-sqs";
import * as ssm from "@aws-sdk/client-ssm";
import * as sts from "@aws-sdk/client-sts";
import { AwsError, type Endpoint } from "../../../../lab/aws/endpoint";

export const SAMPLE_TIME = new Date(1_700_000_000_000);

/** Handlers of every protocol, without state. */
export function addSampleHandlers(endpoint: Endpoint): void {
  endpoint.add(
    ec2,
    ec2.EC2Client,
  )({
    DescribeRouteTables: ({ RouteTableIds = [], Filters = [] }) => {
      if (RouteTableIds.includes("rtb-x")) {
        throw new AwsError("InvalidRouteTableID.NotFound", "The routeTable ID 'rtb-x' does not exist");
      }
      const Tags = Filters.map(({ Name, Values = [] }) => ({ Key: Name, Value: Values.join("|") }));
      return {
        RouteTables: [{ RouteTableId: "rtb-a", Routes: [{ DestinationCidrBlock: "0.0.0.0/0", State: "blackhole" }], Tags }],
      };
    },
    ReplaceRoute: () => ({}),
    DescribeVpcs: () => {
      throw new Error("a fault of the lab");
    },
  });
  endpoint.add(
    autoscaling,
    autoscaling.AutoScalingClient,
  )({
    DescribeAutoScalingGroups: ({ AutoScalingGroupNames }) => ({
      AutoScalingGroups: AutoScalingGroupNames?.map((name) => ({
        AutoScalingGroupName: name,
        MinSize: 1,
        MaxSize: 2,
        DesiredCapacity: 1,
        DefaultCooldown: 300,
        AvailabilityZones: [],
        HealthCheckType: "EC2",
        CreatedTime: SAMPLE_TIME,
      })),
    }),
  });
  endpoint.add(
    elbv2,
    elbv2.ElasticLoadBalancingV2Client,
  )({
    DescribeTargetHealth: () => {
      throw new AwsError("TargetGroupNotFound", "One or more target groups not found");
    },
  });
  endpoint.add(
    ssm,
    ssm.SSMClient,
  )({
    GetParameters: ({ Names = [] }) => ({ Parameters: Names.map((Name) => ({ Name, Type: "String", Value: "{}", Version: 3 })) }),
    GetCommandInvocation: () => {
      throw new AwsError("InvocationDoesNotExist", "");
    },
  });
  endpoint.add(
    cloudwatch,
    cloudwatch.CloudWatchClient,
  )({
    PutMetricData: ({ MetricData = [] }) => {
      if (MetricData.length !== 300 && MetricData.length !== 9)
        throw new AwsError("InternalServiceFault", String(MetricData.length));
      return {};
    },
    GetMetricStatistics: ({ MetricName, StartTime }) => ({ Label: MetricName, Datapoints: [{ Timestamp: StartTime, Sum: 3.5 }] }),
    SetAlarmState: () => {
      throw new AwsError("ResourceNotFound", "no alarm");
    },
  });
  endpoint.add(
    lambda,
    lambda.LambdaClient,
  )({
    Invoke: ({ FunctionName, InvocationType, Payload }) => {
      if (FunctionName === "missing") throw new AwsError("ResourceNotFoundException", "Function not found");
      return InvocationType === "Event"
        ? { StatusCode: 202 }
        : { StatusCode: 200, ExecutedVersion: "$LATEST", Payload: Payload ?? "" };
    },
  });
  endpoint.add(
    s3,
    s3.S3Client,
  )({
    GetObject: ({ Bucket, Key }) => {
      if (Key === "missing") throw new AwsError("NoSuchKey", "The specified key does not exist.");
      return { Body: Buffer.from(`${Bucket}:${Key}`), ETag: '"e"', Metadata: { a: "b" } };
    },
    ListObjectsV2: ({ Prefix }) => ({ Contents: [{ Key: `${Prefix}/ü 1`, Size: 5 }], KeyCount: 1 }),
  });
  endpoint.add(
    sqs,
    sqs.SQSClient,
  )({
    GetQueueUrl: ({ QueueName }) => ({ QueueUrl: `https://sqs/1/${QueueName}` }),
    SendMessage: ({ MessageBody, MessageGroupId }) => ({ MessageId: `${MessageGroupId}:${MessageBody}` }),
  });
  endpoint.add(
    sts,
    sts.STSClient,
  )({ GetCallerIdentity: (_input, call) => ({ UserId: call.accessKeyId, Account: "123456789012" }) });
}
