import fc from "fast-check";
import { MAX_HEARTBEAT_BYTES, type HeartbeatBody } from "../../contract/heartbeat";
import { open, type OpenContext, seal } from "../../instance/agent/heartbeat-codec";

const current = Buffer.alloc(32, 1);
const previous = Buffer.alloc(32, 2);
const body: HeartbeatBody = {
  v: 1,
  env: "test",
  id: "i-0a",
  boot: "boot-1",
  seq: 7,
  bootMs: 1_000,
  probe: { ok: true, fails: 0 },
  misses: ["i-0c"],
  ok: true,
};
const context: OpenContext = {
  env: "test",
  addresses: new Map([
    ["i-0a", "10.0.0.1"],
    ["i-0c", "10.0.0.3"],
  ]),
  keys: [current, previous],
  lastOf: () => undefined,
};
const after = (boot: string, bootMs: number, seq: number): OpenContext => ({ ...context, lastOf: () => ({ boot, bootMs, seq }) });

describe("a heartbeat", () => {
  test("is read back as it was sealed, under either key of a rotation", () => {
    expect(open(seal(body, current), "10.0.0.1", context)).toEqual({ outcome: "ok", body });
    expect(open(seal(body, previous), "10.0.0.1", context)).toEqual({ outcome: "ok", body });
  });

  test.each<[string, string, Buffer, string, OpenContext]>([
    ["sealed by a key that is not ours", "forged", seal(body, Buffer.alloc(32, 3)), "10.0.0.1", context],
    ["with one bit flipped", "forged", flip(seal(body, current), 60), "10.0.0.1", context],
    ["with a flipped MAC", "forged", flip(seal(body, current), 0), "10.0.0.1", context],
    ["without a key to judge by", "forged", seal(body, current), "10.0.0.1", { ...context, keys: [] }],
    ["of another environment", "foreign", seal({ ...body, env: "prod" }, current), "10.0.0.1", context],
    ["of a peer that is not listed", "foreign", seal({ ...body, id: "i-0f" }, current), "10.0.0.1", context],
    ["from an address of nobody", "foreign", seal(body, current), "10.0.0.9", context],
    ["from the address of another peer", "foreign", seal(body, current), "10.0.0.3", context],
    ["of the same sequence", "replayed", seal(body, current), "10.0.0.1", after("boot-1", 1_000, 7)],
    ["of an older sequence", "replayed", seal(body, current), "10.0.0.1", after("boot-1", 1_000, 8)],
    ["of an older boot", "replayed", seal(body, current), "10.0.0.1", after("boot-2", 1_001, 1)],
    ["of another boot at the same time", "replayed", seal(body, current), "10.0.0.1", after("boot-2", 1_000, 1)],
    ["cut to its MAC", "malformed", seal(body, current).subarray(0, 32), "10.0.0.1", context],
    ["of no bytes", "malformed", Buffer.alloc(0), "10.0.0.1", context],
    ["longer than a packet", "malformed", Buffer.alloc(MAX_HEARTBEAT_BYTES + 1), "10.0.0.1", context],
    ["sealed but without a sequence", "malformed", seal({ ...body, seq: 0 }, current), "10.0.0.1", context],
    ["sealed but of another version", "malformed", seal({ ...body, v: 2 } as never, current), "10.0.0.1", context],
    ["sealed but not an object", "malformed", seal("x" as never, current), "10.0.0.1", context],
  ])("%s is %s", (_, outcome, packet, source, given) => {
    expect(open(packet, source, given).outcome).toBe(outcome);
  });

  test("of a newer boot is heard although its sequence starts again", () => {
    expect(open(seal({ ...body, seq: 1 }, current), "10.0.0.1", after("boot-0", 999, 500)).outcome).toBe("ok");
  });

  test("that is cut anywhere is never heard", () => {
    const packet = seal(body, current);

    for (let length = 0; length < packet.length; length += 1)
      expect(open(packet.subarray(0, length), "10.0.0.1", context).outcome).not.toBe("ok");
  });

  test("too long for a packet is refused by its sender, with the limit", () => {
    const misses = Array.from({ length: 60 }, (_, index) => `i-${String(index).padStart(17, "0")}`);

    expect(() => seal({ ...body, misses }, current)).toThrow(/at most 1200/);
    expect(() => seal({ ...body, misses: misses.slice(0, 32) }, current)).not.toThrow();
  });

  test("no bytes make the reader throw, and none but ours are heard", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 1300 }), fc.boolean(), (bytes, sealed) => {
        const packet = sealed ? Buffer.concat([seal("x" as never, current).subarray(0, 32), bytes]) : Buffer.from(bytes);

        expect(open(packet, "10.0.0.1", context).outcome).not.toBe("ok");
      }),
    );
  });

  test("no document under our own key makes the reader throw", () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 3 }), (json) => {
        const packet = seal(JSON.parse(json) as never, current);

        expect(["malformed", "foreign"]).toContain(open(packet, "10.0.0.1", context).outcome);
      }),
    );
  });
});

function flip(packet: Buffer, at: number): Buffer {
  const copy = Buffer.from(packet);
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}
