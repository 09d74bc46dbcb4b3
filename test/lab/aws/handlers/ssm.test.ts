import * as ssm from "@aws-sdk/client-ssm";
import { eventually } from "../../../support/eventually";
import { startTestLab, type TestLab } from "../../../support/lab-aws";
import { stackModel } from "../../../support/stack-model";

const DOCUMENT = "ha-nat-test-nat-check";
const NAME = "/ha-nat/test/peers";

let lab: TestLab;
let client: ssm.SSMClient;
let instanceId: string;

beforeEach(async () => {
  lab = await startTestLab();
  client = new ssm.SSMClient(lab.client);
  lab.aws.start();
  instanceId =
    (
      await eventually(
        () => lab.fabric.launched[0],
        (spec) => spec !== undefined,
      )
    )?.instanceId ?? "";
});

afterEach(async () => {
  client.destroy();
  await lab.close();
});

const nameOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => "no error",
    (error: Error) => error.name,
  );

const agent = (page: "poll" | "result", body: object): Promise<Response> =>
  fetch(`${lab.client.endpoint}/_lab/ssm-agent/${page}`, { method: "POST", body: JSON.stringify(body) });

/** As an agent does: asks until there is work. */
async function fetchWork(): Promise<unknown> {
  for (;;) {
    const answer = await agent("poll", { instanceId });
    if (answer.status === 200) return answer.json();
  }
}

const sendCheck = () => client.send(new ssm.SendCommandCommand({ DocumentName: DOCUMENT, InstanceIds: [instanceId] }));

describe("an operator's hold that nat-route-failover wrote down", () => {
  const until = (ms: number) => new Date(Date.now() + ms).toISOString();
  const hold = (ms: number) => ({ until: until(ms), by: "ana", because: "migration" });

  test.each<[string, string, object | null]>([
    ["is in the status until it ends", JSON.stringify({ hold: hold(60_000) }), { by: "ana", because: "migration" }],
    ["is not in the status when it has ended", JSON.stringify({ hold: hold(-1) }), null],
    ["is not in the status of a record that cannot be read", "{", null],
  ])("%s", async (_name, Value, inStatus) => {
    expect((await lab.aws.status()).hold).toBeNull();

    await client.send(new ssm.PutParameterCommand({ Name: "/ha-nat/test/state", Value, Type: "String" }));

    expect((await lab.aws.status()).hold).toEqual(inStatus === null ? null : expect.objectContaining(inStatus));
  });
});

describe("parameters", () => {
  const put = (input: Partial<ssm.PutParameterCommandInput>) =>
    client.send(new ssm.PutParameterCommand({ Name: NAME, Value: "1", Type: "String", ...input }));

  test("a new value is a new version; an old version can still be read", async () => {
    expect((await put({})).Version).toBe(1);
    expect((await put({ Value: "2", Overwrite: true })).Version).toBe(2);

    expect((await client.send(new ssm.GetParameterCommand({ Name: NAME }))).Parameter).toMatchObject({ Value: "2", Version: 2 });
    expect((await client.send(new ssm.GetParameterCommand({ Name: `${NAME}:1` }))).Parameter?.Value).toBe("1");
  });

  test("a secret is told only to who asks for decryption", async () => {
    await put({ Type: "SecureString", Value: "the key" });
    const read = async (WithDecryption: boolean) =>
      (await client.send(new ssm.GetParametersCommand({ Names: [NAME, "/none"], WithDecryption }))) as ssm.GetParametersResult;

    expect(await read(true)).toMatchObject({ Parameters: [{ Value: "the key" }], InvalidParameters: ["/none"] });
    expect((await read(false)).Parameters?.[0]?.Value).not.toContain("the key");
  });

  test("what the stack deploys is there", async () => {
    const { Parameter } = await client.send(new ssm.GetParameterCommand({ Name: "/ha-nat/test/plain" }));

    expect(Parameter).toMatchObject({ Value: "as deployed", Version: 1 });
  });

  test("overwriting unasked, a missing name, type or version, and too long a value are refused", async () => {
    await put({});

    expect(await nameOf(put({}))).toBe("ParameterAlreadyExists");
    expect(await nameOf(put({ Overwrite: true, Value: "x".repeat(4097) }))).toBe("ValidationException");
    expect(await nameOf(client.send(new ssm.PutParameterCommand({ Name: "/untyped", Value: "1" })))).toBe("ValidationException");
    expect(await nameOf(client.send(new ssm.GetParameterCommand({ Name: "/none" })))).toBe("ParameterNotFound");
    expect(await nameOf(client.send(new ssm.GetParameterCommand({ Name: `${NAME}:9` })))).toBe("ParameterVersionNotFound");
  });
});

describe("commands", () => {
  test("an instance whose agent never polled cannot be sent a command", async () => {
    expect(await nameOf(sendCheck())).toBe("InvalidInstanceId");
  });

  test("an agent fetches the document's script, and its result is the invocation's", async () => {
    const polled = fetchWork();
    await eventually(
      async () => (await client.send(new ssm.DescribeInstanceInformationCommand({}))).InstanceInformationList?.[0]?.PingStatus,
      (status) => status === "Online",
    );
    const { Command } = await sendCheck();
    const invocation = () =>
      client.send(new ssm.GetCommandInvocationCommand({ CommandId: Command?.CommandId, InstanceId: instanceId }));

    const work = await polled;
    expect(work).toEqual({ commandId: Command?.CommandId, command: ["/bin/sh", "-c", "nat-check --json"], timeoutSeconds: 20 });
    expect(await invocation()).toMatchObject({ Status: "InProgress", ResponseCode: -1 });
    const result = { commandId: Command?.CommandId, instanceId, exitCode: 3, stdout: '{"healthy":false}', stderr: "digest" };

    expect((await agent("result", result)).status).toBe(204);
    expect(await invocation()).toMatchObject({ Status: "Failed", ResponseCode: 3, StandardOutputContent: result.stdout });
    expect((await agent("result", result)).status).toBe(409);
  });

  test("a dead instance is not online, whatever its agent did before", async () => {
    const polled = fetchWork();
    await eventually(
      () => nameOf(sendCheck()),
      (name) => name === "no error",
    );
    await polled;

    lab.fabric.kill(instanceId);

    expect(await nameOf(sendCheck())).toBe("InvalidInstanceId");
  });

  test("unknown documents and invocations are named", async () => {
    const unknown = client.send(new ssm.SendCommandCommand({ DocumentName: "AWS-RunPatchBaseline", InstanceIds: [instanceId] }));
    const CommandId = "11111111-1111-1111-1111-111111111111";

    expect(await nameOf(unknown)).toBe("InvalidDocument");
    expect(await nameOf(client.send(new ssm.GetCommandInvocationCommand({ CommandId, InstanceId: instanceId })))).toBe(
      "InvocationDoesNotExist",
    );
  });
});

test("a document that the lab cannot run fails the start, by name", async () => {
  const documents = [{ name: "two-steps", content: JSON.stringify({ schemaVersion: "2.2", mainSteps: [] }) }];

  await expect(startTestLab({ model: { ...stackModel, documents } })).rejects.toThrow(/SSM document two-steps/);
});
