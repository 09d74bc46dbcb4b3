import fc from "fast-check";
import { decodeBody, encodeBody, recordsPerBody } from "../../../instance/agent/replication/body";
import {
  bodyRoom,
  MAX_PACKET_BYTES,
  type OpenContext,
  Opener,
  Sealer,
  type Sender,
} from "../../../instance/agent/replication/packet";
import { RECORD_BYTES } from "../../../instance/agent/replication/record";

const sender: Sender = { instanceId: "i-0a", bootId: "11111111-2222-4333-8444-555555555555", bootMs: 1_000 };
const key = Buffer.alloc(32, 1);
const previous = Buffer.alloc(32, 2);
const text = Buffer.from("what is said");
const context: OpenContext = {
  env: "test",
  instanceId: "i-0b",
  zone: "use1-az1",
  addresses: new Map([
    ["i-0a", "10.0.0.1"],
    ["i-0c", "10.0.0.3"],
  ]),
  keys: [key, previous],
  nowMs: 50_000,
};
const toZone = { to: "zone", name: "use1-az1" } as const;
const toUs = { to: "nat", name: "i-0b" } as const;
const seal = (over: { key?: Buffer; stream?: Parameters<Sealer["seal"]>[1]; env?: string; at?: number; from?: Sender } = {}) =>
  new Sealer(over.env ?? "test", over.from ?? sender).seal(over.key ?? key, over.stream ?? toZone, 7, over.at ?? 50_000, text);
const flip = (packet: Buffer, at: number) => {
  const copy = Buffer.from(packet);
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
};

describe("a replication packet", () => {
  test.each([
    ["to the zone", seal()],
    ["to one NAT", seal({ stream: toUs })],
    ["under the previous key", seal({ key: previous })],
  ])("%s is read back as it was sealed", (_, packet) => {
    const opened = new Opener().open(packet, "10.0.0.1", context);
    expect(opened).toMatchObject({ outcome: "ok", body: text, header: { instanceId: "i-0a", bootMs: 1_000, sequence: 7 } });
  });

  test.each<[string, string, Buffer, string]>([
    ["under a key that is not ours", "forged", seal({ key: Buffer.alloc(32, 3) }), "10.0.0.1"],
    ["of another environment", "forged", seal({ env: "prod" }), "10.0.0.1"],
    ["to another zone", "forged", seal({ stream: { to: "zone", name: "use1-az2" } }), "10.0.0.1"],
    ["to another NAT", "forged", seal({ stream: { to: "nat", name: "i-0c" } }), "10.0.0.1"],
    ["of a sender that is not listed", "foreign", seal({ from: { ...sender, instanceId: "i-0f" } }), "10.0.0.1"],
    ["from an address that is not listed", "foreign", seal(), "10.0.0.9"],
    ["from another listed peer's address", "foreign", seal(), "10.0.0.3"],
    ["in another peer's name, under the fleet's key", "forged", rename(seal(), "i-0c"), "10.0.0.3"],
    ["older than half a minute", "replayed", seal({ at: 50_000 - 30_001 }), "10.0.0.1"],
    ["from the future", "replayed", seal({ at: 50_000 + 30_001 }), "10.0.0.1"],
    ["of another version", "otherVersion", Buffer.from(seal()).fill(2, 4, 5), "10.0.0.1"],
    ["that is empty", "malformed", Buffer.alloc(0), "10.0.0.1"],
    ["that is too long", "malformed", Buffer.concat([seal(), Buffer.alloc(MAX_PACKET_BYTES)]), "10.0.0.1"],
    ["that begins otherwise", "malformed", flip(seal(), 0), "10.0.0.1"],
  ])("%s is dropped as %s", (_, outcome, packet, source) => {
    expect(new Opener().open(packet, source, context)).toMatchObject({ outcome });
  });

  test("with any one bit changed says nothing", () => {
    const packet = seal();
    for (let bit = 0; bit < packet.length * 8; bit++) {
      const changed = Buffer.from(packet);
      changed[bit >>> 3] = (changed[bit >>> 3] ?? 0) ^ (1 << (bit & 7));
      expect(new Opener().open(changed, "10.0.0.1", context).outcome).not.toBe("ok");
    }
  });

  test("made of any bytes never opens and never throws, whatever it looks like at its beginning", () => {
    const start = seal();
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 1500 }),
      fc
        .tuple(fc.nat(start.length), fc.uint8Array({ maxLength: 200 }))
        .map(([keep, tail]) => Buffer.concat([start.subarray(0, keep), tail])),
    );
    const opener = new Opener();
    fc.assert(
      fc.property(bytes, (data) => {
        const packet = Buffer.from(data);
        if (packet.equals(start)) return;
        expect(opener.open(packet, "10.0.0.1", context).outcome).not.toBe("ok");
      }),
      { numRuns: 2_000 },
    );
  });

  test("never uses a nonce twice under a key: another boot, stream or sequence is another ciphertext", () => {
    const sealer = new Sealer("test", sender);
    const tail = (packet: Buffer) => packet.subarray(-text.length - 16).toString("hex");
    const packets = [
      sealer.seal(key, toZone, 1, 50_000, text),
      sealer.seal(key, toZone, 2, 50_000, text),
      sealer.seal(key, toUs, 1, 50_000, text),
      new Sealer("test", { ...sender, bootId: "11111111-2222-4333-8444-555555555556" }).seal(key, toZone, 1, 50_000, text),
    ];
    expect(new Set(packets.map(tail)).size).toBe(packets.length);
  });

  test("holds as many records as fit one Ethernet frame of the internet", () => {
    const room = bodyRoom({ ...sender, instanceId: "i-0123456789abcdef0" });
    const records = Buffer.alloc(recordsPerBody(room) * RECORD_BYTES);
    const packet = new Sealer("test", sender).seal(key, toZone, 1, 0, encodeBody({ kind: "flows", sweep: 0, records }));
    expect(packet.length).toBeLessThanOrEqual(MAX_PACKET_BYTES);
    expect(recordsPerBody(room)).toBe(50);
  });
});

describe("a body", () => {
  test.each([
    { kind: "flows", sweep: 9, records: Buffer.alloc(2 * RECORD_BYTES, 5) },
    { kind: "ask", sweep: 4_294_967_295 },
    { kind: "end", sweep: 3, flows: 200_000, owned: [1, 4_294_967_295] },
    { kind: "missing", stream: "zone", sequences: [1, 2 ** 40] },
    { kind: "missing", stream: "nat", sequences: [5] },
  ] as const)("of kind $kind is read back as it was written", (body) => {
    expect(decodeBody(encodeBody(body))).toEqual(body);
  });

  test("of any bytes is read as one of ours or not at all", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const body = decodeBody(Buffer.from(bytes));
        if (body !== undefined) expect(encodeBody(body)).toEqual(Buffer.from(bytes));
      }),
      { numRuns: 5_000 },
    );
  });
});

/** The same packet with another sender in its header. */
function rename(packet: Buffer, instanceId: string): Buffer {
  const copy = Buffer.from(packet);
  copy.write(instanceId, 7, "latin1");
  return copy;
}
