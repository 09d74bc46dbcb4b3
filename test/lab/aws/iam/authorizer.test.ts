import * as ec2 from "@aws-sdk/client-ec2";
import { Endpoint } from "../../../../lab/aws/endpoint";
import { OPERATOR } from "../../../../lab/aws/iam/key-ring";
import { serve } from "../wire/serve";
import { ACCOUNT, outcome, roleWith, settingFor } from "./samples";

const at = (service: string, rest: string) => `arn:aws:${service}:us-east-1:${ACCOUNT}:${rest}`;
const tagged = { StringEquals: { "aws:ResourceTag/ha-nat:env": "test" } };
const taggedForCommands = { StringEquals: { "ssm:resourceTag/ha-nat:env": "test" } };
const role = roleWith(
  { Effect: "Allow", Action: ["ec2:DescribeInstances", "ec2:DescribeRouteTables"], Resource: "*" },
  { Effect: "Allow", Action: ["ec2:CreateRoute", "ec2:ReplaceRoute"], Resource: at("ec2", "route-table/*"), Condition: tagged },
  {
    Effect: "Allow",
    Action: ["ec2:AssociateAddress"],
    Resource: [at("ec2", "network-interface/*"), at("ec2", "elastic-ip/*")],
    Condition: tagged,
  },
  {
    Effect: "Allow",
    Action: "ec2:ModifyInstanceAttribute",
    Resource: "*",
    Condition: { "ForAllValues:StringEquals": { "ec2:Attribute": ["SourceDestCheck"] }, Null: { "ec2:Attribute": "false" } },
  },
  {
    Effect: "Allow",
    Action: "autoscaling:SetInstanceHealth",
    Resource: at("autoscaling", "autoScalingGroup:*:autoScalingGroupName/ha-nat-test-nat-*"),
  },
  {
    Effect: "Allow",
    Action: "ssm:GetParameters",
    Resource: [at("ssm", "parameter/ha-nat/test/peers"), at("ssm", "parameter/ha-nat/test/state")],
  },
  { Effect: "Allow", Action: "ssm:SendCommand", Resource: at("ssm", "document/ha-nat-test-nat-check") },
  { Effect: "Allow", Action: "ssm:SendCommand", Resource: at("ec2", "instance/*"), Condition: taggedForCommands },
  { Effect: "Allow", Action: "lambda:InvokeFunction", Resource: at("lambda", "function:ha-nat-test-egress-prober-*") },
  { Effect: "Allow", Action: "sqs:SendMessage", Resource: at("sqs", "ha-nat-test-failover.fifo") },
  { Effect: "Allow", Action: "s3:GetObject", Resource: "arn:aws:s3:::artifacts/payload/*" },
  { Effect: "Allow", Action: "logs:PutLogEvents", Resource: at("logs", "log-group:/ha-nat/test/nat:*") },
  {
    Effect: "Allow",
    Action: "cloudwatch:PutMetricData",
    Resource: "*",
    Condition: { StringEquals: { "cloudwatch:namespace": "HaNat" } },
  },
  { Effect: "Allow", Action: "ec2:TerminateInstances", Resource: "*" },
  { Effect: "Deny", Action: "ec2:Terminate*", Resource: at("ec2", "instance/*-ours") },
);
const setting = settingFor(role);
const queue = "https://sqs.us-east-1.amazonaws.com/123456789012/";

