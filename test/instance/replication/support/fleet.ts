import type { NatConfig } from "../../../../contract/nat-config";
import { type Flow, toNumber } from "../../../../instance/agent/replication/flow";
import type { Fleet } from "../../../../instance/agent/replication/fleet";
import { RECORD_BYTES, writeRecord } from "../../../../instance/agent/replication/record";
import { Replicator } from "../../../../instance/agent/replication/replicator";
import { natConfig } from "../../support/world";
import { FakeTable } from "./fake-table";
import { FLOATING } from "./flows";

export const KEY = Buffer.alloc(32, 7);
export const GUEST = toNumber("10.0.1.22");
export const LIFETIMES = { tcp: 3600, udp: 300, newborn: 60 };

/** What the network does to a packet: how often it arrives, and how late. */
export type Weather = (packet: Buffer, from: string, to: string) => readonly number[];

export interface Nat {
  readonly instanceId: string;
  readonly address: string;
  readonly zone: string;
  readonly table: FakeTable;
  readonly replicator: Replicator;
  /** What reading the kernel's settings ends in. */
  failing: Error | undefined;
}

interface Due {
  readonly at: number;
  readonly run: () => void;
}

/** Replicators on one clock, with a network between them. */
export class FleetOfTables {
  nowMs = 1_000_000;
  weather: Weather = () => [1];
  /** What arrives of a packet. */
  rewrite: (packet: Buffer, from: string) => Buffer = (packet) => packet;
  readonly drops: string[] = [];
  readonly faults: string[] = [];
  readonly nats: Nat[] = [];
  readonly #due: Due[] = [];

  add(name: string, zone = "use1-az1", config: NatConfig = configOf(zone)): Nat {
    const instanceId = `i-${name}`;
    const address = `10.0.${zone === "use1-az1" ? 0 : 1}.${100 + this.nats.length}`;
    const table = new FakeTable(
      () => this.nowMs,
      (ms) => (this.nowMs += ms),
    );
    const boot = {
      instanceId,
      bootId: `00000000-0000-4000-8000-${String(this.nats.length).padStart(12, "0")}`,
      bootMs: this.nowMs,
    };
    const replicator = new Replicator(config, boot, {
      table,
      send: (packet, to) => {
        for (const ms of this.weather(packet, address, to))
          this.#later(ms, () => this.at(to)?.replicator.takePacket(this.rewrite(packet, address), address));
      },
      lifetimes: () => {
        if (nat.failing !== undefined) throw nat.failing;
        return LIFETIMES;
      },
      tableMax: () => 100_000,
      now: () => this.nowMs,
      wall: () => this.nowMs,
      wait: (ms) => new Promise((resolve) => this.#later(ms, resolve)),
      yield: () => Promise.resolve(),
      onDrop: (reason, why) => this.drops.push(`${reason}: ${why}`),
      onFault: (what, error) => this.faults.push(`${what}: ${String(error)}`),
    });
    const nat: Nat = { instanceId, address, zone, table, replicator, failing: undefined };
    this.nats.push(nat);
    return nat;
  }

  /** Ends a NAT at once. */
  kill(nat: Nat): void {
    this.nats.splice(this.nats.indexOf(nat), 1);
  }

  at(address: string): Nat | undefined {
    return this.nats.find((nat) => nat.address === address);
  }

  /** Everybody knows everybody; `owned`: which lanes' addresses each one holds; `missing`: whom each one misses. */
  tell(
    owned: Readonly<Record<string, readonly number[] | null>> = {},
    missing: readonly string[] = [],
    listed: readonly Nat[] = this.nats,
  ): void {
    for (const nat of this.nats) {
      const fleet: Fleet = {
        keys: [KEY],
        peers: listed.filter(({ instanceId }) => instanceId !== nat.instanceId),
        missing,
        owned: nat.instanceId in owned ? (owned[nat.instanceId] ?? null) : [],
      };
      nat.replicator.takeFleet(fleet);
    }
  }

  announce(nat: Nat, flows: readonly Flow[]): void {
    const records = Buffer.alloc(flows.length * RECORD_BYTES);
    flows.forEach((flow, index) => writeRecord(records, index * RECORD_BYTES, flow, LIFETIMES.newborn, 0));
    nat.replicator.takeAnnounced(records, this.nowMs);
  }

  async run(ms: number): Promise<void> {
    const until = this.nowMs + ms;
    while (this.nowMs < until) {
      this.nowMs += 10;
      const now = this.#due.filter(({ at }) => at <= this.nowMs);
      for (const due of now) {
        this.#due.splice(this.#due.indexOf(due), 1);
        due.run();
      }
      if (this.nowMs % 100 === 0) for (const { replicator } of this.nats) replicator.tick();
      // What runs on promises takes its turns.
      for (let turn = 0; turn < 8; turn++) await Promise.resolve();
    }
  }

  #later(ms: number, run: () => void): void {
    this.#due.push({ at: this.nowMs + ms, run });
  }
}

/** Two NATs of a zone that know each other; `a` carries the lane. */
export function pair() {
  const fleet = new FleetOfTables();
  const [a, b] = [fleet.add("a"), fleet.add("b")];
  fleet.tell({ "i-a": [FLOATING] });
  return { fleet, a, b };
}

export function configOf(zone: string, scope: "zone" | "fleet" = "zone"): NatConfig {
  const lanes = natConfig.lanes.map((lane) => ({
    ...lane,
    home: lane.homeZone === zone,
    addresses: lane.addressesByZone[zone] ?? [],
  }));
  return { ...natConfig, zone, lanes, replication: { flows: "all", scope } };
}

export { ECHO, FLOATING, flow } from "./flows";
