import fc from "fast-check";
import { encodeBody } from "../../../instance/agent/replication/body";
import { type Flow, ICMP, TCP, UDP } from "../../../instance/agent/replication/flow";
import { Lanes } from "../../../instance/agent/replication/lanes";
import { Sealer, type Sender } from "../../../instance/agent/replication/packet";
import { RECORD_BYTES, writeRecord } from "../../../instance/agent/replication/record";
import { numberOfRuns } from "../../lambdas/support/runs";
import { FLOATING, flow, FleetOfTables, GUEST, KEY, configOf } from "./support/fleet";

const RUNS = numberOfRuns({ normal: 1_000, deep: 100_000 });
/** Of all lanes, as this zone serves them. */
const SERVED = new Lanes(configOf("use1-az1")).addresses;
const OURS = flow(5_000, { nat: FLOATING });

/** Two NATs that hold each other's flows, what `a` has sent on the way, and a third that is listed and speaks by our hand. */
async function met() {
  const fleet = new FleetOfTables();
  const [a, b] = [fleet.add("a"), fleet.add("b")];
  const genuine: Buffer[] = [];
  fleet.weather = (packet, from) => {
    if (from === a.address) genuine.push(packet);
    return [1];
  };
  fleet.tell({ "i-a": [FLOATING] });
  fleet.announce(a, [flow(1), flow(2), flow(3)]);
  await fleet.run(1_000);
  return { fleet, a, b, genuine };
}

/** Bytes at places, from a place on, or at the end. */
const anyHarm = fc.oneof(
  fc.record({ at: fc.nat(2_000), flip: fc.integer({ min: 1, max: 255 }) }),
  fc.record({ cut: fc.integer({ min: 1, max: 2_000 }) }),
  fc.record({ add: fc.uint8Array({ minLength: 1, maxLength: 40 }) }),
);

function harmed(
  packet: Buffer,
  harm: { readonly at: number; readonly flip: number } | { readonly cut: number } | { readonly add: Uint8Array },
): Buffer {
  if ("add" in harm) return Buffer.concat([packet, harm.add]);
  if ("cut" in harm) return packet.subarray(0, packet.length - 1 - (harm.cut % packet.length));
  const copy = Buffer.from(packet);
  const at = harm.at % packet.length;
  copy[at] = (copy[at] ?? 0) ^ harm.flip;
  return copy;
}

/** Numbers as they come, and often such as records have. */
const anyRecord = fc.oneof(
  fc.uint8Array({ minLength: RECORD_BYTES, maxLength: RECORD_BYTES }).map((bytes) => Buffer.from(bytes)),
  fc
    .record({
      nat: fc.constantFrom(...SERVED, GUEST, 1, 0),
      protocol: fc.constantFrom(ICMP, TCP, UDP, 47),
      tcpState: fc.constantFrom(0, 1, 3, 9, 10),
      natPort: fc.constantFrom(0, 1_024, 1_025, OURS.natPort),
      clientPort: fc.constantFrom(0, 1_024, 1_025),
      remotePort: fc.constantFrom(0, 443),
      lifetime: fc.constantFrom(0, 60, 3_600),
      kind: fc.nat(255),
    })
    .map(({ kind, lifetime, ...over }) => {
      const record = Buffer.alloc(RECORD_BYTES);
      writeRecord(record, 0, flow(1, over), lifetime, kind);
      record[22] = over.tcpState;
      return record;
    }),
);

function isOfAFlow({ protocol, tcpState, nat, natPort, clientPort, remotePort, lifetime }: Flow): boolean {
  const isState = protocol === TCP ? tcpState >= 1 && tcpState <= 9 : [ICMP, UDP].includes(protocol) && tcpState === 0;
  const arePorts = protocol === ICMP ? remotePort === 0 : natPort > 0 && clientPort > 0 && remotePort > 0;
  return isState && arePorts && SERVED.includes(nat) && lifetime > 0;
}

describe("what reaches a NAT over UDP 882", () => {
  test(
    "from nobody who has the key changes nothing in the kernel: any bytes, and whatever is made of genuine packets",
    async () => {
      const { a, b, genuine } = await met();
      const before = structuredClone(b.table.entries());
      expect(before).toHaveLength(3);
      const bytes = fc.uint8Array({ maxLength: 1_500 }).map((some) => Buffer.from(some));
      const made = fc.tuple(fc.constantFrom(...genuine), anyHarm).map(([packet, harm]) => harmed(packet, harm));
      const again = fc.constantFrom(...genuine);
      const source = fc.constantFrom(a.address, b.address, "10.0.0.250");
      fc.assert(
        fc.property(fc.oneof(bytes, made, again), source, (packet, from) => {
          b.replicator.takePacket(packet, from);
          expect(b.table.entries()).toEqual(before);
        }),
        { numRuns: RUNS.numRuns },
      );
      expect(b.replicator.health()).toMatchObject({ injected: 3, refused: 0, state: "synced" });
    },
    RUNS.timeoutMs,
  );

  test(
    "from a listed peer, with any records at all: only flows of addresses that we serve get in, and what we carry keeps its public side",
    async () => {
      const { fleet, a, b } = await met();
      fleet.tell({ "i-b": [FLOATING] });
      b.table.touch(OURS);
      const boot: Sender = { instanceId: "i-a", bootId: "99999999-0000-4000-8000-000000000000", bootMs: fleet.nowMs + 1 };
      const sealer = new Sealer(configOf("use1-az1").env, boot);
      const ours = () =>
        b.table
          .entries()
          .find(({ natPort, nat, clientPort }) => nat === OURS.nat && natPort === OURS.natPort && clientPort === OURS.clientPort);
      let sequence = 0;
      fc.assert(
        fc.property(fc.array(anyRecord, { maxLength: 40 }), fc.nat(3), (records, sweep) => {
          const body = encodeBody({ kind: "flows", sweep, records: Buffer.concat(records) });
          const packet = sealer.seal(KEY, { to: "zone", name: "use1-az1" }, (sequence += 1), fleet.nowMs, body);
          b.replicator.takePacket(packet, a.address);
          expect(b.table.entries().filter((entry) => !isOfAFlow(entry))).toEqual([]);
          expect(ours()).toMatchObject({ ...OURS, tcpState: OURS.tcpState });
        }),
        { numRuns: RUNS.numRuns },
      );
      // What was sealed was opened, and what was valid is there.
      expect(b.replicator.health().injected).toBeGreaterThan(3);
      expect(b.replicator.health().dropped).toMatchObject({ forged: 0, malformed: 0, replayed: 0 });
      expect(fleet.faults).toEqual([]);
    },
    RUNS.timeoutMs,
  );
});