describe("what the synthesised policies grant", () => {
  test.each([
    ["ec2", "DescribeInstances", {}, "allowed"],
    ["ec2", "DescribeAddresses", {}, "UnauthorizedOperation"],
    ["ec2", "ReplaceRoute", { RouteTableId: "rtb-ours" }, "allowed"],
    ["ec2", "ReplaceRoute", { RouteTableId: "rtb-foreign" }, "UnauthorizedOperation"],
    ["ec2", "DeleteRoute", { RouteTableId: "rtb-ours" }, "UnauthorizedOperation"],
    ["ec2", "AssociateAddress", { AllocationId: "eipalloc-ours", NetworkInterfaceId: "eni-ours" }, "allowed"],
    ["ec2", "AssociateAddress", { AllocationId: "eipalloc-ours", NetworkInterfaceId: "eni-foreign" }, "UnauthorizedOperation"],
    ["ec2", "ModifyInstanceAttribute", { InstanceId: "i-ours", SourceDestCheck: { Value: false } }, "allowed"],
    ["ec2", "ModifyInstanceAttribute", { InstanceId: "i-ours", UserData: { Value: "x" } }, "UnauthorizedOperation"],
    ["ec2", "TerminateInstances", { InstanceIds: ["i-foreign"] }, "allowed"],
    ["ec2", "TerminateInstances", { InstanceIds: ["i-foreign", "i-ours"] }, "UnauthorizedOperation"],
    ["autoscaling", "SetInstanceHealth", { InstanceId: "i-ours" }, "allowed"],
    ["autoscaling", "SetInstanceHealth", { InstanceId: "i-foreign" }, "AccessDeniedException"],
    ["ssm", "GetParameters", { Names: ["/ha-nat/test/peers", "/ha-nat/test/state"] }, "allowed"],
    ["ssm", "GetParameters", { Names: ["/ha-nat/test/peers", "/ha-nat/test/heartbeat-key"] }, "AccessDeniedException"],
    ["ssm", "SendCommand", { DocumentName: "ha-nat-test-nat-check", InstanceIds: ["i-ours"] }, "allowed"],
    ["ssm", "SendCommand", { DocumentName: "ha-nat-test-nat-check", InstanceIds: ["i-foreign"] }, "AccessDeniedException"],
    ["ssm", "SendCommand", { DocumentName: "ha-nat-test-nat-check", Targets: [{}] }, "AccessDeniedException"],
    ["ssm", "SendCommand", { DocumentName: "AWS-RunShellScript", InstanceIds: ["i-ours"] }, "AccessDeniedException"],
    ["lambda", "Invoke", { FunctionName: "ha-nat-test-egress-prober-use1-az1-l1" }, "allowed"],
    ["lambda", "Invoke", { FunctionName: at("lambda", "function:ha-nat-test-egress-prober-x") }, "allowed"],
    ["lambda", "Invoke", { FunctionName: "ha-nat-test-nat-route-failover" }, "AccessDeniedException"],
    ["sqs", "SendMessage", { QueueUrl: `${queue}ha-nat-test-failover.fifo` }, "allowed"],
    ["sqs", "ReceiveMessage", { QueueUrl: `${queue}ha-nat-test-failover.fifo` }, "AccessDeniedException"],
    ["s3", "HeadObject", { Bucket: "artifacts", Key: "payload/1.tar.gz" }, "allowed"],
    ["s3", "GetObject", { Bucket: "artifacts", Key: "other" }, "AccessDeniedException"],
    ["logs", "PutLogEvents", { logGroupName: "/ha-nat/test/nat", logStreamName: "i-1" }, "allowed"],
    ["logs", "PutLogEvents", { logGroupName: "/ha-nat/prod/nat", logStreamName: "i-1" }, "AccessDeniedException"],
    ["monitoring", "PutMetricData", { Namespace: "HaNat" }, "allowed"],
    ["monitoring", "PutMetricData", { Namespace: "Other" }, "AccessDeniedException"],
    ["sts", "GetCallerIdentity", {}, "allowed"],
  ])("%s %s %j: %s", (service, operation, input, expected) => {
    expect(outcome(setting.authorizer, setting.call(service, operation, input))).toBe(expected);
  });

  test("the actions a role used are recorded, the refused ones are not", () => {
    const fresh = settingFor(role);

    outcome(fresh.authorizer, fresh.call("ec2", "ReplaceRoute", { RouteTableId: "rtb-ours" }));
    outcome(fresh.authorizer, fresh.call("ec2", "DeleteRoute", { RouteTableId: "rtb-ours" }));
    outcome(fresh.authorizer, fresh.call("s3", "HeadObject", { Bucket: "artifacts", Key: "payload/1" }));

    expect(fresh.authorizer.used()).toEqual({ failover: ["ec2:ReplaceRoute", "s3:GetObject"] });
  });

  test("a command to an instance is not held to its tag by a global key", () => {
    const fresh = settingFor(
      roleWith(
        { Effect: "Allow", Action: "ssm:SendCommand", Resource: at("ssm", "document/ha-nat-test-nat-check") },
        { Effect: "Allow", Action: "ssm:SendCommand", Resource: at("ec2", "instance/*"), Condition: tagged },
      ),
    );
    const call = fresh.call("ssm", "SendCommand", { DocumentName: "ha-nat-test-nat-check", InstanceIds: ["i-ours"] });

    expect(outcome(fresh.authorizer, call)).toBe("AccessDeniedException");
  });

  test("a granted action whose resources the lab cannot name is the lab's fault, not a denial", () => {
    const fresh = settingFor(roleWith({ Effect: "Allow", Action: "ec2:Run*", Resource: at("ec2", "instance/*") }));

    expect(outcome(fresh.authorizer, fresh.call("ec2", "RunInstances", {}))).toContain("no resource known for ec2:RunInstances");
    expect(outcome(setting.authorizer, setting.call("ec2", "RunInstances", {}))).toBe("UnauthorizedOperation");
  });
});

