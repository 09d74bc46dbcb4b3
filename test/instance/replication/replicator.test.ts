import fc from "fast-check";
import { flowKey, type Flow, toNumber } from "../../../instance/agent/replication/flow";
import { FLOATING, flow, FleetOfTables, GUEST, configOf, type Nat, pair } from "./support/fleet";

const keys = (nat: Nat) => nat.table.entries().map(flowKey).toSorted();
const range = (count: number, from = 0) => Array.from({ length: count }, (_, index) => flow(from + index));
const carry = (nat: Nat, flows: readonly Flow[]) => flows.forEach((each) => nat.table.touch(each));
const state = ({ replicator }: Nat) => replicator.health().state;

describe("flow replication", () => {
  test("an announced flow is in the other NAT's table, with its translation, a moment later", async () => {
    const { fleet, a, b } = pair();
    await fleet.run(1_000);
    const flows = range(300);
    carry(a, flows);
    fleet.announce(a, flows);
    await fleet.run(50);
    expect(keys(b)).toEqual(keys(a));
    expect(b.table.entries()[0]).toMatchObject({ nat: FLOATING, natPort: 1024, tcpState: 3, wscaleOriginal: 7 });
    expect(b.replicator.health()).toMatchObject({ injected: 300, refused: 0, lost: 0 });
  });

  test("a flow that lives on is promoted by the next sweep, outlives its newborn copy and is taken back when it ends", async () => {
    const { fleet, a, b } = pair();
    const flows = range(2_000);
    carry(a, flows);
    fleet.announce(a, flows);
    await fleet.run(20_000);
    expect(
      b.table.entries().every(({ expiresAt }: Flow & { expiresAt?: number }) => (expiresAt ?? 0) > fleet.nowMs + 3_000_000),
    ).toBe(true);
    await fleet.run(100_000);
    expect(keys(b)).toHaveLength(2_000);
    for (const gone of flows.slice(0, 500)) a.table.end(gone);
    await fleet.run(20_000);
    expect(keys(b)).toEqual(keys(a));
    // Both tables are as full, and the work is one NAT's.
    expect([a, b].map(({ replicator }) => replicator.health().carried)).toEqual([1_500, 0]);
  });

  test("a flow that came and went between two sweeps leaves a copy that ends by itself", async () => {
    const { fleet, a, b } = pair();
    await fleet.run(16_000);
    fleet.announce(a, range(10));
    await fleet.run(1_000);
    expect(keys(b)).toHaveLength(10);
    await fleet.run(61_000);
    expect(keys(b)).toHaveLength(0);
  });

  test("a flow with traffic stays copied beyond every timeout, and its copy is renewed before half of it is over", async () => {
    const { fleet, a, b } = pair();
    for (let minute = 0; minute < 90; minute++) {
      a.table.touch(flow(1));
      await fleet.run(60_000);
      expect(keys(b)).toHaveLength(1);
    }
  }, 30_000);

  test("a newcomer gets everything before it is synced, from whoever has it", async () => {
    const { fleet, a } = pair();
    carry(a, range(5_000));
    await fleet.run(20_000);
    const c = fleet.add("c");
    fleet.tell({ "i-a": [FLOATING] });
    expect(state(c)).toBe("syncing");
    await fleet.run(5_000);
    expect(state(c)).toBe("synced");
    expect(keys(c)).toEqual(keys(a));
  });

  test("a standby has nothing to tell a newcomer, and does not read its table for that", async () => {
    const { fleet, a, b } = pair();
    carry(a, range(100));
    await fleet.run(20_000);
    b.table.isBlocked = true;
    const c = fleet.add("c");
    fleet.tell({ "i-a": [FLOATING] });
    await fleet.run(1_000);
    expect(keys(c)).toEqual(keys(a));
    expect(c.replicator.health()).toMatchObject({ state: "synced", reasons: [] });
  });

  test("a NAT that cannot read its own table again and again is degraded, until it can", async () => {
    const { fleet, a, b } = pair();
    await fleet.run(5_000);
    a.table.isBlocked = true;
    await fleet.run(12_000);
    expect([state(a), fleet.faults.length]).toEqual(["synced", 1]);
    await fleet.run(15_000);
    expect(a.replicator.health()).toMatchObject({ state: "degraded", reasons: [expect.stringContaining("the last 2 walks")] });
    expect(state(b)).toBe("synced");
    a.table.isBlocked = false;
    await fleet.run(16_000);
    expect(a.replicator.health()).toMatchObject({ state: "synced", reasons: [] });
  });

  test("a NAT without others is alone, and misses nothing", () => {
    const fleet = new FleetOfTables();
    const a = fleet.add("a");
    fleet.tell({ "i-a": [FLOATING] });
    expect(state(a)).toBe("alone");
  });

  test("the survivor extends what was just born, and speaks for the flows that it took over", async () => {
    const { fleet, a, b } = pair();
    const c = fleet.add("c");
    fleet.tell({ "i-a": [FLOATING] });
    await fleet.run(16_500);
    fleet.announce(a, range(20));
    await fleet.run(200);
    fleet.kill(a);
    fleet.tell({ "i-b": [FLOATING] }, [a.instanceId], [a, b, c]);
    await fleet.run(120_000);
    expect(keys(b)).toHaveLength(20);
    expect(keys(c)).toEqual(keys(b));
    for (const gone of b.table.entries().slice(0, 5)) b.table.end(gone);
    await fleet.run(20_000);
    expect(keys(c)).toEqual(keys(b));
  });

  test("the survivor lets those die that a living NAT would have promoted by now", async () => {
    const { fleet, a, b } = pair();
    await fleet.run(1_000);
    fleet.announce(a, range(20));
    await fleet.run(40_000);
    fleet.kill(a);
    fleet.tell({ "i-b": [FLOATING] }, [a.instanceId], [a, b]);
    await fleet.run(25_000);
    expect(keys(b)).toEqual([]);
  });

  test("where everybody comes and goes because the machine is too busy, walks through the table make it no busier", async () => {
    const { fleet, a, b } = pair();
    const c = fleet.add("c");
    fleet.tell({ "i-a": [FLOATING] });
    fleet.announce(a, range(1));
    await fleet.run(1_000);
    b.table.dumpMs = 400;
    const [from, before] = [fleet.nowMs, b.table.dumps];
    for (let turn = 0; turn < 60; turn++) {
      fleet.tell({ "i-a": [FLOATING] }, turn % 2 === 0 ? [a.instanceId, c.instanceId] : []);
      await fleet.run(50);
    }
    const walking = (b.table.dumps - before) * b.table.dumpMs;
    expect(b.table.dumps - before).toBeGreaterThan(2);
    expect(walking / (fleet.nowMs - from)).toBeLessThanOrEqual(0.55);
    b.table.dumpMs = 0;
    fleet.tell({ "i-a": [FLOATING] });
    const settled = b.table.dumps;
    await fleet.run(14_000);
    expect(b.table.dumps - settled).toBeLessThanOrEqual(3);
  });

  test("an adoption that waits behind a long walk still takes what was just born when it was asked for", async () => {
    const { fleet, a, b } = pair();
    await fleet.run(1_000);
    fleet.announce(a, range(20));
    await fleet.run(7_000);
    b.table.dumpMs = 12_000;
    fleet.tell({ "i-a": [FLOATING], "i-b": [GUEST] });
    await fleet.run(10);
    fleet.kill(a);
    fleet.tell({ "i-b": [FLOATING] }, [a.instanceId], [a, b]);
    b.table.dumpMs = 0;
    await fleet.run(60_000);
    expect(keys(b)).toHaveLength(20);
  });

  test("what was taken back by packets that are lost for good ends after the full sweep that follows", async () => {
    const { fleet, a, b } = pair();
    carry(a, range(100));
    await fleet.run(20_000);
    for (const gone of range(50)) a.table.end(gone);
    // Beats pass, so the gap shows; what would fill it does not.
    fleet.weather = (packet, from) => (from === a.address && packet.length > 200 ? [] : [1]);
    await fleet.run(20_000);
    expect(state(b)).toBe("degraded");
    fleet.weather = () => [1];
    await fleet.run(80_000);
    expect(state(b)).toBe("synced");
    expect(keys(b)).toEqual(keys(a));
  });

  test("an older flow's copy makes way for a new flow with the same client's or the same public side", async () => {
    const { fleet, a, b } = pair();
    await fleet.run(1_000);
    fleet.announce(a, [flow(1), flow(2)]);
    await fleet.run(100);
    const sameClient = flow(1, { natPort: 9_000 });
    const samePublic = flow(7, { natPort: flow(2).natPort });
    fleet.announce(a, [sameClient, samePublic]);
    await fleet.run(100);
    expect(b.table.entries()).toMatchObject([{ natPort: 9_000 }, { clientPort: samePublic.clientPort }]);
  });

  test("a NAT never touches the flows that it carries itself, whatever a peer says of them", async () => {
    const { fleet, a, b } = pair();
    fleet.tell({ "i-a": [FLOATING], "i-b": [FLOATING] });
    carry(b, range(5));
    fleet.announce(a, [flow(1, { natPort: 9_000 })]);
    a.table.touch(flow(2, { lifetime: 100 }));
    await fleet.run(16_000);
    a.table.end(flow(2));
    await fleet.run(16_000);
    expect(b.table.entries().map(({ natPort }) => natPort)).toEqual([1024, 1025, 1026, 1027, 1028]);
  });

  test("what a peer says of an address that is no lane's is refused", async () => {
    const { fleet, a, b } = pair();
    await fleet.run(1_000);
    const foreign = toNumber("203.0.113.9");
    const lying = fleet.add("liar", "use1-az1", {
      ...configOf("use1-az1"),
      lanes: configOf("use1-az1").lanes.map((lane) => ({
        ...lane,
        addresses: ["203.0.113.9"],
        addressesByZone: { "use1-az1": ["203.0.113.9"] },
      })),
    });
    fleet.tell({ "i-a": [FLOATING] });
    fleet.announce(lying, [flow(1, { nat: foreign })]);
    await fleet.run(100);
    expect([keys(a), keys(b)]).toEqual([[], []]);
    expect(b.replicator.health().refused).toBe(1);
  });

  test("a lane that is away: its home holds the flows under its own address, ready for the return", async () => {
    const fleet = new FleetOfTables();
    const [away, home] = [fleet.add("away", "use1-az2"), fleet.add("home")];
    const guest = toNumber("10.0.1.22");
    fleet.tell({ "i-away": [guest] });
    await fleet.run(1_000);
    const flows = range(50).map((each) => ({ ...each, nat: guest }));
    carry(away, flows);
    fleet.announce(away, flows);
    await fleet.run(20_000);
    expect(home.table.entries()).toHaveLength(50);
    expect(home.table.entries().every(({ nat }) => nat === FLOATING)).toBe(true);
  });

  test("with scope fleet, another zone holds the flows under its guest address; with scope zone it does not", async () => {
    for (const scope of ["zone", "fleet"] as const) {
      const fleet = new FleetOfTables();
      const a = fleet.add("a", "use1-az1", configOf("use1-az1", scope));
      const other = fleet.add("other", "use1-az2", configOf("use1-az2", scope));
      fleet.tell({ "i-a": [FLOATING] });
      await fleet.run(1_000);
      carry(a, range(50));
      fleet.announce(a, range(50));
      await fleet.run(20_000);
      expect(other.table.entries().map(({ nat }) => nat)).toEqual(scope === "zone" ? [] : Array(50).fill(GUEST));
      expect(state(other)).toBe("synced");
    }
  });

  test("a burst that is lost is asked for again; what cannot be had again ends in a full sweep", async () => {
    const { fleet, a, b } = pair();
    await fleet.run(1_000);
    const flows = range(5_000);
    carry(a, flows);
    let dropped = 0;
    fleet.weather = (packet) => (packet.length > 300 && dropped++ < 40 ? [] : [1]);
    fleet.announce(a, flows);
    fleet.weather = () => [1];
    await fleet.run(1_500);
    expect(keys(b)).toEqual(keys(a));
    expect(state(b)).toBe("synced");
    fleet.weather = (packet, from) => (from === a.address && packet.length > 300 ? [] : [1]);
    fleet.announce(a, range(200, 6_000));
    carry(a, range(200, 6_000));
    await fleet.run(3_000);
    expect(state(b)).toBe("degraded");
    expect(b.replicator.health().lost).toBeGreaterThan(0);
    fleet.weather = () => [1];
    await fleet.run(6_000);
    expect(state(b)).toBe("synced");
    expect(keys(b)).toEqual(keys(a));
  });

  test("whatever the network loses, repeats and reorders: when it is quiet, the standby has what lives, and nothing else for long", async () => {
    const step = fc.record({ begin: fc.nat(40), end: fc.nat(30), ms: fc.integer({ min: 10, max: 9_000 }), loss: fc.nat(60) });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), fc.infiniteStream(fc.nat(99)), async (steps, dice) => {
        const { fleet, a, b } = pair();
        const roll = () => (dice.next().value as number | undefined) ?? 0;
        const living: Flow[] = [];
        let next = 0;
        for (const { begin, end, ms, loss } of steps) {
          fleet.weather = () => (roll() < loss ? [] : roll() < 20 ? [1, 30] : [1 + (roll() % 5) * 10]);
          const born = range(begin, (next += begin) - begin);
          carry(a, born);
          fleet.announce(a, born);
          living.push(...born);
          for (const gone of living.splice(0, end)) a.table.end(gone);
          await fleet.run(ms);
        }
        fleet.weather = () => [1];
        // Who asked in vain four times asks again every 30 s.
        await fleet.run(35_000);
        const held = new Set(keys(b));
        expect(living.filter((each) => !held.has(flowKey(each)))).toEqual([]);
        expect(state(b)).toBe("synced");
        await fleet.run(65_000);
        expect(keys(b)).toEqual(living.map(flowKey).toSorted());
        expect(fleet.faults).toEqual([]);
      }),
      // Shrinking a history of a minute takes minutes; the seed says enough.
      { numRuns: 40, endOnFailure: true },
    );
  }, 60_000);
});
