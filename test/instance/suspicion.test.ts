import fc from "fast-check";
import type { PeerView } from "../../instance/agent/peer-table";
import {
  CALM_MS,
  decideSuspicions,
  EAGER_MS,
  type ProbeState,
  REPEAT_MS,
  type SuspicionInput,
} from "../../instance/agent/suspicion";

const heard = (instanceId: string, misses: readonly string[] = [], ok = true): PeerView => ({
  instanceId,
  hearing: "heard",
  silentForMs: 10,
  says: { ok, misses },
});
const missing = (instanceId: string): PeerView => ({ instanceId, hearing: "missing", silentForMs: 400, says: null });
const me = (probe: ProbeState, instanceId = "i-1", healthy = probe === "ok") => ({ instanceId, probe, healthy });
const input = (self: SuspicionInput["self"], ...peers: PeerView[]): SuspicionInput => ({
  now: 1_000,
  self,
  peers,
  observerBackoffMs: 300,
  memory: new Map(),
});

/** Sent at once, sent after the backoff, or never. */
function when(given: SuspicionInput): string {
  const first = decideSuspicions(given);
  if (first.send.length > 0) return `at once: ${first.send.map(({ suspect }) => suspect).join()}`;
  const early = decideSuspicions({ ...given, now: given.now + 299, memory: first.memory });
  if (early.send.length > 0) return "too early";
  const late = decideSuspicions({ ...given, now: given.now + 300, memory: early.memory });
  return late.send.length > 0 ? `after the backoff: ${late.send.map(({ suspect }) => suspect).join()}` : "nothing";
}

describe("whom to suspect", () => {
  // The rows of the matrix in suspicion.ts, in its order.
  test.each<[string, SuspicionInput, string]>([
    ["me, self-probe failed", input(me("failed"), heard("i-2")), "at once: i-1"],
    ["me, self-probe ok", input(me("ok"), heard("i-2")), "nothing"],
    ["me, self-probe unknown", input(me("unknown"), heard("i-2")), "nothing"],
    ["a peer that I hear, whatever others say", input(me("ok"), heard("i-2"), heard("i-3", ["i-2"])), "nothing"],
    ["a peer that I only miss", input(me("ok"), missing("i-2"), heard("i-3")), "nothing"],
    ["a peer that two of us miss, I am the lowest", input(me("ok"), missing("i-2"), heard("i-3", ["i-2"])), "at once: i-2"],
    ["… and a lower one is healthy", input(me("ok", "i-5"), missing("i-2"), heard("i-3", ["i-2"])), "after the backoff: i-2"],
    ["… and the lower one is not healthy", input(me("ok", "i-5"), missing("i-2"), heard("i-3", ["i-2"], false)), "at once: i-2"],
    ["… and I am not healthy", input(me("ok", "i-1", false), missing("i-2"), heard("i-3", ["i-2"])), "after the backoff: i-2"],
    ["… and my probe is unknown", input(me("unknown"), missing("i-2"), heard("i-3", ["i-2"])), "after the backoff: i-2"],
    ["a peer, nobody else is left, my probe is ok", input(me("ok"), missing("i-2")), "at once: i-2"],
    ["two peers, nobody else is left, my probe is ok", input(me("ok"), missing("i-2"), missing("i-3")), "at once: i-2,i-3"],
    ["a peer, nobody else is left, my probe is unknown", input(me("unknown"), missing("i-2")), "nothing"],
    ["a peer, nobody else is left, my probe failed", input(me("failed"), missing("i-2")), "at once: i-1"],
    ["an awaited peer", input(me("ok"), { ...missing("i-2"), hearing: "awaited" }), "nothing"],
  ])("%s", (_, given, expected) => {
    expect(when(given)).toBe(expected);
  });

  test("a suspicion names everybody who misses the suspect, in order", () => {
    const { send } = decideSuspicions(
      input(me("ok"), missing("i-2"), heard("i-4", ["i-2"]), heard("i-3", ["i-2"]), heard("i-5")),
    );

    expect(send).toEqual([{ suspect: "i-2", reason: "missed-heartbeats", observers: ["i-1", "i-3", "i-4"] }]);
  });

  test("it is repeated every second at first, then calmly, and anew when the fault comes back", () => {
    const sentAt: number[] = [];
    let memory: SuspicionInput["memory"] = new Map();
    for (let now = 0; now <= 30_000; now += 100) {
      const decision = decideSuspicions({ ...input(me("failed")), now, memory });
      if (decision.send.length > 0) sentAt.push(now);
      memory = decision.memory;
    }

    expect(sentAt.slice(0, 4)).toEqual([0, REPEAT_MS, 2 * REPEAT_MS, 3 * REPEAT_MS]);
    expect(
      sentAt.filter((at) => at >= EAGER_MS).every((at, index, all) => index === 0 || at - (all[index - 1] ?? 0) >= CALM_MS),
    ).toBe(true);
    const healed = decideSuspicions({ ...input(me("ok")), now: 30_100, memory });
    expect(healed.memory.size).toBe(0);
    expect(decideSuspicions({ ...input(me("failed")), now: 30_200, memory: healed.memory }).send).toHaveLength(1);
  });
});

describe("over any fleet", () => {
  const ids = ["i-1", "i-2", "i-3", "i-4", "i-5"];
  const fleet = fc.record({
    self: fc.record({ probe: fc.constantFrom<ProbeState>("ok", "failed", "unknown"), healthy: fc.boolean() }),
    peers: fc.uniqueArray(
      fc.record({
        instanceId: fc.constantFrom(...ids.slice(1)),
        hearing: fc.constantFrom("heard" as const, "missing" as const, "awaited" as const),
        silentForMs: fc.constant(null),
        says: fc.option(fc.record({ ok: fc.boolean(), misses: fc.subarray(ids) })),
      }),
      { selector: ({ instanceId }) => instanceId },
    ),
    now: fc.nat(100_000),
  });

  test("never a peer that is heard, never itself without a failed self-probe", () => {
    fc.assert(
      fc.property(fleet, ({ self, peers, now }) => {
        const { memory } = decideSuspicions({ ...input({ ...self, instanceId: "i-1" }, ...peers), now });

        for (const suspect of memory.keys())
          if (suspect === "i-1") expect(self.probe).toBe("failed");
          else expect(peers.find(({ instanceId }) => instanceId === suspect)?.hearing).toBe("missing");
      }),
    );
  });

  test("of those who miss the same NAT, exactly one healthy one speaks at once", () => {
    fc.assert(
      fc.property(
        fc.subarray(ids.slice(1), { minLength: 2 }),
        fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }),
        (observers, health) => {
          const healthy = (id: string) => health[ids.indexOf(id)] === true;
          const speakers = observers.filter((id) => {
            const others = observers.filter((other) => other !== id).map((other) => heard(other, ["i-1"], healthy(other)));
            const self = { instanceId: id, probe: healthy(id) ? ("ok" as const) : ("failed" as const), healthy: healthy(id) };
            return decideSuspicions(input(self, missing("i-1"), ...others)).send.some(({ suspect }) => suspect === "i-1");
          });

          expect(speakers).toEqual(observers.filter(healthy).slice(0, 1));
        },
      ),
    );
  });

  test("deciding twice at the same time says nothing new", () => {
    fc.assert(
      fc.property(fleet, ({ self, peers, now }) => {
        const given = { ...input({ ...self, instanceId: "i-1" }, ...peers), now };
        const { memory } = decideSuspicions(given);

        const again = decideSuspicions({ ...given, memory });

        expect(again).toEqual({ send: [], memory });
      }),
    );
  });
});
