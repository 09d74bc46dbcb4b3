import { AutoScalingClient, SetInstanceHealthCommand } from "@aws-sdk/client-auto-scaling";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { mockClient } from "aws-sdk-client-mock";
import { errorCode, isAlreadyDone, isNotFound, isThrottled } from "../../../../lambdas/lib/aws/errors";
import { fleetQueue } from "../../../../lambdas/lib/aws/fleet-queue";
import { instanceHealth } from "../../../../lambdas/lib/aws/instance-health";
import { allPages } from "../../../../lambdas/lib/aws/paginate";
import { ProberNotAsked, proberInvoker } from "../../../../lambdas/lib/aws/prober-invoker";

const named = (name: string) => Object.assign(new Error(name), { name });

describe("error codes", () => {
  test("mean what AWS means by them", () => {
    expect(["InvalidRoute.NotFound", "ParameterNotFound", "InvalidAllocationID.NotFound"].map(named).map(isNotFound)).toEqual([
      true,
      true,
      true,
    ]);
    expect(["RequestLimitExceeded", "ThrottlingException", "Throttling"].map(named).map(isThrottled)).toEqual([true, true, true]);
    expect(["RouteAlreadyExists", "Resource.AlreadyAssociated"].map(named).map(isAlreadyDone)).toEqual([true, true]);
  });

  test("are not confused with each other or with what is no error of AWS", () => {
    expect(
      [named("UnauthorizedOperation"), "text", undefined].some((e) => isNotFound(e) || isThrottled(e) || isAlreadyDone(e)),
    ).toBe(false);
    expect(errorCode(Object.assign(new Error("x"), { Code: "RouteAlreadyExists" }))).toBe("RouteAlreadyExists");
  });
});

describe("paging", () => {
  test("that never ends is no answer", async () => {
    await expect(allPages(async () => ({ items: [1], next: "again" }))).rejects.toThrow("more than 100 pages");
  });
});

describe("the egress-prober's caller", () => {
  const client = mockClient(LambdaClient);
  const ask = proberInvoker(new LambdaClient({}));
  const prober = { lane: "l1", proberFunction: "prober" };
  const payload = (document: unknown) => new TextEncoder().encode(JSON.stringify(document)) as never;

  beforeEach(() => client.reset());

  test("passes the request and returns the answer", async () => {
    const answer = {
      schema: 1,
      lane: "l1",
      zone: "z1",
      healthz: [{ instanceId: "i-1", outcome: "timeout", error: "no answer in 250 ms" }],
    };
    client.on(InvokeCommand).resolves({ Payload: payload(answer) });

    expect(await ask(prober, { schema: 1, probe: { deadlineMs: 250 } }, 800)).toEqual(answer);
    const sent = client.commandCalls(InvokeCommand)[0]?.args[0].input;
    expect(sent?.FunctionName).toBe("prober");
    expect(JSON.parse(new TextDecoder().decode(sent?.Payload as Uint8Array))).toEqual({ schema: 1, probe: { deadlineMs: 250 } });
  });

  test("throws when the function failed, or answers something else", async () => {
    client.on(InvokeCommand).resolvesOnce({ FunctionError: "Unhandled", Payload: payload({ errorMessage: "boom" }) });
    await expect(ask(prober, { schema: 1 }, 800)).rejects.toThrow(/prober failed \(Unhandled\).*boom/);

    client.on(InvokeCommand).resolves({ Payload: payload({ lane: 1 }) });
    await expect(ask(prober, { schema: 1 }, 800)).rejects.toThrow(/the answer of prober is not as agreed: .*lane/);
  });

  test("has not asked the lane when another lane's prober answers: what that one sees is not of this lane", async () => {
    client.on(InvokeCommand).resolves({ Payload: payload({ schema: 1, lane: "l2", zone: "z1", healthz: [] }) });

    const strange = ask(prober, { schema: 1 }, 800);

    await expect(strange).rejects.toBeInstanceOf(ProberNotAsked);
    await expect(strange).rejects.toThrow(/prober answered for lane l2, asked was l1: .*HA_NAT_LANE is wrong; apply the stack/);
  });

  test.each(["TooManyRequestsException", "AccessDeniedException", "ServiceException", "EC2ThrottledException", "TimeoutError"])(
    "has not asked when Lambda answers %s",
    async (code) => {
      client.on(InvokeCommand).rejects(named(code));

      const refused = ask(prober, { schema: 1 }, 800);

      await expect(refused).rejects.toBeInstanceOf(ProberNotAsked);
      await expect(refused).rejects.toThrow(`prober could not be invoked (${code})`);
    },
  );

  test("has asked when the function fails or its time is over", async () => {
    const late = (): Promise<never> => new Promise((_, reject) => setTimeout(() => reject(named("AbortError")), 20));
    client
      .on(InvokeCommand)
      .resolvesOnce({ FunctionError: "Unhandled", Payload: payload({}) })
      .callsFake(late);

    await expect(ask(prober, { schema: 1 }, 800)).rejects.not.toBeInstanceOf(ProberNotAsked);
    const silent = ask(prober, { schema: 1 }, 5);
    await expect(silent).rejects.not.toBeInstanceOf(ProberNotAsked);
    await expect(silent).rejects.toThrow("prober did not answer within 5 ms");
  });

  test("gives up at its deadline", async () => {
    client.on(InvokeCommand).callsFake(async () => ({ Payload: payload({ schema: 1, lane: "l1", zone: "z1" }) }));
    await ask(prober, { schema: 1 }, 1);
    const options = (client.send.firstCall.args as unknown[])[1] as { abortSignal: AbortSignal };

    await new Promise((resolve) => options.abortSignal.addEventListener("abort", resolve));
    expect(options.abortSignal.aborted).toBe(true);
  });
});

describe("the one door", () => {
  test("takes messages of one group, and a suspicion once per boot and sequence", async () => {
    const client = mockClient(SQSClient);
    const send = fleetQueue(new SQSClient({}), "https://queue/1");
    const base = { schema: 1, env: "test", at: "2026-03-01T12:00:00Z", correlationId: "c1" } as const;
    const suspicion = {
      reporter: "i-b",
      reporterBootId: "boot",
      sequence: 7,
      suspect: "i-a",
      reason: "self-probe",
      observers: [],
    } as const;

    await send({ ...base, kind: "sweep" });
    await send({ ...base, kind: "suspicion", ...suspicion, reporterSelfProbe: { ok: true, consecutiveFailures: 0 } });

    const sent = client.commandCalls(SendMessageCommand).map(({ args }) => args[0].input);
    expect(sent.map(({ MessageDeduplicationId }) => MessageDeduplicationId)).toEqual(["sweep-c1", "boot-7"]);
    expect(sent.map(({ MessageGroupId, QueueUrl }) => [MessageGroupId, QueueUrl])).toEqual(
      Array(2).fill(["test", "https://queue/1"]),
    );
  });
});

describe("instance health", () => {
  test("marks the instance without a grace period and lets errors out", async () => {
    const client = mockClient(AutoScalingClient);
    await instanceHealth(new AutoScalingClient({})).markUnhealthy("i-1");

    const input = { InstanceId: "i-1", HealthStatus: "Unhealthy", ShouldRespectGracePeriod: false };
    expect(client.commandCalls(SetInstanceHealthCommand)[0]?.args[0].input).toEqual(input);

    client.on(SetInstanceHealthCommand).rejects(named("ResourceContention"));
    await expect(instanceHealth(new AutoScalingClient({})).markUnhealthy("i-1")).rejects.toThrow("ResourceContention");
  });
});
