import { PORTS } from "../../../contract/ports";
import { flowKey, type Flow } from "../../../instance/agent/replication/flow";
import { FLOATING, flow, FleetOfTables, GUEST, type Nat } from "./support/fleet";

const keys = (nat: Nat) => nat.table.entries().map(flowKey).toSorted();
const state = ({ replicator }: Nat) => replicator.health().state;
const bear = (nat: Nat, flows: readonly Flow[]) => flows.forEach((each) => nat.table.touch(each));

async function pair() {
  const fleet = new FleetOfTables();
  const [a, b] = [fleet.add("a"), fleet.add("b")];
  fleet.tell({ "i-a": [FLOATING] });
  await fleet.run(1_000);
  const mute = () => (fleet.weather = (_packet, from) => (from === a.address ? [] : [1]));
  const restore = () => (fleet.weather = () => [1]);
  return { fleet, a, b, mute, restore };
}

describe(`a peer of which nothing comes over UDP ${PORTS.replication}, while its heartbeats do`, () => {
  test("is not held in full after ten beats, for no gap shows what is born there; its own side lacks nothing", async () => {
    const { fleet, a, b, mute } = await pair();
    mute();
    await fleet.run(4_500);
    expect([state(a), state(b)]).toEqual(["synced", "synced"]);
    await fleet.run(3_000);
    expect(b.replicator.health()).toMatchObject({
      state: "degraded",
      reasons: ["nothing of i-a for 7 s; a full sweep is asked for when it speaks again"],
      lost: 0,
      peers: [{ instanceId: "i-a", synced: false }],
    });
    expect(state(a)).toBe("synced");
  });

  test("is not asked to walk through its table until it speaks; then it is at once, and all it has is here", async () => {
    const { fleet, a, b, mute, restore } = await pair();
    mute();
    await fleet.run(6_000);
    const walks = a.table.dumps;
    bear(a, [flow(1), flow(2)]);
    await fleet.run(8_000);
    expect(a.table.dumps).toBe(walks);
    restore();
    await fleet.run(700);
    expect(state(b)).toBe("synced");
    expect(keys(b)).toEqual(keys(a));
  });

  test("is held as before when our own thread stood still: what it said waits to be read", async () => {
    const { fleet, b } = await pair();
    fleet.nowMs += 10_000;
    await fleet.run(100);
    expect(state(b)).toBe("synced");
    for (let stall = 0; stall < 20; stall++) {
      fleet.nowMs += 3_000;
      await fleet.run(100);
      expect(b.replicator.health()).toMatchObject({ state: "synced", reasons: [] });
    }
  });
});

describe("a peer of another version", () => {
  const ofVersion2 = (packet: Buffer) => Buffer.concat([packet.subarray(0, 4), Buffer.from([2]), packet.subarray(5)]);

  test("keeps a newcomer syncing, and says why; it copies its own flows and others' all the same, until the peer is of its version", async () => {
    const fleet = new FleetOfTables();
    const [a, b, c] = [fleet.add("a"), fleet.add("b"), fleet.add("c")];
    fleet.rewrite = (packet, from) => (from === a.address ? ofVersion2(packet) : packet);
    fleet.tell({ "i-a": [FLOATING], "i-b": [GUEST] });
    bear(a, [flow(1)]);
    await fleet.run(8_000);
    fleet.announce(b, [flow(2)]);
    await fleet.run(100);
    expect(b.replicator.health()).toMatchObject({
      state: "syncing",
      reasons: ["packets of i-a cannot be read: version 2; this payload reads 1"],
      peers: [{ synced: false }, { instanceId: "i-c", synced: true }],
    });
    expect(keys(c)).toEqual([flowKey(flow(2))]);
    fleet.rewrite = (packet) => packet;
    await fleet.run(31_000);
    expect([b, c].map(({ replicator }) => replicator.health().state)).toEqual(["synced", "synced"]);
    expect(keys(b)).toContain(flowKey(flow(1)));
    expect(fleet.faults).toEqual([]);
  });

  test("degrades one that held its flows, when it comes back as such", async () => {
    const { fleet, a, b } = await pair();
    fleet.rewrite = (packet, from) => (from === a.address ? ofVersion2(packet) : packet);
    await fleet.run(6_000);
    expect(b.replicator.health()).toMatchObject({ state: "degraded", reasons: [expect.stringContaining("version 2")] });
  });
});

test("flows that the kernel announced beyond its buffer come with a sweep at once, and the overrun is counted", async () => {
  const { fleet, a, b } = await pair();
  await fleet.run(1_000);
  bear(a, [flow(1), flow(2)]);
  await fleet.run(1_000);
  expect(keys(b)).toEqual([]);
  a.replicator.overrun();
  await fleet.run(300);
  expect(keys(b)).toEqual(keys(a));
  expect([a, b].map(({ replicator }) => replicator.health().overruns)).toEqual([1, 0]);
});
