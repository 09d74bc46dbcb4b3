import { handle } from "../../../../lambdas/functions/asg-lifecycle-handler/handler";
import type { ObservedInstance } from "../../../../lambdas/lib/domain/fleet";
import { topology } from "../../support/topology";
import { event, instance, member, peer, peersOf, world } from "./builders";

const FLOATING = "10.0.0.10";
const GUEST = "10.0.9.20";
const eniOf = (id: string, ...more: readonly string[]) => ({
  eniId: `eni-${id}`,
  primary: "10.0.0.4",
  addresses: ["10.0.0.4", ...more],
});

describe("a NAT that leaves waits for the addresses, not for the routes alone", () => {
  /** i-1 served z1-l1 and has its address; the routes lead to i-2, of that zone, or of another. */
  function routesLeft(zone = "z1") {
    const it = world();
    it.state.members = [member("i-1", "Terminating:Wait"), member("i-2")];
    it.state.instances = [instance("i-1", "z1", { eni: eniOf("i-1", FLOATING) }), instance("i-2", zone)];
    it.state.peers = peersOf(peer("i-2", `${zone}-b`));
    it.state.electionsWork = false;
    for (const id of it.state.routes.keys()) it.state.routes.set(id, { state: "active", eniId: "eni-i-2" });
    return it;
  }
  const withGuest = { ...topology, lanes: topology.lanes.map((lane) => ({ ...lane, guests: { z2: GUEST } })) };

  test("one that does not follow is asked for again, for ten seconds and no longer", async () => {
    const { services, invocation, did, state, begun } = routesLeft();

    await handle(event("terminate"), services, invocation);

    expect(did.filter((what) => what === "send elect").length).toBeGreaterThanOrEqual(4);
    expect(did.at(-1)).toMatch(/^CONTINUE/);
    expect(state.now - begun).toBeGreaterThanOrEqual(10_000);
  });

  test("one that follows at the second asking lets it go then", async () => {
    const { services, invocation, did, state, begun } = routesLeft();
    const follow = (): readonly ObservedInstance[] => [
      instance("i-1", "z1"),
      instance("i-2", "z1", { eni: eniOf("i-2", FLOATING) }),
    ];
    const instances = async () => (did.filter((what) => what === "send elect").length < 2 ? state.instances : follow());

    await handle(event("terminate"), { ...services, fleet: { ...services.fleet, instances } }, invocation);

    expect(did.at(-1)).toMatch(/^CONTINUE/);
    expect(state.now - begun).toBeGreaterThanOrEqual(2_000);
    expect(state.now - begun).toBeLessThan(4_000);
  });

  test.each([
    ["without the guest address there it waits", [], 10_000],
    ["with it, what stays behind is needed by nobody", [GUEST], 0],
  ])("a lane that went to another zone: %s", async (_title, addresses, ms) => {
    const { services, invocation, state, begun } = routesLeft("z2");
    const known = state.instances[0] as ObservedInstance;
    state.instances = [known, instance("i-2", "z2", { eni: eniOf("i-2", ...addresses, FLOATING) })];
    const readTopology = async () => ({ ...withGuest, lanes: withGuest.lanes.slice(0, 1) });

    await handle(event("terminate"), { ...services, readTopology }, invocation);

    expect(state.now - begun).toBeGreaterThanOrEqual(ms);
    expect(state.now - begun).toBeLessThan(ms + 2_000);
  });
});

