import fc from "fast-check";
import { Pace } from "../../../instance/agent/replication/pace";
import { PeerSync } from "../../../instance/agent/replication/peer-sync";
import { SequenceWindow } from "../../../instance/agent/replication/sequence-window";
import { flow } from "./support/flows";

describe("a stream's sequences", () => {
  test("count once each, in whatever order they come", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 200 }), { maxLength: 300 }), (sequences) => {
        const window = new SequenceWindow();
        const taken = sequences.filter((sequence) => window.accept(sequence, 0) !== "repeated");
        expect(new Set(taken).size).toBe(taken.length);
        const first = sequences[0] ?? 0;
        expect(new Set(taken)).toEqual(new Set(sequences.filter((sequence) => sequence >= first)));
      }),
    );
  });

  test("that are missing are known, may come late, and are lost when they are given up", () => {
    const window = new SequenceWindow();
    for (const sequence of [10, 11, 14]) window.accept(sequence, 100);
    const asking = { lateMs: 60, againMs: 500, limit: 10 };
    expect(window.missing(159, asking)).toEqual([]);
    expect(window.missing(160, { ...asking, limit: 1 })).toEqual([12]);
    expect(window.missing(160, asking)).toEqual([13]);
    expect(window.missing(659, asking)).toEqual([]);
    expect(window.missing(660, asking)).toEqual([12, 13]);
    expect(window.accept(13, 150)).toBe("late");
    expect(window.giveUp(100)).toBe(1);
    expect([window.lost, window.complete, window.accept(12, 200)]).toEqual([1, true, "repeated"]);
  });

  test("that are missing beyond the window are lost at once, and told of once, though all the others come late", () => {
    const window = new SequenceWindow();
    window.accept(1, 0);
    window.accept(5_000, 0);
    expect(window.lost).toBe(5_000 - 2 - 1_024);
    const missing = window.missing(0, { lateMs: 0, againMs: 0, limit: 10_000 });
    expect(missing).toHaveLength(1_024);
    for (const sequence of missing) window.accept(sequence, 0);
    expect([window.giveUp(-1), window.giveUp(-1), window.lost]).toEqual([5_000 - 2 - 1_024, 0, 5_000 - 2 - 1_024]);
  });
});

describe("what is held of a peer", () => {
  const header = { instanceId: "i-a", bootId: "aa", bootMs: 1_000, stream: "zone", sequence: 5 } as const;

  test("a packet of an older boot, or of another boot of the same time, is a repetition", () => {
    const sync = new PeerSync();
    expect(sync.judge(header, 0)).toBe("next");
    expect(sync.judge({ ...header, bootId: "bb", bootMs: 999, sequence: 6 }, 0)).toBe("repeated");
    expect(sync.judge({ ...header, bootId: "bb", sequence: 6 }, 0)).toBe("repeated");
    expect(sync.judge(header, 0)).toBe("repeated");
  });

  test("a new boot of the peer starts everything anew", () => {
    const sync = new PeerSync();
    sync.judge(header, 0);
    const token = sync.ask(0, () => 1) ?? 0;
    sync.ended(token, { flows: 0, owned: [] }, 0);
    expect(sync.synced).toBe(true);
    expect(sync.judge({ ...header, bootId: "bb", bootMs: 2_000, sequence: 1 }, 0)).toBe("next");
    expect([sync.synced, sync.wasSynced]).toEqual([false, false]);
  });

  test("it is synced when every record of the full sweep is here, in whatever order the end comes; and asks again when it stalls", () => {
    const sync = new PeerSync();
    let token = 0;
    const fresh = () => (token += 1);
    expect(sync.ask(0, fresh)).toBe(1);
    expect(sync.ask(1_999, fresh)).toBeUndefined();
    sync.received(1, 30, 1_000);
    expect(sync.ask(2_999, fresh)).toBeUndefined();
    expect(sync.ask(3_000, fresh)).toBe(2);
    sync.received(1, 100, 3_001);
    sync.received(2, 30, 3_001);
    expect(sync.ended(2, { flows: 50, owned: [] }, 3_002)).toBeUndefined();
    expect(sync.synced).toBe(false);
    expect(sync.received(2, 20, 3_003)).toMatchObject({ owned: [] });
    expect([sync.synced, sync.flows]).toEqual([true, 50]);
  });

  test("a record of the full sweep that was overtaken by the flow's end is not used; a flow that begins anew is", () => {
    const sync = new PeerSync();
    sync.ask(0, () => 1);
    expect(sync.admit(flow(1, { lifetime: 0 }), 0)).toBe(true);
    expect(sync.admit(flow(1), 1)).toBe(false);
    expect(sync.admit(flow(1, { lifetime: 60 }), 0)).toBe(true);
    expect(sync.admit(flow(1), 1)).toBe(true);
  });

  test("one that takes 25 s for its full sweep, and answers one question at a time, is in the end listened to", () => {
    const sync = new PeerSync();
    let token = 0;
    let answer = { token: 0, at: 0 };
    for (let now = 0; now < 100_000 && !sync.synced; now += 100) {
      const asked = sync.ask(now, () => (token += 1));
      if (asked !== undefined && answer.at <= now) answer = { token: asked, at: now + 25_000 };
      if (answer.at === now) sync.ended(answer.token, { flows: 0, owned: [] }, now);
    }
    expect(sync.synced).toBe(true);
  });

  test("it asks ever more rarely for what does not come, and not soon again for what came and was lost", () => {
    const sync = new PeerSync();
    let token = 0;
    const asks: number[] = [];
    for (let now = 0; now <= 65_000; now += 100) if (sync.ask(now, () => (token += 1)) !== undefined) asks.push(now);
    expect(asks).toEqual([0, 2_000, 6_000, 14_000, 30_000, 60_000]);
    sync.ended(token, { flows: 0, owned: [] }, 65_000);
    sync.doubt();
    expect(sync.ask(74_999, () => 99)).toBeUndefined();
    expect(sync.ask(75_000, () => 99)).toBe(99);
  });
});

