import { GetCommandInvocationCommand, SendCommandCommand, SSMClient } from "@aws-sdk/client-ssm";
import type { CommandInvocationStatus } from "@aws-sdk/client-ssm";
import { mockClient } from "aws-sdk-client-mock";
import { natCheck } from "../../../../lambdas/lib/aws/ssm-commands";

const ssm = mockClient(SSMClient);
const check = natCheck(new SSMClient({}), "ha-nat-test-nat-check");
const failure = (name: string) => Object.assign(new Error(name), { name });

beforeEach(() => ssm.reset());

test("our document is sent to the one instance, without any parameter", async () => {
  ssm.on(SendCommandCommand).resolves({ Command: { CommandId: "c1" } });

  expect(await check.start("i-1")).toEqual({ started: true, commandId: "c1" });
  expect(ssm.call(0).args[0].input).toEqual({ DocumentName: "ha-nat-test-nat-check", InstanceIds: ["i-1"], TimeoutSeconds: 30 });
});

test("an instance that Systems Manager does not know (yet) has not started", async () => {
  ssm.on(SendCommandCommand).rejects(failure("InvalidInstanceId"));

  expect(await check.start("i-1")).toEqual({ started: false, because: "i-1 is not online in Systems Manager" });
});

test.each(["AccessDeniedException", "InvalidDocument", "ThrottlingException"])("%s on sending goes out", async (name) => {
  ssm.on(SendCommandCommand).rejects(failure(name));

  await expect(check.start("i-1")).rejects.toThrow(name);
});

test("an answer without a command ID is an error", async () => {
  ssm.on(SendCommandCommand).resolves({});

  await expect(check.start("i-1")).rejects.toThrow("answered no command ID");
});

test.each<[CommandInvocationStatus, string]>([
  ["Success", "passed"],
  ["Pending", "running"],
  ["InProgress", "running"],
  ["Delayed", "running"],
  ["Cancelling", "running"],
  ["Failed", "failed"],
  ["TimedOut", "failed"],
  ["Cancelled", "failed"],
])("status %s is %s", async (status, state) => {
  ssm.on(GetCommandInvocationCommand, { CommandId: "c1", InstanceId: "i-1" }).resolves({ Status: status });

  expect(await check.result("c1", "i-1")).toMatchObject({ state });
});

test.each([
  ['{"schema":1,"ok":true,"replication":"syncing","checks":[]}', "syncing"],
  ['{"schema":1,"ok":true,"replication":null,"checks":[]}', null],
  ['{"schema":1,"ok":true,"checks":[]}', null],
  ["ruleset ok", null],
  ["", null],
])("a pass carries what the NAT says of its copies: %s", async (StandardOutputContent, replication) => {
  ssm.on(GetCommandInvocationCommand).resolves({ Status: "Success", StandardOutputContent });

  expect(await check.result("c1", "i-1")).toEqual({ state: "passed", replication });
});

test("a failure carries the check's own words, cut short", async () => {
  ssm.on(GetCommandInvocationCommand).resolves({
    Status: "Failed",
    StatusDetails: "Failed",
    StandardOutputContent: `{"ok":false,"wrong":["ip_forward"]}${" ".repeat(2_000)}`,
    StandardErrorContent: "noise",
  });

  expect(await check.result("c1", "i-1")).toEqual({
    state: "failed",
    because: 'Failed: {"ok":false,"wrong":["ip_forward"]}',
    failing: null,
  });
});

test("a command whose invocation is not known yet is running", async () => {
  ssm.on(GetCommandInvocationCommand).rejects(failure("InvocationDoesNotExist"));

  expect(await check.result("c1", "i-1")).toEqual({ state: "running" });
});

test("any other error of the result goes out", async () => {
  ssm.on(GetCommandInvocationCommand).rejects(failure("ThrottlingException"));

  await expect(check.result("c1", "i-1")).rejects.toThrow("ThrottlingException");
});

test.each([
  [
    '{"schema":1,"ok":false,"replication":null,"checks":[{"name":"agent","ok":false,"detail":"dead"},{"name":"ruleset","ok":true,"detail":""}]}',
    [{ name: "agent", detail: "dead" }],
  ],
  ['{"schema":1,"ok":true,"replication":null,"checks":[]}', null],
  ['{"schema":1,"ok":false,"checks":[{"name":"agent"}]}', null],
  ['{"schema":2,"ok":false,"checks":[{"name":"agent","ok":false,"detail":"dead"}]}', null],
  ['{"schema":1,"ok":false,"replication":nu', null],
  ["", null],
])("a failure carries what nat-check finds wrong, or null without its answer: %s", async (StandardOutputContent, failing) => {
  ssm.on(GetCommandInvocationCommand).resolves({ Status: "Failed", StandardOutputContent });

  expect(await check.result("c1", "i-1")).toMatchObject({ state: "failed", failing });
});
