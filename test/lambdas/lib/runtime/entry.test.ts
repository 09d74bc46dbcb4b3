import type { Context } from "aws-lambda";
import { lambdaEntry } from "../../../../lambdas/lib/runtime/entry";
import type { Runtime } from "../../../../lambdas/lib/runtime/entry";
import { systemWaiter } from "../../../../lambdas/lib/runtime/clock";
import { isTraced } from "../../../../lambdas/lib/runtime/tracing";

const context = { awsRequestId: "request-1", getRemainingTimeInMillis: () => 5000 } as Context;

/** Everything written to the console meanwhile, as text. */
async function written(work: () => Promise<unknown>): Promise<string> {
  const lines: string[] = [];
  const spies = [jest.spyOn(process.stdout, "write"), jest.spyOn(process.stderr, "write")];
  for (const spy of spies) spy.mockImplementation((chunk) => lines.push(String(chunk)) > 0);
  try {
    await work();
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
  return lines.join("");
}

describe("the entry of a function", () => {
  test("builds services once and hands them to every invocation", async () => {
    let built = 0;
    const handler = lambdaEntry(
      () => ({ number: ++built }),
      async (raw, services, invocation) => [raw, services.number, invocation.requestId, invocation.remainingMs()],
    );

    expect([await handler("a", context), await handler("b", context)]).toEqual([
      ["a", 1, "request-1", 5000],
      ["b", 1, "request-1", 5000],
    ]);
  });

  test("logs an error and lets it out", async () => {
    const handler = lambdaEntry(
      () => ({}),
      async () => {
        throw new Error("no permission");
      },
    );

    const output = await written(() => expect(handler({}, context)).rejects.toThrow("no permission"));
    expect(output).toContain("no permission");
  });

  test("fails when it cannot start, and starts again with the next invocation", async () => {
    let attempts = 0;
    const handler = lambdaEntry(
      () => {
        if (++attempts === 1) throw new Error("HA_NAT_ENV is required");
        return {};
      },
      async () => "ok",
    );

    await written(() => expect(handler({}, context)).rejects.toThrow("HA_NAT_ENV is required"));
    expect(await handler({}, context)).toBe("ok");
  });

  test("writes metrics as embedded metric format, with our dimensions and no other", async () => {
    const handler = lambdaEntry(
      (runtime: Runtime) => runtime,
      async (_raw, { metrics }) =>
        metrics.put("NATReachability", 1, "None", { Env: "test", Lane: "l1", Target: "t" }, { Env: "test", Lane: "l1" }),
    );

    const lines = (await written(() => handler({}, context))).trim().split("\n");
    const documents = lines.map((line) => JSON.parse(line) as { _aws: { CloudWatchMetrics: object[] } });
    expect(documents).toHaveLength(2);
    expect(documents[0]).toMatchObject({ NATReachability: 1, Env: "test", Lane: "l1", Target: "t" });
    expect(documents.flatMap(({ _aws }) => _aws.CloudWatchMetrics)).toMatchObject([
      { Namespace: "HaNat", Dimensions: [["Env", "Lane", "Target"]] },
      { Namespace: "HaNat", Dimensions: [["Env", "Lane"]] },
    ]);
    expect(documents[0]).not.toHaveProperty("service");
  });
});

describe("tracing", () => {
  test("is on where Lambda names its daemon, unless switched off", () => {
    const AWS_XRAY_DAEMON_ADDRESS = "169.254.79.129:2000";

    expect(isTraced({ AWS_XRAY_DAEMON_ADDRESS })).toBe(true);
    expect(isTraced({ AWS_XRAY_DAEMON_ADDRESS, POWERTOOLS_TRACE_ENABLED: "false" })).toBe(false);
    expect(isTraced({})).toBe(false);
  });
});

describe("waiting", () => {
  test("ends when the condition holds, and at the deadline when it does not", async () => {
    let asked = 0;

    expect(await systemWaiter.until(async () => ++asked === 3, { intervalMs: 1, deadlineMs: 1000 })).toBe(true);
    expect(asked).toBe(3);
    expect(await systemWaiter.until(async () => false, { intervalMs: 1, deadlineMs: 5 })).toBe(false);
  });
});
