import { DescribeAddressesCommand, EC2Client, ReplaceRouteCommand } from "@aws-sdk/client-ec2";
import * as ec2 from "@aws-sdk/client-ec2";
import { Endpoint } from "../../../lab/aws/endpoint";
import type { SabotagePlan } from "../../../lab/aws/sabotage";
import { Sabotage, STALE_MS } from "../../../lab/aws/sabotage";
import { Functions } from "../../../lab/aws/state/functions";
import { Journal } from "../../../lab/aws/state/journal";
import { Tasks } from "../../../lab/aws/state/tasks";
import type { FunctionModel } from "../../../lab/stack/model";
import type { Served } from "./wire/serve";
import { serve } from "./wire/serve";

const ROUTE = { RouteTableId: "rtb-a", DestinationCidrBlock: "0.0.0.0/0", NetworkInterfaceId: "eni-b" };
const NAMES = ["mover", "other"];

/** One table's default route, an endpoint that tells and changes it, and a clock in the test's hand. */
function createSite() {
  const state = { eni: "eni-a", writes: 0, now: 0, killed: [] as string[], look: () => undefined as void };
  const sabotage = new Sabotage({
    functionOf: (session) => NAMES.find((name) => name === session),
    kill: (name) => state.killed.push(name),
    now: () => state.now,
    every: (_ms, look) => {
      state.look = look;
      return () => undefined;
    },
  });
  const endpoint = new Endpoint({ sabotage, principalOf: (key) => `role/${key}` }).add(
    ec2,
    EC2Client,
  )({
    ReplaceRoute: ({ NetworkInterfaceId = "" }) => {
      [state.eni, state.writes] = [NetworkInterfaceId, state.writes + 1];
      return { Return: true };
    },
    DescribeAddresses: () => ({ Addresses: [{ NetworkInterfaceId: state.eni }] }),
  });
  return { state, sabotage, endpoint };
}

const call = (operation: string, what: Extract<SabotagePlan, { kind: "call" }>["what"], occurrence = 1): SabotagePlan => {
  return { kind: "call", functionName: "mover", operation: `ec2:${operation}`, occurrence, what };
};

describe("a call that AWS sabotages", () => {
  let site: ReturnType<typeof createSite>;
  let served: Served;
  const clientOf = (session: string, maxAttempts = 1) =>
    new EC2Client({
      ...served.client,
      credentials: { accessKeyId: session, secretAccessKey: "secret" },
      maxAttempts,
      requestHandler: { requestTimeout: 150, throwOnRequestTimeout: true },
    });
  const move = (session = "mover", maxAttempts = 1) => clientOf(session, maxAttempts).send(new ReplaceRouteCommand(ROUTE));

  beforeEach(async () => {
    site = createSite();
    served = await serve(site.endpoint);
  });
  afterEach(() => served.close());

  test("is never carried out when its caller is killed before it", async () => {
    site.sabotage.arm(call("ReplaceRoute", "killed before"));

    await expect(move()).rejects.toThrow();

    expect(site.state).toMatchObject({ writes: 0, killed: ["mover"] });
    expect(site.endpoint.log.records()).toMatchObject([{ status: 0, errorCode: "NoAnswer" }]);
  });

  test("is carried out when its caller is killed after it, and not answered", async () => {
    site.sabotage.arm(call("ReplaceRoute", "killed after"));

    await expect(move()).rejects.toThrow();

    expect(site.state).toMatchObject({ writes: 1, killed: ["mover"] });
    await move();
    expect(site.state).toMatchObject({ writes: 2, killed: ["mover"] });
  });

  test("is refused at every attempt when it is throttled, and the next one is not", async () => {
    site.sabotage.arm(call("ReplaceRoute", "throttled"));

    await expect(move("mover", 3)).rejects.toMatchObject({ name: "RequestLimitExceeded" });

    expect(site.state.writes).toBe(0);
    expect(site.endpoint.log.records()).toHaveLength(3);
    expect(site.sabotage.report().calls).toEqual([{ functionName: "mover", operation: "ec2:ReplaceRoute" }]);
    await move();
    expect(site.state.writes).toBe(1);
  });

  test("is carried out at every attempt when it is timed out, and nobody is told", async () => {
    site.sabotage.arm(call("ReplaceRoute", "timed out"));

    await expect(move("mover", 2)).rejects.toMatchObject({ name: "TimeoutError" });

    expect(site.state).toMatchObject({ writes: 2, killed: [] });
  });

  test("is answered with what was true five seconds before when it is stale, once", async () => {
    const ask = async () =>
      (await clientOf("mover").send(new DescribeAddressesCommand({}))).Addresses?.map(
        ({ NetworkInterfaceId }) => NetworkInterfaceId,
      );
    await ask();
    site.sabotage.arm(call("DescribeAddresses", "stale"));
    site.state.look();
    // Five seconds before this one nobody had asked: it is not the call that is meant.
    await ask();
    site.state.now = 2 * STALE_MS;
    site.state.eni = "eni-b";
    site.state.look();

    expect([await ask(), await ask()]).toEqual([["eni-a"], ["eni-b"]]);
    expect(site.sabotage.report().met).toBe("ec2:DescribeAddresses of mover: stale");
  });

  test("is not stale when nobody had asked by then, and that is told", async () => {
    site.sabotage.arm(call("DescribeAddresses", "stale"));
    site.state.now = 2 * STALE_MS;

    await clientOf("mover").send(new DescribeAddressesCommand({}));

    expect(site.sabotage.report().met).toBeUndefined();
  });

  test("is nobody else's, and no other occurrence's", async () => {
    site.sabotage.arm(call("ReplaceRoute", "killed before", 2));

    await Promise.all([move("other"), move("other"), move("i-0123")]);
    await move();
    expect(site.sabotage.report().met).toBeUndefined();

    await expect(move()).rejects.toThrow();
    expect(site.sabotage.report().met).toBe("ec2:ReplaceRoute of mover: killed before");
  });
});

describe("an event that AWS sabotages", () => {
  const model = { name: "mover", deadLetterArn: undefined } as FunctionModel;
  const deliver = async (what: "twice" | "late" | "never") => {
    const { sabotage } = createSite();
    const waits: number[] = [];
    const clock = {
      now: () => 0,
      date: () => new Date(0),
      after: (ms: number, callback: () => void) => {
        waits.push(ms);
        queueMicrotask(callback);
        return () => undefined;
      },
    };
    const tasks = new Tasks(clock, () => undefined);
    const seen: string[] = [];
    const runner = {
      invoke: (name: string, payload: string) => {
        seen.push(`${name} ${payload}`);
        return Promise.resolve({ payload: "null", error: undefined, requestId: "" });
      },
    };
    const parts = { models: [model], runner, queues: new Map(), tasks, journal: new Journal(clock), clockFactor: 1, sabotage };
    const functions = new Functions(parts);
    sabotage.arm({ kind: "event", functionName: "mover", occurrence: 2, what });
    for (const event of ["1", "2", "3"]) await functions.deliver(model, event);
    return { seen, waits };
  };

  test.each([
    ["twice", ["mover 1", "mover 2", "mover 2", "mover 3"], []],
    ["late", ["mover 1", "mover 2", "mover 3"], [10_000]],
    ["never", ["mover 1", "mover 3"], []],
  ] as const)("comes %s", async (what, seen, waits) => {
    expect(await deliver(what)).toEqual({ seen, waits });
  });
});
