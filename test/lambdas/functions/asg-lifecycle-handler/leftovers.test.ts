import { handle } from "../../../../lambdas/functions/asg-lifecycle-handler/handler";
import { staleEntries } from "../../../../lambdas/lib/domain/leftovers";
import { instance, member, peer, peersOf, world } from "./builders";

const finish = (transition: string, instanceId = "i-1") => ({ schema: 1, kind: "finish-hook", transition, instanceId });
const sweep = { schema: 1, kind: "sweep-stale" };

describe("an orphaned hook", () => {
  test("of a launch goes the whole way of a launch, without a token", async () => {
    const { services, invocation, did } = world();

    await handle(finish("launch"), services, invocation);

    expect(did).toContain("check i-1");
    expect(did.at(-1)).toBe("CONTINUE asg-z1 ha-nat-test-launching undefined i-1");
  });

  test("of a leaving NAT hands over and continues", async () => {
    const { services, invocation, did, state } = world();
    state.members = [member("i-1", "Terminating:Wait"), member("i-0")];
    state.instances = [instance("i-1", "z1"), instance("i-0", "z1")];

    await handle(finish("terminate"), services, invocation);

    expect(did.at(-1)).toBe("CONTINUE asg-z1 ha-nat-test-terminating undefined i-1");
  });

  test.each([
    ["an instance that waits no longer", "launch", member("i-1")],
    ["an instance that waits for the other hook", "launch", member("i-1", "Terminating:Wait")],
    ["an instance of no group", "terminate", member("i-9", "Terminating:Wait")],
  ])("of %s is none: nothing is done", async (_name, transition, only) => {
    const { services, invocation, did, state } = world();
    state.members = [only];

    await handle(finish(transition), services, invocation);

    expect(did).toEqual([]);
  });

  test.each([
    { ...finish("launch"), transition: "reboot" },
    { ...finish("launch"), instanceId: "../x" },
    { ...finish("launch"), schema: 2 },
  ])("that is not as agreed is refused: %j", async (raw) => {
    const { services, invocation, did } = world();

    await expect(handle(raw, services, invocation)).rejects.toThrow(/takes EventBridge events of aws.autoscaling, finish-hook/);
    expect(did).toEqual([]);
  });
});

describe("a sweep", () => {
  test("takes out peers and targets of instances that are gone, and leaves all others", async () => {
    const { services, invocation, did, state } = world();
    state.members = [member("i-1"), member("i-2", "Terminating:Wait")];
    state.instances = [
      instance("i-1", "z1"),
      instance("i-2", "z1"),
      instance("i-3", "z1"),
      instance("i-4", "z1", { state: "stopped" }),
    ];
    state.peers = peersOf(peer("i-1", "z1-a"), peer("i-2", "z1-b"), peer("i-4", "z1-c"));
    state.targets = ["i-1", "i-3", "i-5"];

    await handle(sweep, services, invocation);

    expect(did).toEqual(["peers z1-a=i-1,z1-b=i-2", "deregister arn:tg i-5"]);
  });

  test("publishes members that no look published, by the name that is free, and takes nobody's place", async () => {
    const { services, invocation, did, state } = world();
    const ids = ["i-1", "i-2", "i-3", "i-4"];
    state.members = [member("i-1"), member("i-2", "Terminating:Wait"), member("i-3", "Standby"), member("i-4")];
    state.instances = ids.map((id) => instance(id, "z1"));
    state.peers = peersOf(peer("i-2", "z1-a"), peer("i-1", "z1-b"));

    await handle(sweep, services, invocation);

    expect(did).toEqual(["peers z1-a=i-2,z1-b=i-1,z1-c=i-4"]);
  });

  test("leaves a name to whom this look lacks, and waits for the next", async () => {
    const { services, invocation, did, state } = world();
    state.members = [member("i-1"), member("i-2")];
    state.instances = [instance("i-2", "z1")];
    state.peers = peersOf(peer("i-1", "z1-a"));

    await handle(sweep, services, invocation);

    expect(did).toEqual([]);
  });

  test("of a fleet in order writes nothing", async () => {
    const { services, invocation, did, state } = world();
    state.members = [member("i-1")];
    state.peers = peersOf(peer("i-1", "z1-a"));
    state.targets = ["i-1"];

    await handle(sweep, services, invocation);

    expect(did).toEqual([]);
  });

  test("writes nothing when a part could not be read", async () => {
    const { services, invocation, did, state } = world();
    state.peers = peersOf(peer("i-gone", "z1-a"));
    const readTargets = async () => Promise.reject(new Error("Throttling"));

    await expect(handle(sweep, { ...services, readTargets }, invocation)).rejects.toThrow("Throttling");
    expect(did).toEqual([]);
  });
});

test("an instance that its group has in any state, or that EC2 runs, is never stale", () => {
  const listed = {
    members: [member("i-1", "Terminating:Proceed")],
    instances: [instance("i-2", "z1", { state: "pending" })],
    peers: peersOf(peer("i-1", "z1-a"), peer("i-2", "z1-b"), peer("i-3", "z1-c")),
    targets: ["i-1", "i-2", "i-3"],
  };

  expect(staleEntries(listed)).toEqual({ peers: ["i-3"], targets: ["i-3"] });
});
