import {
  DeregisterTargetsCommand,
  DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client,
  RegisterTargetsCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { mockClient } from "aws-sdk-client-mock";
import { deregisterTarget, readTargetHealth, registerTarget } from "../../../../lambdas/lib/aws/target-group";

const elb = mockClient(ElasticLoadBalancingV2Client);
const client = new ElasticLoadBalancingV2Client({});
const failure = (name: string) => Object.assign(new Error(name), { name });

beforeEach(() => elb.reset());

test("target health is instance, state and the load balancer's reason", async () => {
  elb.on(DescribeTargetHealthCommand, { TargetGroupArn: "arn:tg" }).resolves({
    TargetHealthDescriptions: [
      { Target: { Id: "i-1" }, TargetHealth: { State: "healthy" } },
      { Target: { Id: "i-2" }, TargetHealth: { State: "unhealthy", Reason: "Target.FailedHealthChecks" } },
    ],
  });

  expect(await readTargetHealth(client, "arn:tg")).toEqual([
    { instanceId: "i-1", state: "healthy", reason: "" },
    { instanceId: "i-2", state: "unhealthy", reason: "Target.FailedHealthChecks" },
  ]);
});

test.each([
  ["an ID", { TargetHealth: { State: "healthy" as const } }],
  ["a state", { Target: { Id: "i-1" } }],
])("a target without %s is an error, not a target less", async (_what, description) => {
  elb.on(DescribeTargetHealthCommand).resolves({ TargetHealthDescriptions: [description] });

  await expect(readTargetHealth(client, "arn:tg")).rejects.toThrow("without an ID or a state");
});

test("target health that cannot be read is an error, never no targets", async () => {
  elb.on(DescribeTargetHealthCommand).rejects(failure("TargetGroupNotFoundException"));

  await expect(readTargetHealth(client, "arn:tg")).rejects.toThrow("TargetGroupNotFoundException");
});

test("registering and deregistering name the one instance", async () => {
  elb.on(RegisterTargetsCommand).resolves({});
  elb.on(DeregisterTargetsCommand).resolves({});

  await registerTarget(client, "arn:tg", "i-1");
  await deregisterTarget(client, "arn:tg", "i-1");

  for (const call of [0, 1]) {
    expect(elb.call(call).args[0].input).toEqual({ TargetGroupArn: "arn:tg", Targets: [{ Id: "i-1" }] });
  }
});

test("deregistering from a target group that is gone is done; being denied is not", async () => {
  elb.on(DeregisterTargetsCommand).rejectsOnce(failure("TargetGroupNotFoundException")).rejects(failure("AccessDenied"));

  await expect(deregisterTarget(client, "arn:tg", "i-1")).resolves.toBeUndefined();
  await expect(deregisterTarget(client, "arn:tg", "i-1")).rejects.toThrow("AccessDenied");
});

test("registering fails loudly: a NAT outside the target group would have no outside opinion on it", async () => {
  elb.on(RegisterTargetsCommand).rejects(failure("InvalidTargetException"));

  await expect(registerTarget(client, "arn:tg", "i-1")).rejects.toThrow("InvalidTargetException");
});