describe("who is asking", () => {
  test.each([
    ["ec2", "DescribeInstances", "ec2Query", "AuthFailure"],
    ["autoscaling", "DescribeAutoScalingGroups", "awsQuery", "InvalidClientTokenId"],
    ["ssm", "GetParameters", "json", "UnrecognizedClientException"],
    ["lambda", "Invoke", "restJson", "UnrecognizedClientException"],
    ["s3", "GetObject", "restXml", "InvalidAccessKeyId"],
  ] as const)("an unknown key is refused by %s", (service, operation, protocol, expected) => {
    const call = { ...setting.call(service, operation, {}, protocol), accessKeyId: "AKIAUNKNOWN" };

    expect(outcome(setting.authorizer, call)).toBe(expected);
  });

  test("an unsigned call is refused", () => {
    expect(outcome(setting.authorizer, { ...setting.call("sts", "GetCallerIdentity", {}), accessKeyId: "" })).toBe(
      "UnrecognizedClientException",
    );
  });

  test("the operator may do everything, without being recorded as a role", () => {
    const call = { ...setting.call("ec2", "RunInstances", {}), accessKeyId: OPERATOR.accessKeyId };

    expect(outcome(setting.authorizer, call)).toBe("allowed");
  });

  test("the same session has the same keys, another session others", () => {
    const { keyRing } = setting;
    const first = keyRing.issue("failover", "i-1");

    expect(keyRing.issue("failover", "i-1")).toEqual(first);
    expect(keyRing.issue("failover", "i-2").accessKeyId).not.toBe(first.accessKeyId);
    expect(first.accessKeyId).toMatch(/^ASIA[A-Z2-7]{16}$/);
    expect(keyRing.find(first.accessKeyId)).toEqual({ roleName: "failover", sessionName: "i-1" });
    expect(keyRing.userIdOf(first.accessKeyId)).toMatch(/^AROA[A-Z2-7]{17}:i-1$/);
  });

  test("no keys are issued for a role that the stack does not have", () => {
    expect(() => setting.keyRing.issue("admin", "x")).toThrow("cannot issue keys for role admin: the stack has failover");
  });
});

test("a denial reaches the client in AWS's words", async () => {
  const endpoint = new Endpoint({ authorize: setting.authorizer.authorize });
  endpoint.add(ec2, ec2.EC2Client)({ ReplaceRoute: () => ({}) });
  const { accessKeyId } = setting.keyRing.issue("failover", "s-1");
  const served = await serve(endpoint, accessKeyId);
  const client = new ec2.EC2Client(served.client);

  const call = client.send(new ec2.ReplaceRouteCommand({ RouteTableId: "rtb-foreign", DestinationCidrBlock: "0.0.0.0/0" }));

  await expect(call).rejects.toMatchObject({
    name: "UnauthorizedOperation",
    message:
      `You are not authorized to perform this operation. User: arn:aws:sts::${ACCOUNT}:assumed-role/failover/s-1 is not authorized ` +
      `to perform: ec2:ReplaceRoute on resource: ${at("ec2", "route-table/rtb-foreign")} because no identity-based policy allows the ec2:ReplaceRoute action`,
    $metadata: { httpStatusCode: 403 },
  });
  await served.close();
});
