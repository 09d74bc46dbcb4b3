import { handle } from "../../../../lambdas/functions/nat-route-failover/handler";
import { ago, lane, worldWith } from "./support/builders";
import { Cloud, silence } from "./support/cloud";
import { batch, delivered, envelope, leave, suspicion, SWEEP } from "./support/messages";

const sweep = batch(delivered(SWEEP));
const DONE = { batchItemFailures: [] };
const asks = (cloud: Cloud) => cloud.calls.filter((call) => call.startsWith("ask")).length;

describe("a failover", () => {
  test("moves the lane of a dead NAT to its neighbour, with its address, and remembers it", async () => {
    const cloud = silence("az1-a");

    expect(await handle(sweep, cloud.services())).toEqual(DONE);

    expect(cloud.writes()).toEqual(["bring floating-az1-l1", "replace rtb-az1-l1", "save"]);
    expect(cloud.routeOf("az1-l1")).toBe("eni-az1-b");
    expect(cloud.record.lanes["az1-l1"]).toMatchObject({ servedBy: "i-az1-b", movedAt: cloud.now.toISOString() });
    expect(cloud.metrics).toContain('LaneMoves 1 {"Env":"test","Lane":"az1-l1"}');
    const moved = cloud.lines.find(({ message }) => message === "moved");
    expect(moved?.keys).toMatchObject({ correlationIds: ["c-sweep"], lane: "az1-l1", to: "i-az1-b" });
  });

  test("takes the public address along to another zone", async () => {
    const cloud = silence("az1-a", "az1-b");

    await handle(sweep, cloud.services());

    expect(cloud.world.lanes[0]?.addresses[0]?.association).toEqual({ eniId: "eni-az2-b", address: "guest-az1-l1-in-az2" });
  });

  test("done once leaves nothing to do for the next message", async () => {
    const cloud = silence("az1-a");
    await handle(sweep, cloud.services());
    const before = cloud.writes();

    await handle(sweep, cloud.services());

    expect(cloud.writes()).toEqual(before);
  });

  test("looks once for a whole batch, and writes one line with evidence, plan and reason", async () => {
    const cloud = silence("az1-a");

    await handle(batch(delivered(SWEEP), delivered(SWEEP), delivered(SWEEP)), cloud.services());

    expect(cloud.calls.filter((call) => call === "read")).toHaveLength(1);
    const decided = cloud.lines.filter(({ message }) => message === "decided");
    expect(decided).toHaveLength(1);
    expect(JSON.stringify(decided[0]?.keys)).toMatch(/c-sweep.*silent.*i-az1-a is silent/);
  });
});

describe("a look", () => {
  test("asks every NAT through every lane, and again where silence is a surprise", async () => {
    const healthy = new Cloud();
    await handle(sweep, healthy.services());
    const surprising = silence("az1-a");
    await handle(sweep, surprising.services());

    expect([asks(healthy), asks(surprising)]).toEqual([2, 4]);
  });

  test("does not ask twice about a NAT that its neighbour already misses", async () => {
    const cloud = silence("az1-a");
    const services = cloud.services();
    const message = suspicion({ reporter: "i-az1-b", suspect: "i-az1-a" });

    await handle(batch(delivered(message, { sender: "i-az1-b" })), services);

    expect(asks(cloud)).toBe(2);
    expect(cloud.routeOf("az1-l1")).toBe("eni-az1-b");
  });

  test("waits for 120 ms where somebody is missed already, and for the whole deadline where silence would be a surprise", async () => {
    const cloud = new Cloud();
    const services = cloud.services();
    const deadlines: (number | undefined)[] = [];
    const watched: typeof services = {
      ...services,
      ask: (prober, request, ms) => {
        deadlines.push(request.healthz?.deadlineMs);
        return services.ask(prober, request, ms);
      },
    };

    await handle(sweep, watched);
    for (const nat of ["i-az1-a", "i-az2-a"]) cloud.answers.set(nat, "timeout");
    const message = suspicion({ reporter: "i-az1-b", suspect: "i-az1-a" });
    await handle(batch(delivered(message, { sender: "i-az1-b" })), watched);

    expect(deadlines).toEqual([250, 250, 120, 120, 250, 250]);
  });

  test("does not ask twice about a NAT that was broken before", async () => {
    const cloud = silence("az1-a");
    cloud.record = { ...cloud.record, brokenSince: { "i-az1-a": ago(1000) } };

    await handle(sweep, cloud.services());

    expect(asks(cloud)).toBe(2);
    expect(cloud.routeOf("az1-l1")).toBe("eni-az1-b");
  });

  test("without any prober moves nothing on one NAT's word, and moves on two", async () => {
    const cloud = silence("az1-a");
    ["az1-l1", "az2-l1"].forEach((name) => cloud.deadProbers.add(name));
    const services = cloud.services();
    const say = (reporter: string) => batch(delivered(suspicion({ reporter, suspect: "i-az1-a" }), { sender: reporter }));

    await handle(say("i-az1-b"), services);
    expect(cloud.routeOf("az1-l1")).toBe("eni-az1-a");

    await handle(say("i-az2-a"), services);
    expect(cloud.routeOf("az1-l1")).toBe("eni-az1-b");
  });

  test("does not count the word of a stranger", async () => {
    const cloud = silence("az1-a");
    ["az1-l1", "az2-l1"].forEach((name) => cloud.deadProbers.add(name));
    const services = cloud.services();

    for (const reporter of ["i-az1-b", "i-0123"])
      await handle(batch(delivered(suspicion({ reporter, suspect: "i-az1-a" }), { sender: reporter })), services);

    expect(cloud.routeOf("az1-l1")).toBe("eni-az1-a");
  });

  test.each(["read", "instances", "members", "routes", "associations"])(
    "that fails at %s decides nothing and fails",
    async (call) => {
      const cloud = silence("az1-a");
      cloud.failing.set(call, new Error("throttled"));

      await expect(handle(sweep, cloud.services())).rejects.toThrow("throttled");
      expect(cloud.writes()).toEqual([]);
    },
  );

  test("through one prober of two is enough", async () => {
    const cloud = silence("az1-a");
    cloud.deadProbers.add("az1-l1");

    await handle(sweep, cloud.services());

    expect(cloud.routeOf("az1-l1")).toBe("eni-az1-b");
  });
});

