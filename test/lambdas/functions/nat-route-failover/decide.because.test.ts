import type { FleetRecord, LeaveCause } from "../../../../contract/parameters";
import { decide, isHeld } from "../../../../lambdas/functions/nat-route-failover/decide";
import type { Situation } from "../../../../lambdas/functions/nat-route-failover/decide";
import type { Lane, Nat } from "../../../../lambdas/lib/domain/fleet";
import { ago, at, atGateway, floatingOf, guestOf, lane, nat, RECORD, SILENT, UNHEALTHY } from "./support/builders";
import { laneSaid, situation, to, UNOBSERVED, UNSYNCED, worldWith } from "./support/builders";

const l1 = lane("az1-l1", "az1-a");
const breached = { ...l1, breached: true } as const;
const dead: Partial<Nat> = { evidence: SILENT };
const hold = { until: ago(-60_000), by: "ben", because: "migration" };
const said = (because: LeaveCause, ms = 0): FleetRecord => ({
  ...RECORD,
  notices: { "i-az1-a": { at: ago(ms), because, force: false, by: "nat" } },
});
const away = {
  lanes: [lane("az1-l1", "az2-a"), lane("az2-l1", "az2-a")],
  nats: [nat("az1-a"), nat("az1-b"), nat("az2-a", {}, floatingOf("az2-l1"), guestOf("az1-l1", "az2")), nat("az2-b")],
};
/** What is done for lane az1-l1, or why nothing is. */
const first = (difference: Partial<Situation>) =>
  decide(situation(difference)).plan.find((action) => "lane" in action && action.lane === "az1-l1");

describe("what is done for a lane, and what is not, says why", () => {
  const others = { "az1-b": dead, "az2-a": dead, "az2-b": dead };

  test.each<[string, Partial<Situation>, string]>([
    ["an emergency", { world: worldWith({ "az1-a": dead }) }, "i-az1-a is silent"],
    [
      "nowhere to go",
      { world: worldWith({ "az1-a": dead, ...others }) },
      "i-az1-a is silent, but no NAT is positively healthy: hold static",
    ],
    [
      "nobody saw its NAT",
      { world: worldWith({ "az1-a": { evidence: UNOBSERVED } }) },
      "i-az1-a was not observed: no move without an observation",
    ],
    [
      "its NAT leaves",
      { world: worldWith({ "az1-a": { leaving: true } }), record: said("spot-interruption") },
      "i-az1-a is about to leave (spot-interruption)",
    ],
    [
      "its NAT leaves, and all others are broken",
      { world: worldWith({ "az1-a": { leaving: true, evidence: UNOBSERVED }, ...others }), record: said("shutdown") },
      "i-az1-a is about to leave, but no healthy NAT stays",
    ],
    [
      "its NAT leaves, and one worth a wait copies the flows",
      { world: worldWith({ "az1-a": { leaving: true }, "az1-b": { evidence: UNSYNCED } }), record: said("drain", 500) },
      "i-az1-a is about to leave; it still works, and waits 60 s at most for a NAT that holds its flows",
    ],
    [
      "home again",
      { world: away, record: laneSaid({ servedBy: "i-az2-a", homeHealthySince: ago(300_000) }) },
      "the lane is away and i-az1-a of its own zone is healthy again",
    ],
    ["its path is broken", { world: worldWith({}, [breached]) }, "the probes of az1-l1 fail, whatever i-az1-a says"],
    [
      "its path is broken, and its address strayed",
      {
        world: worldWith({}, [
          { ...breached, addresses: l1.addresses.map((one) => ({ ...one, association: at("az1-b", "x") })) },
        ]),
      },
      "the probes of az1-l1 fail, whatever i-az1-a says: the address is not where the route is",
    ],
    [
      "its path is broken, and its EIP was put back",
      { world: worldWith({}, [breached]), record: laneSaid({ mendedAt: ago(1_000) }) },
      "the probes of az1-l1 fail, whatever i-az1-a says, but its Elastic IP was put back a moment ago, maybe after them",
    ],
    [
      "its path is broken, of a lane that nothing was written down of",
      { world: worldWith({}, [breached]), record: { ...RECORD, lanes: {} } },
      "the probes of az1-l1 fail, whatever i-az1-a says",
    ],
    [
      "its path is broken, and a move did not help",
      { world: worldWith({}, [breached]), record: laneSaid({ movedAt: ago(1_000) }) },
      "but the lane moved not long ago: the fault is not the NAT's",
    ],
    [
      "it waits at its NAT Gateway",
      { world: worldWith({}, [atGateway(l1, { state: "available", path: "works" })]) },
      "nat-az1-l1 serves until a NAT is healthy for long enough",
    ],
    [
      "it comes back from its NAT Gateway",
      {
        world: worldWith({}, [atGateway(l1, { state: "available", path: "works" })]),
        record: laneSaid({ servedBy: "nat-az1-l1", homeHealthySince: ago(300_000) }),
      },
      "i-az1-a is healthy again: back from nat-az1-l1",
    ],
    [
      "its NAT Gateway fails, and nowhere to go",
      { world: worldWith({ "az1-a": dead, ...others }, [atGateway(l1, { state: "failed" })]) },
      "nat-az1-l1 is failed, but no NAT is positively healthy: hold static",
    ],
    [
      "its address strayed",
      { world: worldWith({}, [{ ...l1, addresses: l1.addresses.map((one) => ({ ...one, association: at("az1-b", "x") })) }]) },
      "the address is not where the route is",
    ],
  ])("%s", (_what, difference, because) => {
    expect(first(difference)?.because).toContain(because);
  });
});

