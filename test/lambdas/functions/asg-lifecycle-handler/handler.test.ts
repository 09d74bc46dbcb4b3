import { handle } from "../../../../lambdas/functions/asg-lifecycle-handler/handler";
import { topology } from "../../support/topology";
import { event, instance, member, peer, peersOf, world } from "./builders";

/** i-1 launches in a zone that i-0 serves. */
function besideAnother() {
  const it = world();
  it.state.members = [member("i-1", "Pending:Wait"), member("i-0")];
  it.state.instances = [instance("i-1", "z1"), instance("i-0", "z1")];
  for (const id of it.state.routes.keys()) it.state.routes.set(id, { state: "active", eniId: "eni-i-0" });
  return it;
}

describe("launch", () => {
  test("a NAT does not wait for a lane that rests at its NAT Gateway: it returns only when a NAT has been in service for long", async () => {
    const lastResort = { natGatewayId: "nat-z1", publicIp: "203.0.113.1" };
    const lanes = topology.lanes.map((lane) => ({ ...lane, lastResort }));
    const { services, invocation, did, state } = world({ readTopology: async () => ({ ...topology, lanes }) });
    state.electionsWork = false;
    state.routes.set("rtb-z1", { state: "active", eniId: null, natGatewayId: "nat-z1" });

    await handle(event("launch"), services, invocation);

    expect(did.at(-1)).toBe("CONTINUE asg-z1 hook-1 token-1 i-1");
  });

  test("a NAT is prepared, checked, registered and elected, then let in: each once, in under two seconds of waiting", async () => {
    const { services, invocation, did, sent, state, begun } = world();

    await handle(event("launch"), services, invocation);

    expect(did).toEqual([
      "source/dest off i-1",
      "key of 32 bytes",
      "peers z1-a=i-1",
      "check i-1",
      "register arn:tg i-1",
      "send elect",
      "CONTINUE asg-z1 hook-1 token-1 i-1",
    ]);
    expect(sent).toEqual([
      {
        schema: 1,
        kind: "elect",
        env: "test",
        at: "2026-01-01T00:00:00.500Z",
        correlationId: `launch-i-1-${begun + 500}`,
        instanceId: "i-1",
        because: "launched",
      },
    ]);
    expect(state.now - begun).toBeLessThan(2_000);
  });

  test("run twice from the start, it does the same again and harms nothing", async () => {
    const { services, invocation, state } = world();

    await handle(event("launch"), services, invocation);
    const peers = state.peers;
    await handle(event("launch"), services, invocation);

    expect(state.peers).toEqual(peers);
  });

  test("an agent that is not online yet, and a check that fails while the boot is under way, are tried again", async () => {
    const { services, invocation, did, state } = world();
    const answers = ["offline", "failed", "running", "passed"];
    let commands = 0;
    const check = {
      start: async () => {
        if (answers[0] === "offline") return { started: false as const, because: `${answers.shift()}` };
        did.push("check");
        commands += 1;
        return { started: true as const, commandId: `c${commands}` };
      },
      result: async () => {
        const answer = answers.shift();
        if (answer === "failed") return { state: "failed" as const, because: "Failed: ruleset is not loaded", failing: null };
        return answer === "passed" ? { state: "passed" as const, replication: "alone" } : { state: "running" as const };
      },
    };

    await handle(event("launch"), { ...services, check }, invocation);

    expect(commands).toBe(2);
    expect(did.at(-1)).toMatch(/^CONTINUE/);
    expect(state.now).toBeGreaterThan(0);
  });

  test("a check that never passes ends in ABANDON at the deadline, with the check's own words in the log", async () => {
    const { services, invocation, did, logged, state, begun } = world();
    const check = {
      ...services.check,
      result: async () => ({ state: "failed" as const, because: "Failed: ip_forward is 0", failing: null }),
    };

    await handle(event("launch"), { ...services, check }, invocation);

    expect(did.at(-1)).toBe("ABANDON asg-z1 hook-1 token-1 i-1");
    expect(did).not.toContain("register arn:tg i-1");
    expect(did).not.toContain("send elect");
    expect(did.filter((what) => what === "heartbeat").length).toBeGreaterThanOrEqual(8);
    expect(state.now - begun).toBeGreaterThanOrEqual(240_000);
    expect(logged.find(({ message }) => message === "launch abandoned")?.keys).toMatchObject({
      because: expect.stringContaining("Failed: ip_forward is 0"),
    });
  });

  test("an election that changes nothing is asked for again every two seconds, each a message of its own, then ABANDON", async () => {
    const { services, invocation, did, sent, state } = world();
    state.electionsWork = false;

    await handle(event("launch"), services, invocation);

    expect(new Set(sent.map(({ correlationId }) => correlationId)).size).toBe(sent.length);
    expect(sent.length).toBeGreaterThan(100);
    expect(did.at(-1)).toMatch(/^ABANDON/);
  });

  test("the deadline leaves time to answer: Lambda's own limit counts when it is nearer", async () => {
    const { services, did, state, begun } = world();
    const check = { ...services.check, result: async () => ({ state: "running" as const }) };
    const invocation = { requestId: "r", remainingMs: () => begun + 20_000 - state.now };

    await handle(event("launch"), { ...services, check }, invocation);

    expect(did.at(-1)).toMatch(/^ABANDON/);
    expect(invocation.remainingMs()).toBeGreaterThan(5_000);
  });

  test("a look that fails, and a step that fails, are repeated", async () => {
    const { services, invocation, did } = world();
    let looks = 0;
    let keys = 0;
    const fleet = {
      ...services.fleet,
      members: async () => (looks++ === 0 ? Promise.reject(new Error("throttled")) : services.fleet.members([])),
    };
    const ensureKey = async () => (keys++ === 0 ? Promise.reject(new Error("throttled")) : ("kept" as const));

    await handle(event("launch"), { ...services, fleet, ensureKey }, invocation);

    expect(keys).toBe(2);
    expect(did.at(-1)).toMatch(/^CONTINUE/);
  });

  test("another NAT that launches at the same time is published with it, and both writers write the same", async () => {
    const { services, invocation, did, state } = world();
    state.members = [member("i-1", "Pending:Wait"), member("i-0", "Pending:Wait")];
    state.instances = [instance("i-1", "z1"), instance("i-0", "z1")];

    await handle(event("launch"), services, invocation);

    expect(did).toContain("peers z1-a=i-0,z1-b=i-1");
  });

  test("a NAT beside others is let in, and elected, only when it holds their flows", async () => {
    const { services, invocation, did, state } = besideAnother();
    const states = ["alone", "syncing", "syncing", "synced"];
    const result = async () => ({ state: "passed" as const, replication: states.shift() ?? "synced" });

    await handle(event("launch"), { ...services, check: { ...services.check, result } }, invocation);

    expect(states).toEqual([]);
    expect(did.filter((what) => what === "check i-1")).toHaveLength(4);
    expect(did.slice(-2)).toEqual(["send elect", "CONTINUE asg-z1 hook-1 token-1 i-1"]);
    expect(state.now).toBeGreaterThan(0);
  });

  test("a NAT that does not get hold of the others' flows is let in after a minute", async () => {
    const { services, invocation, did, state, begun } = besideAnother();
    const result = async () => ({ state: "passed" as const, replication: "syncing" });

    await handle(event("launch"), { ...services, check: { ...services.check, result } }, invocation);

    expect(did.at(-1)).toMatch(/^CONTINUE/);
    expect(state.now - begun).toBeGreaterThanOrEqual(60_000);
    expect(state.now - begun).toBeLessThan(63_000);
  });

  test("a machine that ended itself during boot is abandoned at once", async () => {
    const { services, invocation, did, state, begun } = world();
    state.instances = [instance("i-1", "z1", { state: "shutting-down" })];

    await handle(event("launch"), services, invocation);

    expect(did).toEqual(["ABANDON asg-z1 hook-1 token-1 i-1"]);
    expect(state.now).toBe(begun);
  });

  test("an instance that no longer exists completes nothing", async () => {
    const { services, invocation, did, state } = world();
    state.members = [];
    state.instances = [];

    await handle(event("launch"), services, invocation);

    expect(did).toEqual([]);
  });

  test("an instance that runs in none of our groups is an error that says so", async () => {
    const { services, invocation, did, state } = world();
    state.members = [];

    await expect(handle(event("launch"), services, invocation)).rejects.toThrow("unknown instance: i-1 runs, but is in no");
    expect(did).toEqual([]);
  });

  test("without a target group nothing is registered", async () => {
    const { targetGroupArn, ...bare } = topology;
    expect(targetGroupArn).toBeDefined();
    const { services, invocation, did } = world({ readTopology: async () => bare });

    await handle(event("launch"), services, invocation);

    expect(did.filter((what) => what.startsWith("register"))).toEqual([]);
    expect(did.at(-1)).toMatch(/^CONTINUE/);
  });
});