describe("a warm run", () => {
  const PROBE_MS = 260;

  /** Milliseconds from the message to the end, in a time that only calls take, after a first run that found all well. */
  async function duration(cloud: Cloud, ec2Ms: number): Promise<number> {
    const services = cloud.services();
    const bad = [...cloud.answers];
    cloud.answers.clear();
    await handle(sweep, services);
    bad.forEach(([instanceId, answer]) => cloud.answers.set(instanceId, answer));
    return timed(cloud, ec2Ms, () => handle(sweep, services));
  }

  async function timed(cloud: Cloud, ec2Ms: number, work: () => Promise<unknown>): Promise<number> {
    cloud.latencyMs = (name) => (name.startsWith("ask") ? PROBE_MS : /^(read|save)/.test(name) ? 15 : ec2Ms);
    jest.useFakeTimers();
    try {
      const start = Date.now();
      const run = work().then(() => Date.now() - start);
      await jest.advanceTimersByTimeAsync(10_000);
      return await run;
    } finally {
      jest.useRealTimers();
    }
  }

  test("takes at most 1 s with EC2 at its median, and 1.6 s with every call at its 99th percentile", async () => {
    expect(await duration(silence("az1-a"), 150)).toBeLessThanOrEqual(1000);
    expect(await duration(silence("az1-a", "az1-b"), 150)).toBeLessThanOrEqual(1150);
    expect(await duration(silence("az1-a"), 400)).toBeLessThanOrEqual(1600);
  });

  test("asks the NATs while EC2 still says which there are; a cold one has to wait for that", async () => {
    const cold = silence("az1-a");
    const coldMs = await timed(cold, 400, () => handle(sweep, cold.services()));

    expect(coldMs - (await duration(silence("az1-a"), 400))).toBe(PROBE_MS);
  });

  test("asks a NAT that is new, or elsewhere, as soon as it is listed", async () => {
    const cloud = new Cloud();
    const services = cloud.services();
    await handle(sweep, services);
    const nats = cloud.world.nats.map((nat) =>
      nat.instanceId === "i-az1-a" && nat.eni !== null ? { ...nat, eni: { ...nat.eni, primary: "10.0.0.250" } } : nat,
    );
    cloud.world = { ...cloud.world, nats };
    cloud.calls.length = 0;

    await handle(sweep, services);
    expect(asks(cloud)).toBe(2 * cloud.world.lanes.length);

    await handle(sweep, services);
    expect(asks(cloud)).toBe(3 * cloud.world.lanes.length);
  });

  test("moves the lanes of several zones in the time of one", async () => {
    const one = await duration(silence("az1-a"), 150);

    expect(await duration(silence("az1-a", "az2-a"), 150)).toBe(one);
  });
});

