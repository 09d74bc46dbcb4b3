import { handle } from "../../../../lambdas/functions/nat-health-probe/handler";
import type { Prober } from "../../../../lambdas/lib/aws/prober-invoker";
import { tickAt } from "../../support/events";
import { answer, check, healthyFleet, healthz, silentLog, world } from "./builders";

const tick = tickAt(new Date("2026-01-01T00:00:00Z"));
const report = { schema: 1, kind: "report" };

describe("a tick of the schedule", () => {
  test("probes every lane every 5 s until the time that is left is short, and sweeps once", async () => {
    const { services, invocation, asked, sent, time } = world();

    await handle(tick, services, invocation);

    expect(asked.filter(({ name }) => name === "prober-z1")).toHaveLength(12);
    expect(asked.filter(({ name }) => name === "prober-z2")).toHaveLength(12);
    expect(invocation.remainingMs()).toBeGreaterThan(4_000);
    expect(time.rounds).toBe(11);
    expect(sent).toEqual([
      {
        schema: 1,
        kind: "sweep",
        env: "test",
        at: "2026-01-01T00:00:01.000Z",
        correlationId: expect.stringMatching(/^sweep-\d+$/),
      },
    ]);
  });

  test("asks each prober for its targets and for the health of every NAT, with deadlines inside the invocation's", async () => {
    const { services, invocation, asked } = world();

    await handle(tick, services, invocation);

    expect(asked[0]).toEqual({
      name: "prober-z1",
      request: {
        schema: 1,
        probe: { deadlineMs: 1_000 },
        healthz: {
          deadlineMs: 250,
          nats: healthyFleet.peers.peers.map(({ instanceId, address }) => ({ instanceId, address })),
        },
      },
      deadlineMs: 2_500,
    });
  });

  test("stops before the next tick however much time Lambda grants", async () => {
    const { services, time } = world();
    const begun = time.now;

    await handle(tick, services, { requestId: "r", remainingMs: () => 900_000 });

    expect(time.now - begun).toBeLessThan(60_000);
  });

  test("tells a breach of a lane whose prober does not answer, once, and again after 30 s", async () => {
    const { services, invocation, sent } = world();
    const ask = services.askProber;
    const broken = async (...args: Parameters<typeof ask>) => {
      if (args[0].proberFunction === "prober-z2") throw new Error("The operation was aborted due to timeout");
      return ask(...args);
    };

    await handle(tick, { ...services, askProber: broken }, invocation);

    const breaches = sent.filter(({ kind }) => kind === "breach");
    expect(breaches).toEqual([
      expect.objectContaining({ lane: "z2-l1", failed: 2, of: 2, targets: ["1.1.1.1", "aws.amazon.com"], proberAnswered: false }),
      expect.objectContaining({ lane: "z2-l1", failed: 3, of: 3 }),
    ]);
    expect(Date.parse(breaches[1]?.at ?? "") - Date.parse(breaches[0]?.at ?? "")).toBe(30_000);
    expect(new Set(breaches.map(({ correlationId }) => correlationId)).size).toBe(2);
  });

  test("tells no breach when nothing works anywhere, and counts the held rounds", async () => {
    const { services, invocation, sent, metrics } = world();
    const askProber = async () => Promise.reject(new Error("timed out"));

    await handle(tick, { ...services, askProber }, invocation);

    expect(sent.map(({ kind }) => kind)).toEqual(["sweep"]);
    expect(metrics.filter(({ name }) => name === "ProbesHeld").every(({ value }) => value === 1)).toBe(true);
  });

  test("remembers the rounds of the invocation before", async () => {
    const { services, sent } = world();
    const brief = { requestId: "r", remainingMs: () => 0 };
    const broken = async ({ proberFunction: name }: Prober) =>
      name === "prober-z2" ? Promise.reject(new Error("timed out")) : answer("z1");

    await handle(tick, { ...services, askProber: broken }, brief);
    await handle(tick, { ...services, askProber: broken }, brief);

    expect(sent.map(({ kind }) => kind)).toEqual(["sweep", "breach"]);
  });

  test("a breach whose message was lost is told again: the memory is of what was sent", async () => {
    const { services, sent } = world();
    const brief = { requestId: "r", remainingMs: () => 0 };
    const broken = async ({ proberFunction: name }: Prober) =>
      name === "prober-z2" ? Promise.reject(new Error("timed out")) : answer("z1");
    const deaf = { ...services, askProber: broken, send: async () => Promise.reject(new Error("queue is gone")) };
    await handle(tick, { ...services, askProber: broken }, brief);

    await expect(handle(tick, deaf, brief)).rejects.toThrow("queue is gone");
    await handle(tick, { ...services, askProber: broken }, brief);

    expect(sent.map(({ kind }) => kind)).toEqual(["sweep", "breach"]);
  });

  test("goes on with the fleet of the last round when parameters cannot be read, but does not start without", async () => {
    const { services, invocation, asked } = world();
    let reads = 0;
    const readFleet = async () => (reads++ === 0 ? healthyFleet : Promise.reject(new Error("throttled")));

    await handle(tick, { ...services, readFleet }, invocation);

    expect(asked).toHaveLength(24);
    await expect(handle(tick, { ...services, readFleet }, invocation)).rejects.toThrow("throttled");
  });

  test("goes on without the load balancer's opinion, and says so", async () => {
    const { services, invocation } = world();
    const warned: string[] = [];
    const log = { ...silentLog, warn: (message: string) => void warned.push(message) };
    const readTargetHealth = async () => Promise.reject(new Error("throttled"));

    await handle(tick, { ...services, readTargetHealth, log }, { ...invocation, remainingMs: () => 0 });

    expect(warned).toEqual(["target health could not be read; going on without it"]);
  });
});