describe("a peer that falls silent and speaks again", () => {
  const header = { instanceId: "i-a", bootId: "aa", bootMs: 1_000, stream: "zone" } as const;

  test("is asked at once, but for the rest after the last full sweep: one that is too busy to speak is not made busier", () => {
    for (const [sweptAt, due] of [
      [0, 40_000],
      [33_000, 43_000],
    ] as const) {
      const sync = new PeerSync();
      sync.judge({ ...header, sequence: 1 }, 0);
      sync.ended(sync.ask(sweptAt, () => 1) ?? 0, { flows: 0, owned: [] }, sweptAt);
      for (let now = 34_000; now < 40_000; now += 100) sync.tick(now);
      expect([sync.synced, sync.silentForMs, sync.ask(39_999, () => 2)]).toEqual([false, 5_900, undefined]);
      sync.judge({ ...header, sequence: 2 }, 40_000);
      expect([sync.silentForMs, sync.ask(due - 1, () => 2), sync.ask(due, () => 2)]).toEqual([
        null,
        ...(due > 40_000 ? [undefined, 2] : [2, undefined]),
      ]);
    }
  });

  test("has not spoken when somebody repeats what it said before", () => {
    const sync = new PeerSync();
    sync.judge({ ...header, sequence: 1 }, 0);
    for (let now = 0; now <= 5_000; now += 100) {
      sync.tick(now);
      sync.judge({ ...header, sequence: 1 }, now);
    }
    expect(sync.silentForMs).toBe(5_000);
  });
});

describe("the pace of a sweep", () => {
  test("halves with every complaint, those of one moment counting once, and doubles with every second without one", () => {
    const pace = new Pace();
    const [usual] = [pace.pauseMs(0)];
    for (const at of [1_000, 1_050, 1_300]) pace.complained(at);
    expect(pace.pauseMs(1_300)).toBe(4 * usual);
    expect(pace.pauseMs(2_299)).toBe(4 * usual);
    expect(pace.pauseMs(2_300)).toBe(2 * usual);
    expect(pace.pauseMs(3_300)).toBe(usual);
    for (let at = 4_000; at < 9_000; at += 200) pace.complained(at);
    expect(pace.pauseMs(9_000)).toBe(32 * usual);
  });
});