describe("a move", () => {
  test("within the cooldown is made for what the NAT itself says, unlike for what probes say of it", () => {
    const record = laneSaid({ movedAt: ago(1_000) });

    expect(first({ world: worldWith({ "az1-a": { evidence: UNHEALTHY } }), record })?.kind).toBe("point-route");
    expect(first({ world: worldWith({}, [breached]), record })?.kind).toBe("none");
  });

  test("within the cooldown is made as well when its NAT is broken, or leaves, and the probes blame it besides", () => {
    const record = (difference: Partial<FleetRecord> = {}) => ({ ...laneSaid({ movedAt: ago(1_000) }), ...difference });
    const leaving = worldWith({ "az1-a": { leaving: true } }, [breached]);

    expect(first({ world: worldWith({ "az1-a": dead }, [breached]), record: record() })?.kind).toBe("point-route");
    expect(first({ world: leaving, record: record({ notices: said("drain").notices ?? {} }) })).toMatchObject({
      kind: "point-route",
      because: "i-az1-a is about to leave (drain)",
    });
  });

  test("home waits for a time that somebody wrote down", () => {
    expect(first({ world: away, record: { ...RECORD, lanes: {} } })?.kind).not.toBe("point-route");
    expect(first({ world: away, record: laneSaid({ servedBy: "i-az2-a" }) })?.kind).not.toBe("point-route");
  });
});

test("a lane comes back from its NAT Gateway to a NAT that is well for long enough, synced or not: none holds the flows of a gateway", () => {
  const unsynced = Object.fromEntries(["az1-a", "az1-b", "az2-a", "az2-b"].map((name) => [name, { evidence: UNSYNCED }]));
  const world = worldWith(unsynced, [atGateway(l1, { state: "available", path: "works" })]);
  const record = (ms: number) => laneSaid({ servedBy: "nat-az1-l1", homeHealthySince: ago(ms) });

  expect(first({ world, record: record(299_999) })?.kind).toBe("none");
  expect(first({ world, record: record(300_000) })).toMatchObject({ kind: "point-route", instanceId: "i-az1-a" });
});