describe("a NAT that launches", () => {
  /** It serves the lanes already, and Systems Manager never has it online. */
  function serving() {
    const it = world();
    it.state.peers = peersOf(peer("i-1", "z1-a"));
    for (const id of it.state.routes.keys()) it.state.routes.set(id, { state: "active", eniId: "eni-i-1" });
    return it;
  }

  test("and serves a lane is not ended because nobody could ask its check", async () => {
    const { services, invocation, did, state, begun } = serving();
    const start = async () => ({ started: false as const, because: "i-1 is not online in Systems Manager" });

    await handle(event("launch"), { ...services, check: { ...services.check, start } }, invocation);

    expect(state.now - begun).toBeGreaterThanOrEqual(240_000);
    expect(did).toContain("register arn:tg i-1");
    expect(did.at(-1)).toBe("CONTINUE asg-z1 hook-1 token-1 i-1");
  });

  test.each([
    ["says what is wrong", [{ name: "ruleset", detail: "no table ip ha_nat" }], "ABANDON"],
    ["ends without its answer", null, "CONTINUE"],
  ])("serves a lane, and its check %s: %j", async (_title, failing, answer) => {
    const { services, invocation, did } = serving();
    const result = async () => ({ state: "failed" as const, because: "Failed", failing });

    await handle(event("launch"), { ...services, check: { ...services.check, result } }, invocation);

    expect(did.at(-1)).toBe(`${answer} asg-z1 hook-1 token-1 i-1`);
  });

  test("on a machine so busy that its check takes 20 s is heard of, and enters", async () => {
    const { services, invocation, did, state } = world();
    const begun = new Map<string, number>();
    const start = async () => {
      const commandId = `c-${begun.size}`;
      begun.set(commandId, state.now);
      return { started: true as const, commandId };
    };
    const result = async (commandId: string) =>
      state.now - (begun.get(commandId) ?? state.now) < 20_000
        ? { state: "running" as const }
        : { state: "passed" as const, replication: "alone" };

    await handle(event("launch"), { ...services, check: { start, result } }, invocation);

    expect(did.at(-1)).toMatch(/^CONTINUE/);
  });

  test("is not given up because one answer of EC2 lacks it", async () => {
    const { services, invocation, did, state } = world();
    let looks = 0;
    const instances = async () => (looks++ === 1 ? [] : state.instances);

    await handle(event("launch"), { ...services, fleet: { ...services.fleet, instances } }, invocation);

    expect(did.at(-1)).toMatch(/^CONTINUE/);
  });

  test("is given up when no answer has it for ten seconds", async () => {
    const { services, invocation, did, state, begun } = world();
    let looks = 0;
    const instances = async () => (looks++ === 0 ? state.instances : []);

    await handle(event("launch"), { ...services, fleet: { ...services.fleet, instances } }, invocation);

    expect(did.at(-1)).toMatch(/^ABANDON/);
    expect(state.now - begun).toBeLessThan(12_000);
  });
});

describe("a NAT that is on its way out and serves stays among the peers, so that its flows are copied until it is left", () => {
  test.each([
    ["its group ends it", [member("i-0", "Terminating:Wait")]],
    ["somebody detached it", []],
  ])("%s: the newcomer's hook publishes both, and lets the newcomer in", async (_title, more) => {
    const { services, invocation, did, state } = world();
    state.members = [member("i-1", "Pending:Wait"), ...more];
    state.instances = [instance("i-0", "z1"), instance("i-1", "z1")];
    state.peers = peersOf(peer("i-0", "z1-a"));
    state.electionsWork = false;
    for (const id of state.routes.keys()) state.routes.set(id, { state: "active", eniId: "eni-i-0" });

    await handle(event("launch"), services, invocation);

    expect(did).toContain("peers z1-a=i-0,z1-b=i-1");
    expect(did.at(-1)).toMatch(/^CONTINUE/);
  });

  test("whichever zone's lane it is", async () => {
    const { services, invocation, did, state } = world();
    state.members = [member("i-1", "Pending:Wait"), member("i-2", "Terminating:Wait")];
    state.instances = [instance("i-1", "z1"), instance("i-2", "z2")];
    state.peers = peersOf(peer("i-2", "z2-a"));
    state.electionsWork = false;
    state.routes.set("rtb-z1", { state: "active", eniId: "eni-i-1" });
    state.routes.set("rtb-z2", { state: "active", eniId: "eni-i-2" });

    await handle(event("launch"), services, invocation);

    expect(did).toContain("peers z1-a=i-1,z2-a=i-2");
  });
});
