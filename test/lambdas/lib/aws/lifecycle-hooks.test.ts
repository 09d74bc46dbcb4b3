import {
  AutoScalingClient,
  CompleteLifecycleActionCommand,
  RecordLifecycleActionHeartbeatCommand,
} from "@aws-sdk/client-auto-scaling";
import { mockClient } from "aws-sdk-client-mock";
import { lifecycleHooks } from "../../../../lambdas/lib/aws/lifecycle-hooks";

const autoScaling = mockClient(AutoScalingClient);
const hooks = lifecycleHooks(new AutoScalingClient({}));
const hook = { group: "asg-z1", hook: "hook-1", token: "token-1", instanceId: "i-1" };
const input = {
  AutoScalingGroupName: "asg-z1",
  LifecycleHookName: "hook-1",
  LifecycleActionToken: "token-1",
  InstanceId: "i-1",
};
const validation = (message: string) => Object.assign(new Error(message), { name: "ValidationError" });

beforeEach(() => autoScaling.reset());

test("completing names hook, token and instance, and the result", async () => {
  autoScaling.on(CompleteLifecycleActionCommand).resolves({});

  await hooks.complete(hook, "ABANDON");

  expect(autoScaling.call(0).args[0].input).toEqual({ ...input, LifecycleActionResult: "ABANDON" });
});

test("a heartbeat names the same", async () => {
  autoScaling.on(RecordLifecycleActionHeartbeatCommand).resolves({});

  await hooks.heartbeat(hook);

  expect(autoScaling.call(0).args[0].input).toEqual(input);
});

test("a wait that has ended already is no error", async () => {
  const ended = validation("No active Lifecycle Action found with token token-1");
  autoScaling.on(CompleteLifecycleActionCommand).rejects(ended);
  autoScaling.on(RecordLifecycleActionHeartbeatCommand).rejects(ended);

  await expect(hooks.complete(hook, "CONTINUE")).resolves.toBeUndefined();
  await expect(hooks.heartbeat(hook)).resolves.toBeUndefined();
});

test("any other validation error goes out", async () => {
  autoScaling.on(CompleteLifecycleActionCommand).rejects(validation("AutoScalingGroup name not found"));

  await expect(hooks.complete(hook, "CONTINUE")).rejects.toThrow("not found");
});

test("a hook that no event named is completed by its instance", async () => {
  const { group, hook: name, instanceId } = hook;
  autoScaling.on(CompleteLifecycleActionCommand).resolves({});

  await hooks.complete({ group, hook: name, instanceId }, "CONTINUE");

  expect(autoScaling.call(0).args[0].input).toEqual({
    AutoScalingGroupName: "asg-z1",
    LifecycleHookName: "hook-1",
    InstanceId: "i-1",
    LifecycleActionResult: "CONTINUE",
  });
});