describe("of several moves in one look", () => {
  const moves = (difference: Partial<Situation>) =>
    decide(situation(difference)).plan.flatMap((action) =>
      action.kind === "point-route" ? [`${action.lane} → ${action.instanceId.slice(2)}`] : [],
    );

  test("each counts for the next: the lanes of a lost NAT are shared by those that remain", () => {
    const lanes = ["l1", "l2", "l3", "l4"].map((name) => lane(`az1-${name}`, "az1-a"));
    const nats = [nat("az1-a", dead), nat("az1-b"), nat("az1-c")];

    expect(moves({ world: { lanes, nats }, record: { ...RECORD, lanes: {} } })).toEqual([
      "az1-l1 → az1-b",
      "az1-l2 → az1-c",
      "az1-l3 → az1-b",
      "az1-l4 → az1-c",
    ]);
  });

  test("one that goes home makes room where it was for one lane, not for more", () => {
    const lanes = [lane("az1-l1", "az2-a"), lane("az2-l1", "az2-a"), lane("az2-l2", "az2-c")];
    const nats = [nat("az1-a"), nat("az2-a"), nat("az2-b"), nat("az2-c", dead)];
    const record = laneSaid({ servedBy: "i-az2-a", homeHealthySince: ago(300_000) });

    expect(moves({ world: { lanes, nats }, record })).toEqual(["az1-l1 → az1-a", "az2-l2 → az2-b"]);
  });

  test("none is for comfort while anything else is done for a lane of the zone", () => {
    const lanes = ["l1", "l2", "l3"].map((name) => lane(`az1-${name}`, "az1-a"));
    const nats = [nat("az1-a", {}, ...lanes.map((one) => floatingOf(one.lane))), nat("az1-b")];
    const [strayed, ...others] = lanes.map((one) => ({
      ...one,
      addresses: one.addresses.map((address) => ({ ...address, association: null })),
    }));
    const uneven = (some: readonly Lane[]) => moves({ world: { lanes: some, nats }, record: { ...RECORD, lanes: {} } });

    expect(others).toHaveLength(2);
    expect(uneven(lanes)).toHaveLength(1);
    expect(uneven(strayed === undefined ? [] : [strayed, ...lanes.slice(1)])).toEqual([]);
  });

  test("one that goes home makes room where it was", () => {
    const lanes = [lane("az1-l1", "az2-a"), lane("az2-l1", "az2-c")];
    const nats = [nat("az1-a"), nat("az2-a"), nat("az2-b"), nat("az2-c", dead)];
    const record = laneSaid({ servedBy: "i-az2-a", homeHealthySince: ago(300_000) });

    expect(moves({ world: { lanes, nats }, record })).toEqual(["az1-l1 → az1-a", "az2-l1 → az2-a"]);
  });
});

describe("a hold", () => {
  test("freezes a lane that nobody serves, and one whose NAT leaves by another's word than an operator's", () => {
    const record = { ...RECORD, hold };
    const missing = worldWith({}, [{ ...l1, route: { state: "missing" } }]);
    const foreign = worldWith({}, [{ ...l1, route: to("foreign") }]);
    const other = { "i-az2-b": { at: ago(0), because: "drain", force: false, by: "operator" } } as const;

    for (const world of [missing, foreign, worldWith({ "az1-a": dead })])
      expect(first({ world, record: { ...record, notices: other } })).toMatchObject({ kind: "none", frozen: true });
    expect(first({ world: worldWith({ "az1-a": { leaving: true } }), record: { ...said("drain"), hold } })).toMatchObject({
      kind: "none",
      frozen: true,
    });
  });
});

describe("that a lane is held", () => {
  const nowhere = { "az1-b": dead, "az2-a": dead, "az2-b": dead };
  const held = (difference: Partial<Situation>) => isHeld(decide(situation(difference)).plan);

  test("is said when it would need a move and there is nowhere to go, whoever found its NAT broken", () => {
    expect(held({ world: worldWith({ ...nowhere, "az1-a": dead }) })).toBe(true);
    expect(held({ world: worldWith(nowhere, [breached]) })).toBe(true);
    expect(first({ world: worldWith({ ...nowhere, "az1-a": dead }, [atGateway(l1, { state: "failed" })]) })).toMatchObject({
      held: true,
    });
  });

  test("is not said of a lane that may stay, nor of one that an operator holds", () => {
    expect(held({ world: worldWith({ "az1-a": { evidence: UNOBSERVED } }) })).toBe(false);
    expect(held({ world: worldWith({ "az1-a": dead }), record: { ...RECORD, hold } })).toBe(false);
  });

  test("is said, whether or not others of the look can be helped", () => {
    const plan = decide(situation({ world: worldWith({ "az1-a": dead }) })).plan;

    expect(isHeld([...plan, { kind: "none", lane: "az9-l1", held: true, because: "x" }])).toBe(true);
    expect(isHeld(plan)).toBe(false);
  });
});
