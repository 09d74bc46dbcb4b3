import { EC2Client, ModifyInstanceAttributeCommand } from "@aws-sdk/client-ec2";
import { PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { mockClient } from "aws-sdk-client-mock";
import { ensureHeartbeatKey } from "../../../../lambdas/lib/aws/heartbeat-key";
import { switchOffSourceDestCheck } from "../../../../lambdas/lib/aws/source-dest-check";

const ec2 = mockClient(EC2Client);
const ssm = mockClient(SSMClient);
const failure = (name: string) => Object.assign(new Error(name), { name });
const keys = { schema: 1, current: "a2V5" } as const;

beforeEach(() => {
  ec2.reset();
  ssm.reset();
});

test("the source/destination check is switched off, and nothing else of the instance is touched", async () => {
  ec2.on(ModifyInstanceAttributeCommand).resolves({});

  await switchOffSourceDestCheck(new EC2Client({}), "i-1");

  expect(ec2.call(0).args[0].input).toEqual({ InstanceId: "i-1", SourceDestCheck: { Value: false } });
});

test("an instance that EC2 does not know goes out as an error", async () => {
  ec2.on(ModifyInstanceAttributeCommand).rejects(failure("InvalidInstanceID.NotFound"));

  await expect(switchOffSourceDestCheck(new EC2Client({}), "i-1")).rejects.toThrow("InvalidInstanceID.NotFound");
});

test("the heartbeat key is created as a SecureString and never overwrites one", async () => {
  ssm.on(PutParameterCommand).resolves({});

  expect(await ensureHeartbeatKey(new SSMClient({}), "/ha-nat/test/heartbeat-key", keys)).toBe("created");
  expect(ssm.call(0).args[0].input).toEqual({
    Name: "/ha-nat/test/heartbeat-key",
    Value: '{"schema":1,"current":"a2V5"}',
    Type: "SecureString",
    Overwrite: false,
  });
});

test("a key that exists is kept; any other error goes out", async () => {
  ssm.on(PutParameterCommand).rejectsOnce(failure("ParameterAlreadyExists")).rejects(failure("AccessDeniedException"));

  expect(await ensureHeartbeatKey(new SSMClient({}), "/k", keys)).toBe("kept");
  await expect(ensureHeartbeatKey(new SSMClient({}), "/k", keys)).rejects.toThrow("AccessDeniedException");
});
