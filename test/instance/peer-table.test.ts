import type { HeartbeatBody } from "../../contract/heartbeat";
import { PeerTable } from "../../instance/agent/peer-table";

const settings = { intervalMs: 100, missThreshold: 3, newcomerGraceMs: 10_000 };
const peer = (instanceId: string, address = "10.0.0.1") => ({ instanceId, address, name: "n", zone: "z", eniId: "eni-1" });
const says = (id: string, seq = 1): HeartbeatBody => ({
  v: 1,
  env: "test",
  id,
  boot: "b",
  seq,
  bootMs: 1,
  probe: { ok: true, fails: 0 },
  misses: ["i-0z"],
  ok: true,
});
const hearing = (table: PeerTable, now: number) => table.views(now).map((view) => view.hearing);

describe("the peer table", () => {
  test("misses a peer after three intervals and a half of silence", () => {
    const table = new PeerTable(settings);
    table.list([peer("i-0a")], 0);
    table.heard(says("i-0a"), 1_000);

    expect(hearing(table, 1_349)).toEqual(["heard"]);
    expect(hearing(table, 1_350)).toEqual(["missing"]);
    expect(table.views(1_350)).toMatchObject([{ silentForMs: 350, says: { ok: true, misses: ["i-0z"] } }]);
  });

  test("awaits a newcomer for its grace, then misses it", () => {
    const table = new PeerTable(settings);
    table.list([peer("i-0a")], 0);

    expect(hearing(table, 9_999)).toEqual(["awaited"]);
    expect(hearing(table, 10_000)).toEqual(["missing"]);
  });

  test("forgives silence that this NAT could not have heard", () => {
    const table = new PeerTable(settings);
    table.list([peer("i-0a"), peer("i-0b")], 0);
    table.heard(says("i-0a"), 1_000);

    table.forgive(5_000, 6_050);

    expect(hearing(table, 6_100)).toEqual(["heard", "awaited"]);
    expect(hearing(table, 15_100)).toEqual(["missing", "missing"]);
  });

  test("misses in time who died while this NAT stood still: its last packets waited, and were heard before that was forgiven", () => {
    const table = new PeerTable(settings);
    table.list([peer("i-0a"), peer("i-0b")], 0);
    table.heard(says("i-0a"), 5_000);

    table.forgive(4_000, 5_000);

    expect(table.views(5_000)).toMatchObject([{ hearing: "heard", silentForMs: 0 }, { hearing: "awaited" }]);
    expect(hearing(table, 5_349)).toEqual(["heard", "awaited"]);
    expect(hearing(table, 5_400)).toEqual(["missing", "awaited"]);
  });

  test("a newcomer that was listed after this NAT stood still has its grace, and no more", () => {
    const table = new PeerTable(settings);
    table.list([peer("i-0a")], 5_000);

    table.forgive(4_000, 5_000);

    expect(hearing(table, 14_999)).toEqual(["awaited"]);
    expect(hearing(table, 15_000)).toEqual(["missing"]);
  });

  test("keeps what it knows when the list is read again, and forgets who left it", () => {
    const table = new PeerTable(settings);
    table.list([peer("i-0a"), peer("i-0b")], 0);
    table.heard(says("i-0a", 5), 100);

    table.list([peer("i-0a")], 200);

    expect(table.views(200)).toMatchObject([{ instanceId: "i-0a", hearing: "heard" }]);
    expect(table.lastOf("i-0a")).toMatchObject({ seq: 5 });
    expect(table.lastOf("i-0b")).toBeUndefined();
  });

  test("starts anew with a peer whose address changed", () => {
    const table = new PeerTable(settings);
    table.list([peer("i-0a")], 0);
    table.heard(says("i-0a"), 100);

    table.list([peer("i-0a", "10.0.0.2")], 200);

    expect(hearing(table, 200)).toEqual(["awaited"]);
  });

  test("takes no word of a stranger", () => {
    const table = new PeerTable(settings);
    table.list([peer("i-0a")], 0);

    table.heard(says("i-0x"), 100);

    expect(table.views(100)).toHaveLength(1);
  });
});