describe("terminate", () => {
  /** i-1 serves both lanes and leaves; i-2 stays. */
  function leaving() {
    const it = world();
    it.state.members = [member("i-1", "Terminating:Wait"), member("i-2")];
    it.state.instances = [instance("i-1", "z1"), instance("i-2", "z1")];
    it.state.peers = peersOf(peer("i-1", "z1-a"), peer("i-2", "z1-b"));
    for (const id of it.state.routes.keys()) it.state.routes.set(id, { state: "active", eniId: "eni-i-1" });
    return it;
  }

  test("an election; when its lanes have moved, peers without it and deregistration; CONTINUE", async () => {
    const { services, invocation, did, sent, state, begun } = leaving();

    await handle(event("terminate"), services, invocation);

    expect(did).toEqual(["send elect", "peers z1-b=i-2", "deregister arn:tg i-1", "CONTINUE asg-z1 hook-1 token-1 i-1"]);
    expect(sent[0]).toMatchObject({ kind: "elect", instanceId: "i-1", because: "terminating" });
    expect(state.now - begun).toBeLessThan(1_000);
  });

  test("lanes that nobody takes hold it for ten seconds, no longer", async () => {
    const { services, invocation, did, state, begun } = leaving();
    state.electionsWork = false;

    await handle(event("terminate"), services, invocation);

    expect(did.filter((what) => what === "send elect").length).toBeGreaterThanOrEqual(4);
    expect(did.at(-1)).toMatch(/^CONTINUE/);
    expect(state.now - begun).toBeGreaterThanOrEqual(10_000);
    expect(state.now - begun).toBeLessThan(12_000);
  });

  test("the last NAT of the fleet goes without waiting", async () => {
    const { services, invocation, did, state, begun } = leaving();
    state.members = [member("i-1", "Terminating:Wait")];

    await handle(event("terminate"), services, invocation);

    expect(did.at(-1)).toMatch(/^CONTINUE/);
    expect(state.now - begun).toBeLessThan(1_000);
  });

  test("with AWS failing all the time it ends in CONTINUE all the same", async () => {
    const { services, invocation, did } = leaving();
    const fleet = { ...services.fleet, members: async () => Promise.reject(new Error("throttled")) };

    await handle(event("terminate"), { ...services, fleet }, invocation);

    expect(did).toEqual(["heartbeat", "CONTINUE asg-z1 hook-1 token-1 i-1"]);
  });

  test("one that is gone already still leaves the peers and the target group, and completes nothing", async () => {
    const { services, invocation, did, state } = leaving();
    state.members = [member("i-2")];
    state.instances = [instance("i-2", "z1")];

    await handle(event("terminate"), services, invocation);

    expect(did).toEqual(["send elect", "peers z1-b=i-2", "deregister arn:tg i-1"]);
  });
});