describe("a report on demand", () => {
  test("answers one round's observations, sends nothing and publishes nothing", async () => {
    const { services, invocation, sent, metrics } = world();

    const answered = await handle(report, services, invocation);

    expect(answered).toMatchObject({
      schema: 1,
      at: "2026-01-01T00:00:01.000Z",
      lanes: [
        { lane: "z1-l1", prober: "answered", publicAddress: "198.51.100.1" },
        { lane: "z2-l1", prober: "answered" },
      ],
      nats: [{ name: "z1-a", result: { outcome: "answered" } }, { name: "z1-b" }, { name: "z2-a", zone: "z2" }],
      targets: [{ instanceId: "i-z1a", state: "healthy", reason: "" }],
    });
    expect([sent, metrics, services.memory.current.sweptMinute]).toEqual([[], [], null]);
  });

  test("takes the best answer that any prober got of a NAT, and says which NATs nobody could ask", async () => {
    const timeout = { instanceId: "i-z1a", outcome: "timeout", error: "250 ms" } as const;
    const answered = { instanceId: "i-z1a", outcome: "answered", healthz: { ...healthz, instanceId: "i-z1a" } } as const;
    const { services, invocation } = world({
      askProber: async ({ proberFunction: name }) =>
        answer(name.slice(7), { healthz: [name === "prober-z1" ? answered : timeout] }),
    });

    const result = await handle(report, services, invocation);

    expect(result?.nats.map((nat) => nat.result.outcome)).toEqual(["answered", "unasked", "unasked"]);
  });

  test("a lane whose prober failed says why; steering without a load balancer has no targets", async () => {
    const { targetGroupArn, ...topology } = healthyFleet.topology;
    expect(targetGroupArn).toBeDefined();
    const { services, invocation } = world({
      askProber: async () => Promise.reject(new Error("timed out")),
      readFleet: async () => ({ ...healthyFleet, topology }),
    });

    const result = await handle(report, services, invocation);

    expect(result?.lanes[0]).toEqual({ lane: "z1-l1", prober: "failed", error: "timed out", results: [], publicAddress: null });
    expect(result?.targets).toEqual([]);
  });
});

