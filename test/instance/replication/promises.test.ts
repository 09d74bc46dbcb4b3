/** What a NAT has promised its peers of its flows, where promises, announcements and moves of lanes cross. */
import { flowKey, type Flow, toNumber } from "../../../instance/agent/replication/flow";
import { FLOATING, flow, FleetOfTables, type Nat } from "./support/fleet";

/** Of a lane of another zone, which these NATs carry too. */
const OTHER = toNumber("10.0.0.22");
const keys = (nat: Nat) => nat.table.entries().map(flowKey).toSorted();
const range = (count: number, from = 0) => Array.from({ length: count }, (_, index) => flow(from + index));
const carry = (nat: Nat, flows: readonly Flow[]) => flows.forEach((each) => nat.table.touch(each));

function three() {
  const fleet = new FleetOfTables();
  const [a, b, c] = [fleet.add("a"), fleet.add("b"), fleet.add("c")];
  fleet.tell({ "i-a": [FLOATING] });
  return { fleet, a, b, c };
}

describe("promises to peers", () => {
  test("a flow that is announced after a sweep has found it is promised anew, for its copy has a newborn's lifetime", async () => {
    const { fleet, a, b } = three();
    carry(a, range(3));
    await fleet.run(16_500);
    fleet.announce(a, range(3));
    await fleet.run(90_000);
    expect(keys(b)).toEqual(keys(a));
  });

  test("a flow that has the public side of one that has just ended keeps its copies when that one is taken back", async () => {
    const { fleet, a, b } = three();
    const [older, younger] = [flow(2), flow(7, { natPort: flow(2).natPort })];
    carry(a, [older]);
    await fleet.run(16_500);
    a.table.end(older);
    carry(a, [younger]);
    fleet.announce(a, [younger]);
    // The older one goes in a later packet.
    carry(a, range(200, 100));
    await fleet.run(16_500);
    expect(keys(b)).toEqual(keys(a));
  });

  test("a newcomer is promised what the others were, whatever the kernel gives a flow whose data is under way", async () => {
    const { fleet, a } = three();
    carry(a, range(3));
    await fleet.run(16_500);
    carry(
      a,
      range(3).map((each) => ({ ...each, lifetime: 300 })),
    );
    const d = fleet.add("d");
    fleet.tell({ "i-a": [FLOATING] });
    await fleet.run(500);
    for (let minute = 0; minute < 10; minute++) {
      carry(a, range(3));
      await fleet.run(60_000);
    }
    expect(keys(d)).toEqual(keys(a));
  });

  test("who has lost a lane while it swept takes none of the lane's flows back", async () => {
    const { fleet, a, b, c } = three();
    const all = [...range(2_000), ...range(2_000, 10_000).map((each) => ({ ...each, nat: OTHER }))];
    fleet.tell({ "i-a": [FLOATING, OTHER] });
    carry(a, all);
    await fleet.run(20_000);
    expect(keys(c)).toHaveLength(4_000);
    // In the middle of its next sweep, which was begun with both.
    a.table.onDump = () => {
      a.table.onDump = undefined;
      fleet.tell({ "i-a": [OTHER], "i-b": [FLOATING] });
    };
    await fleet.run(15_000);
    expect(a.table.onDump).toBeUndefined();
    for (const each of range(2_000)) a.table.end(each);
    await fleet.run(40_000);
    expect(keys(c)).toHaveLength(4_000);
    expect(keys(b)).toHaveLength(4_000);
  });

  test("who does not know yet what it carries answers nobody: nothing would be taken for an answer", async () => {
    const { fleet, a, b } = three();
    carry(a, range(20));
    fleet.tell({ "i-a": null });
    await fleet.run(1_000);
    expect(b.replicator.health().state).toBe("syncing");
    fleet.tell({ "i-a": [FLOATING] });
    await fleet.run(5_000);
    expect(b.replicator.health().state).toBe("synced");
    expect(keys(b)).toEqual(keys(a));
  });

  test("who had to ask again while it waited for its turn gets an answer to its last question", async () => {
    const { fleet, a } = three();
    carry(a, range(20));
    await fleet.run(14_000);
    a.table.dumpMs = 20_000;
    // The next sweep is under way, and then it rests as long.
    await fleet.run(30_000);
    const d = fleet.add("d");
    fleet.tell({ "i-a": [FLOATING] });
    await fleet.run(120_000);
    expect(d.replicator.health().state).toBe("synced");
  });

  test("a setting that cannot be read fails one sweep, not all that follow", async () => {
    const { fleet, a, b } = three();
    carry(a, range(20));
    a.failing = new Error("ENFILE: file table overflow");
    await fleet.run(16_500);
    a.failing = undefined;
    await fleet.run(120_000);
    expect(fleet.faults).toContain("sweep: Error: ENFILE: file table overflow");
    expect(keys(b)).toEqual(keys(a));
  });

  test("only whom a missing NAT spoke for is orphaned: others' short flows end by themselves", async () => {
    const { fleet, a, b, c } = three();
    await fleet.run(1_000);
    fleet.announce(a, range(20));
    await fleet.run(5_000);
    fleet.kill(c);
    fleet.tell({ "i-a": [FLOATING] }, [c.instanceId], [a, b, c]);
    await fleet.run(70_000);
    expect(keys(b)).toEqual([]);
  });

  test("however dear sweeps are, what is announced in between is promised before its copy ends", async () => {
    const { fleet, a, b } = three();
    await fleet.run(1_000);
    a.table.dumpMs = 4_000;
    for (let turn = 0; turn < 40; turn++) {
      const born = range(1, turn);
      carry(a, born);
      fleet.announce(a, born);
      await fleet.run(5_000);
      expect(keys(b)).toEqual(keys(a));
    }
  });
});