describe("acting", () => {
  test("on one lane goes on when another fails, and the failure goes out", async () => {
    const cloud = silence("az1-a", "az2-a");
    cloud.failing.set("replace rtb-az1-l1", new Error("no permission"));

    await expect(handle(sweep, cloud.services())).rejects.toThrow("point-route failed: no permission");

    expect(cloud.routeOf("az2-l1")).toBe("eni-az2-b");
    expect(cloud.record.lanes["az2-l1"]?.servedBy).toBe("i-az2-b");
    expect(cloud.record.lanes["az1-l1"]?.movedAt).toBeNull();
    expect(cloud.metrics.filter((line) => line.startsWith("LaneMoves"))).toHaveLength(1);
  });

  test.each([
    ["in an emergency", silence("az1-a"), sweep],
    [
      "when a NAT leaves",
      new Cloud(),
      batch(delivered(leave({ instanceId: "i-az1-a", reporter: "i-az1-a" }), { sender: "i-az1-a" })),
    ],
  ])(
    "%s brings the address without waiting for the route: while the two are apart, new connections have no answers",
    async (_, cloud, event) => {
      const begun: string[] = [];
      cloud.latencyMs = (name) => {
        begun.push(name);
        return name.startsWith("replace") ? 50 : 0;
      };

      await handle(event, cloud.services());

      const acts = begun.slice(begun.findIndex((call) => /^(replace|bring)/.test(call)));
      expect(acts.slice(0, 2)).toEqual(["replace rtb-az1-l1", "bring floating-az1-l1"]);
    },
  );

  test("is believed only when EC2 shows it", async () => {
    const cloud = silence("az1-a");
    cloud.isStuck = true;

    await expect(handle(sweep, cloud.services())).rejects.toThrow("lane az1-l1 is not as planned after 1000 ms");

    expect(cloud.record.lanes["az1-l1"]?.servedBy).toBe("i-az1-a");
    expect(cloud.metrics.filter((line) => line.startsWith("LaneMoves"))).toEqual([]);
  });

  test("does not associate an EIP with an address that could not be brought", async () => {
    const cloud = silence("az1-a", "az1-b");
    cloud.failing.set("bring guest-az1-l1-in-az2", new Error("no slot"));

    await expect(handle(sweep, cloud.services())).rejects.toThrow("no slot");

    expect(cloud.writes()).not.toContain("associate eipalloc-az1-l1");
  });

  test("on nothing when all look broken, and says so", async () => {
    const cloud = silence("az1-a", "az1-b", "az2-a", "az2-b");

    await handle(sweep, cloud.services());

    expect(cloud.writes()).toEqual(["save"]);
    expect(cloud.metrics).toContain('HeldStatic 1 {"Env":"test"}');
  });

  test("has a NAT replaced that stays broken, once", async () => {
    const cloud = silence("az1-a");
    cloud.record = { ...cloud.record, brokenSince: { "i-az1-a": ago(30_000) } };

    await handle(sweep, cloud.services());
    await handle(sweep, cloud.services());

    expect(cloud.writes().filter((call) => call.startsWith("mark"))).toEqual(["mark i-az1-a"]);
    expect(cloud.record.marks["az1"]?.instanceId).toBe("i-az1-a");
  });

  test("has no NAT replaced while a lane is unsettled", async () => {
    const cloud = silence("az1-a");
    cloud.record = { ...cloud.record, brokenSince: { "i-az1-a": ago(30_000) } };
    cloud.isStuck = true;

    await expect(handle(sweep, cloud.services())).rejects.toThrow("not settled");

    expect(cloud.writes()).not.toContain("mark i-az1-a");
    expect(cloud.record.marks).toEqual({});
  });
});

describe("messages", () => {
  test("that announce a leaving instance move its lanes at once, within the cooldown, and are remembered", async () => {
    const cloud = new Cloud();
    cloud.record = {
      ...cloud.record,
      lanes: { ...cloud.record.lanes, "az1-l1": { servedBy: "i-az1-a", movedAt: ago(1000), homeHealthySince: null } },
    };
    const warning = envelope("EC2 Spot Instance Interruption Warning", { "instance-id": "i-az1-a" });

    await handle(batch(delivered(warning, { sender: "events" })), cloud.services());

    expect(cloud.routeOf("az1-l1")).toBe("eni-az1-b");
    expect(cloud.record.leaving).toEqual({ "i-az1-a": cloud.now.toISOString() });
    expect(cloud.record.notices?.["i-az1-a"]).toMatchObject({ because: "spot-interruption", by: "control-plane" });

    cloud.answers.set("i-az1-b", "timeout");
    await handle(sweep, cloud.services());
    expect(cloud.routeOf("az1-l1")).toBe("eni-az2-b");
  });

  test("that name no NAT of ours are counted and dropped; the look goes on", async () => {
    const cloud = silence("az1-a");
    const stranger = leave({ instanceId: "i-0ff", reporter: "ana", force: true });

    await handle(batch(delivered(stranger, { sender: "ana" })), cloud.services());

    expect(cloud.metrics).toContain('DroppedMessages 1 {"Env":"test","Reason":"unknown"}');
    expect(cloud.record.notices).toEqual({});
    expect(cloud.routeOf("az1-l1")).toBe("eni-az1-b");
  });

  test("that suspect no NAT of ours do not make their sender healthy, where no prober can be reached", async () => {
    const cloud = silence("az1-a");
    ["az1-l1", "az2-l1"].forEach((name) => cloud.deadProbers.add(name));
    const services = cloud.services();
    const say = (reporter: string, suspect: string, sequence: number) =>
      delivered(suspicion({ reporter, suspect, sequence }), { sender: reporter });
    cloud.world = worldWith({}, [lane("az1-l1", null)]);

    await handle(batch(say("i-az1-b", "i-0ff", 1)), services);
    expect(cloud.routeOf("az1-l1")).toBe("missing");

    await handle(batch(say("i-az1-b", "i-az1-a", 2)), services);
    expect(cloud.routeOf("az1-l1")).toBe("eni-az1-b");
  });
});
