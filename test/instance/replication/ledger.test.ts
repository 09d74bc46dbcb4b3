import { type Flow, translatedKey } from "../../../instance/agent/replication/flow";
import { Ledger } from "../../../instance/agent/replication/ledger";
import { ECHO, flow, GUEST, LIFETIMES } from "./support/fleet";

const sweep = (ledger: Ledger, flows: readonly Flow[], now: number) => {
  const verdicts = flows.map((each) => ledger.judge(each, now, LIFETIMES));
  const gone: string[] = [];
  const ended = ledger.finish();
  for (let next = ended.next(); next.done !== true; next = ended.next()) gone.push(translatedKey(next.value));
  return { verdicts, gone };
};

describe("the ledger of what peers were promised", () => {
  test.each<[string, Partial<Flow>, string]>([
    ["an established flow", {}, "first"],
    ["a UDP flow with answers", { protocol: 17, tcpState: 0, lifetime: 300 }, "first"],
    ["an echo that was answered", ECHO, "first"],
    ["a flow that one side has closed", { tcpState: 4, lifetime: 100 }, "first"],
    ["a flow that both sides have closed", { tcpState: 7, lifetime: 119 }, "nothing"],
    ["a copy that nobody promoted", { lifetime: 59 }, "nothing"],
    ["a flow whose time is over", { lifetime: 0 }, "nothing"],
  ])("says of %s that is swept for the first time: %#", (_, over, verdict) => {
    expect(new Ledger().judge(flow(1, over), 0, LIFETIMES)).toBe(verdict);
  });

  test("promises once, renews when half is over or the state has changed, and takes back what is gone", () => {
    const ledger = new Ledger();
    expect(sweep(ledger, [flow(1), flow(2)], 0).verdicts).toEqual(["first", "first"]);
    expect(sweep(ledger, [flow(1), flow(2)], 15).verdicts).toEqual(["nothing", "nothing"]);
    expect(sweep(ledger, [flow(1), flow(2)], 1_801).verdicts).toEqual(["refresh", "refresh"]);
    expect(sweep(ledger, [flow(1, { tcpState: 4, lifetime: 120 }), flow(2)], 1_816).verdicts).toEqual(["refresh", "nothing"]);
    expect(sweep(ledger, [flow(2)], 1_831).gone).toEqual([translatedKey(flow(1))]);
    expect(sweep(ledger, [], 1_846).gone).toEqual([translatedKey(flow(2))]);
    expect(ledger.size).toBe(0);
  });

  test("an idle flow, whose time runs out with its promise, is not renewed", () => {
    const ledger = new Ledger();
    sweep(ledger, [flow(1)], 0);
    expect(sweep(ledger, [flow(1, { lifetime: 1_000 })], 2_600).verdicts).toEqual(["nothing"]);
  });

  test("a sweep that was broken off takes nothing back", () => {
    const ledger = new Ledger();
    sweep(ledger, [flow(1), flow(2)], 0);
    ledger.judge(flow(1), 15, LIFETIMES);
    ledger.abandon();
    expect(sweep(ledger, [flow(1), flow(2)], 30)).toEqual({ verdicts: ["nothing", "nothing"], gone: [] });
  });

  test("what is no longer ours to speak for is neither renewed nor taken back", () => {
    const ledger = new Ledger();
    sweep(ledger, [flow(1)], 0);
    ledger.forget(() => false);
    expect(sweep(ledger, [], 15).gone).toEqual([]);
  });

  test("an address is forgotten without a look at its flows, however many they are, also amid a sweep; the others' stay", () => {
    const ledger = new Ledger();
    const ours = Array.from({ length: 3_000 }, (_, n) => flow(n));
    sweep(ledger, [...ours, flow(1, { nat: GUEST })], 0);
    ledger.judge(flow(1), 15, LIFETIMES);
    const asked: number[] = [];
    ledger.forget((nat) => asked.push(nat) > 0 && nat === GUEST);
    expect(new Set(asked).size).toBe(2);
    expect(asked.length).toBeLessThanOrEqual(3);
    expect([ledger.size, ledger.promise(flow(1), 15)]).toEqual([1, null]);
    expect(sweep(ledger, [], 15).gone).toEqual([translatedKey(flow(1, { nat: GUEST }))]);
  });

  test("a flow whose public side is another's by now is not taken back: the copy of that one would go", () => {
    const ledger = new Ledger();
    const { natPort } = flow(2);
    sweep(ledger, [flow(1), flow(2)], 0);
    expect(sweep(ledger, [flow(1), flow(7, { natPort })], 15)).toEqual({ verdicts: ["nothing", "first"], gone: [] });
    expect(sweep(ledger, [flow(1)], 30).gone).toEqual([translatedKey(flow(7, { natPort }))]);
  });

  test.each<[string, Flow]>([
    ["itself", flow(2)],
    ["another of its public side", flow(7, { natPort: flow(2).natPort })],
  ])("nor is one when %s is announced while the sweep takes others back", (_, announced) => {
    const ledger = new Ledger();
    sweep(ledger, [flow(1), flow(2), flow(3)], 0);
    ledger.judge(flow(3), 15, LIFETIMES);
    const gone = ledger.finish();
    expect(gone.next().value).toMatchObject({ clientPort: flow(1).clientPort, natPort: flow(1).natPort });
    ledger.retract(announced);
    expect(gone.next().done).toBe(true);
  });

  test("of the same socket with another translation, the older one is taken back by its public side", () => {
    const ledger = new Ledger();
    sweep(ledger, [flow(1)], 0);
    const after = sweep(ledger, [flow(1, { natPort: 9_000 })], 15);
    expect(after).toEqual({ verdicts: ["first"], gone: [translatedKey(flow(1))] });
  });
});