describe("events", () => {
  test.each([
    ["of another kind", { ...event("launch"), "detail-type": "EC2 Instance Launch Successful" }],
    ["of another source", { ...event("launch"), source: "custom.forged" }],
    ["of another group", { ...event("launch"), detail: { ...event("launch").detail, AutoScalingGroupName: "asg-theirs" } }],
  ])("an event %s is a logged no-op", async (_title, raw) => {
    const { services, invocation, did, logged } = world();

    await handle(raw, services, invocation);

    expect(did).toEqual([]);
    expect(logged).toEqual([{ message: "ignored", keys: { because: expect.any(String) } }]);
  });

  test.each([
    ["without a token", { ...event("launch").detail, LifecycleActionToken: undefined }, "LifecycleActionToken"],
    ["with an instance ID that is none", { ...event("launch").detail, EC2InstanceId: "*" }, "EC2InstanceId"],
  ])("a lifecycle action %s is an error that names the field", async (_title, detail, field) => {
    const { services, invocation } = world();

    await expect(handle({ ...event("launch"), detail }, services, invocation)).rejects.toThrow(field);
  });

  test("something that is no event at all is an error that shows it", async () => {
    const { services, invocation } = world();

    await expect(handle({ Records: [] }, services, invocation)).rejects.toThrow('got {"Records":[]}');
  });
});