describe("metrics of a round", () => {
  const once = { requestId: "r", remainingMs: () => 0 };

  test("a working fleet: every target and lane reachable, latency the sum of a target's checks, one standby in z1", async () => {
    const { services, metrics } = world();

    await handle(tick, services, once);

    const z1 = metrics.filter(({ dimensions }) => dimensions["Lane"] === "z1-l1" || dimensions["Zone"] === "z1");
    expect(z1.map(({ name, value, dimensions: { Target } }) => [name, value, ...(Target === undefined ? [] : [Target])])).toEqual(
      [
        ["NATReachability", 1, "1.1.1.1"],
        ["Latency", 5, "1.1.1.1"],
        ["NATReachability", 1, "aws.amazon.com"],
        ["Latency", 25, "aws.amazon.com"],
        ["NATReachability", 1],
        ["Latency", 25],
        ["HealthyStandbys", 1],
      ],
    );
    expect(metrics).toContainEqual({ name: "HealthyStandbys", value: 0, dimensions: { Env: "test", Zone: "z2" } });
  });

  test("a target that fails is 0 and has no latency; the lane is as bad as the worst target that works elsewhere", async () => {
    const results = [check("1.1.1.1", "tcp", false), check("aws.amazon.com", "dns")];
    const { services, metrics } = world({
      askProber: async ({ proberFunction: name }) =>
        answer(name.slice(7), name === "prober-z1" ? { probe: { results, publicAddress: null } } : {}),
    });

    await handle(tick, services, once);

    const lane = metrics.filter(({ dimensions }) => dimensions["Lane"] === "z1-l1");
    expect(lane.map(({ name, value, dimensions: { Target } }) => [name, value, Target])).toEqual([
      ["NATReachability", 0, "1.1.1.1"],
      ["NATReachability", 1, "aws.amazon.com"],
      ["Latency", 5, "aws.amazon.com"],
      ["NATReachability", 0, undefined],
      ["Latency", 5, undefined],
    ]);
  });

  test("a target that fails everywhere is the target's fault: no lane is 0 for it", async () => {
    const results = [check("1.1.1.1", "tcp", false), check("aws.amazon.com", "dns")];
    const { services, metrics } = world({
      askProber: async ({ proberFunction: name }) => answer(name.slice(7), { probe: { results, publicAddress: null } }),
    });

    await handle(tick, services, once);

    const lanes = metrics.filter(({ name, dimensions }) => name === "NATReachability" && dimensions["Target"] === undefined);
    expect(lanes.map(({ value }) => value)).toEqual([1, 1]);
    expect(metrics).toContainEqual({ name: "ProbesHeld", value: 0, dimensions: { Env: "test" } });
  });

  test("when no target works anywhere that is told once: no lane is 0, and a NAT whose probe alone fails stands by", async () => {
    const results = [check("1.1.1.1", "tcp", false), check("aws.amazon.com", "dns", false)];
    const sick = healthyFleet.peers.peers.map(({ instanceId }) => ({
      instanceId,
      outcome: "answered" as const,
      healthz: { ...healthz, instanceId, healthy: false, reasons: ["self-probe: no connection"] },
    }));
    const { services, metrics } = world({
      askProber: async ({ proberFunction: name }) =>
        answer(name.slice(7), { probe: { results, publicAddress: null }, healthz: sick }),
    });

    await handle(tick, services, once);

    const lanes = metrics.filter(({ name, dimensions }) => name === "NATReachability" && dimensions["Target"] === undefined);
    expect(lanes.map(({ value }) => value)).toEqual([1, 1]);
    expect(metrics).toContainEqual({ name: "ProbesHeld", value: 1, dimensions: { Env: "test" } });
    expect(metrics).toContainEqual({ name: "HealthyStandbys", value: 1, dimensions: { Env: "test", Zone: "z1" } });
  });

  test("a silent prober makes every target of its lane unreachable; alarms must not see missing data", async () => {
    const { services, metrics } = world({
      askProber: async ({ proberFunction: name }) =>
        name === "prober-z2" ? Promise.reject(new Error("timed out")) : answer("z1"),
    });

    await handle(tick, services, once);

    const lane = metrics.filter(({ dimensions }) => dimensions["Lane"] === "z2-l1");
    expect(lane.map(({ name, value, dimensions: { Target } }) => [name, value, Target])).toEqual([
      ["NATReachability", 0, "1.1.1.1"],
      ["NATReachability", 0, "aws.amazon.com"],
      ["NATReachability", 0, undefined],
    ]);
  });

  test("an unhealthy NAT is no standby", async () => {
    const sick = healthyFleet.peers.peers.map(({ instanceId }) => ({
      instanceId,
      outcome: "answered" as const,
      healthz: { ...healthz, instanceId, healthy: instanceId !== "i-z1b" },
    }));
    const { services, metrics } = world({
      askProber: async ({ proberFunction: name }) => answer(name.slice(7), { healthz: sick }),
    });

    await handle(tick, services, once);

    expect(metrics).toContainEqual({ name: "HealthyStandbys", value: 0, dimensions: { Env: "test", Zone: "z1" } });
  });
});

test("a foreign event is a no-op; something else is an error that says what is taken", async () => {
  const { services, invocation, asked } = world();

  await handle({ ...tick, "detail-type": "EC2 Instance State-change Notification", source: "aws.ec2" }, services, invocation);

  expect(asked).toEqual([]);
  await expect(handle({ kind: "reprot" }, services, invocation)).rejects.toThrow(
    '{"schema":1,"kind":"report"}, got {"kind":"reprot"}',
  );
});
