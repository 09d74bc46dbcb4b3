import type { NatConfig } from "../../../contract/nat-config";
import type { ReplicationHealth } from "../../../contract/healthz";
import { passOn } from "./announce";
import { type Body, decodeBody, MISSING_MAX } from "./body";
import type { Fleet, FleetPeer } from "./fleet";
import type { Flow } from "./flow";
import { readCopies } from "./copies";
import { inject } from "./inject";
import type { KernelTable } from "./kernel";
import { Lanes } from "./lanes";
import type { Lifetimes } from "./ledger";
import { OutStreams } from "./out-streams";
import { type Header, Opener, type PacketDrop, Sealer, type Sender } from "./packet";
import { type Complete, PeerSync } from "./peer-sync";
import { RecentQuantile } from "./quantile";
import { RECORD_BYTES } from "./record";
import { replicationHealth } from "./replication-health";
import { Sweeper } from "./sweeper";

export interface ReplicatorPorts {
  readonly table: KernelTable;
  readonly send: (packet: Buffer, address: string) => void;
  readonly lifetimes: () => Lifetimes;
  readonly tableMax: () => number;
  /** Milliseconds: of the monotonic clock, and since the epoch. */
  readonly now: () => number;
  readonly wall: () => number;
  readonly wait: (ms: number) => Promise<void>;
  readonly yield: () => Promise<void>;
  readonly onDrop: (reason: PacketDrop, why: string) => void;
  readonly onFault: (what: string, error: unknown) => void;
}

/** So long a stream may be silent. Milliseconds. */
const BEAT_MS = 500;

/** Tells every NAT that could take over about the flows here, and holds theirs. Fed with packets, announced flows and the fleet. */
export class Replicator {
  private readonly lanes: Lanes;
  private readonly opener = new Opener();
  private readonly sweeper: Sweeper;
  private readonly streams: OutStreams;
  private readonly syncs = new Map<string, PeerSync>();
  /** Who waits for a full sweep or gets it, and the token of its last question. */
  private readonly asked = new Map<string, number>();
  private fleet: Fleet = { keys: [], peers: [], missing: [], owned: [] };
  private addresses: ReadonlyMap<string, string> = new Map();
  private owned: ReadonlySet<number> = new Set();
  /** Who spoke last of flows of an address. */
  private readonly speakers = new Map<number, string>();
  private token = 0;
  private readonly counts = { announced: 0, injected: 0, refused: 0, overruns: 0 };
  private readonly dropped: Record<PacketDrop, number> = { malformed: 0, foreign: 0, forged: 0, replayed: 0, otherVersion: 0 };
  private readonly sendLag = new RecentQuantile();
  private readonly injectLag = new RecentQuantile();

  constructor(
    private readonly config: NatConfig,
    private readonly sender: Sender,
    private readonly ports: ReplicatorPorts,
  ) {
    this.lanes = new Lanes(config);
    this.streams = new OutStreams({
      ...ports,
      sender,
      sealer: new Sealer(config.env, sender),
      key: () => this.fleet.keys[0],
      peers: () => this.fleet.peers,
    });
    this.sweeper = new Sweeper({
      ...ports,
      lanes: this.lanes,
      zoneStream: (zone) => this.streams.zone(zone),
      isOwned: (nat) => this.owned.has(nat),
    });
  }

  get laneAddresses(): readonly number[] {
    return this.lanes.addresses;
  }

  takeFleet(fleet: Fleet): void {
    const before = this.fleet;
    const lost = fleet.missing.filter((id) => !before.missing.includes(id));
    const ours = new Set(fleet.owned);
    const gained = [...ours].filter((nat) => !this.owned.has(nat));
    this.fleet = fleet;
    this.addresses = new Map(fleet.peers.map(({ instanceId, address }) => [instanceId, address]));
    this.owned = ours;
    this.list(fleet.peers);
    for (const id of lost) this.syncs.get(id)?.doubt();
    this.sweeper.ledger.forget((nat) => ours.has(nat));
    if (lost.length === 0 && gained.length === 0) return;
    const theirs = this.lanes.addresses.filter((nat) => !ours.has(nat) && lost.includes(this.speakers.get(nat) ?? ""));
    if (theirs.length + gained.length > 0) this.run("adoption", this.sweeper.adopt([...theirs, ...gained]));
    if (gained.length > 0) this.sweeper.hasten();
  }

  /** Records of flows that the kernel announced, the oldest of them at `since`. */
  takeAnnounced(records: Buffer, since: number): void {
    const { lanes, sweeper, streams } = this;
    const zoneStream = (zone: string) => streams.zone(zone);
    const { count, echoes } = passOn(records, { lanes, ledger: sweeper.ledger, zoneStream });
    this.counts.announced += count;
    this.sendLag.add(this.ports.now() - since, this.ports.now());
    try {
      this.ports.table.apply("assure", echoes, () => undefined);
    } catch (error) {
      this.ports.onFault("assurance of echoes", error);
    }
  }

  /** The kernel had more to announce than fitted its buffer. */
  overrun(): void {
    this.counts.overruns += 1;
    this.sweeper.hasten();
  }

  takePacket(packet: Buffer, source: string): void {
    const { now, wall, onDrop } = this.ports;
    const from = now();
    const { env, zone } = this.config;
    const { addresses, fleet, sender } = this;
    const context = { env, zone, instanceId: sender.instanceId, addresses, keys: fleet.keys, nowMs: wall() };
    const opened = this.opener.open(packet, source, context);
    const drop = (reason: PacketDrop, why: string) => {
      this.dropped[reason] += 1;
      onDrop(reason, why);
    };
    if (opened.outcome !== "ok") {
      // Nobody vouches for it: it explains a want, and makes none.
      if (opened.outcome === "otherVersion") this.syncAt(source)?.misread(opened.why);
      return drop(opened.outcome, opened.why);
    }
    const { header } = opened;
    const sync = this.syncs.get(header.instanceId);
    if (sync === undefined) return drop("foreign", `${header.instanceId} is not listed`);
    const order = sync.judge(header, from);
    if (order === "repeated")
      return drop(
        "replayed",
        `${header.instanceId} ${header.stream} sequence ${header.sequence} has come before, or is of an older boot`,
      );
    const body = decodeBody(opened.body);
    if (body === undefined) return drop("malformed", `${header.instanceId} sealed what is no body of version 1`);
    this.take(body, { ...header, isLate: order === "late" }, sync);
  }

  /** A few times a second: asks for what is missing, speaks where it was silent, sweeps when due. */
  tick(): void {
    const now = this.ports.now();
    if (this.fleet.keys.length === 0) return;
    for (const { instanceId } of this.heard()) {
      const sync = this.syncs.get(instanceId);
      const stream = this.streams.nat(instanceId);
      if (sync === undefined) continue;
      sync.tick(now);
      sync.giveUp(now);
      for (const { stream: which, sequences } of sync.missing(now, MISSING_MAX))
        stream.say({ kind: "missing", stream: which, sequences });
      const token = sync.ask(now, () => (this.token = (this.token % 0xffffffff) + 1));
      if (token !== undefined) stream.say({ kind: "ask", sweep: token });
    }
    for (const zone of new Set(this.fleet.peers.map((peer) => peer.zone))) this.streams.zone(zone).beat(BEAT_MS);
    if (this.owned.size > 0) this.sweeper.sweepWhenDue((error) => this.ports.onFault("sweep", error));
  }

  health(): Omit<ReplicationHealth, "restarts" | "loopMaxMs"> {
    const now = this.ports.now();
    // Who carries nothing does not walk again and again: the next walk may be days away.
    const own = this.owned.size === 0 ? { failures: 0, carried: 0 } : this.sweeper;
    return {
      ...replicationHealth(this.heard(), this.syncs, own.failures, now),
      ...this.counts,
      carried: own.carried,
      sent: this.streams.records,
      lost: [...this.syncs.values()].reduce((sum, { lost }) => sum + lost, 0),
      dropped: { ...this.dropped },
      sendLagMs: this.sendLag.p99(now),
      injectLagMs: this.injectLag.p99(now),
    };
  }

  private take(body: Body, { instanceId, stream, isLate }: Header & { readonly isLate: boolean }, sync: PeerSync): void {
    const now = this.ports.now();
    switch (body.kind) {
      case "flows": {
        const count = this.injectRecords(body.records, isLate, (flow) => {
          this.speakers.set(flow.nat, instanceId);
          return sync.admit(flow, body.sweep);
        });
        this.injectLag.add(this.ports.now() - now, now);
        if (stream === "nat") this.conclude(sync.received(body.sweep, count, now));
        return;
      }
      case "end":
        return this.conclude(sync.ended(body.sweep, body, now));
      case "ask":
        return this.answer(instanceId, body.sweep);
      case "missing": {
        const peer = this.fleet.peers.find((candidate) => candidate.instanceId === instanceId);
        if (peer === undefined) return;
        const ours = body.stream === "zone" ? this.streams.zone(peer.zone) : this.streams.nat(instanceId);
        this.sweeper.pace.complained(now);
        return ours.resend(body.sequences, peer.address);
      }
    }
  }

  /** Returns how many records there were. */
  private injectRecords(records: Buffer, isLate: boolean, admit: (flow: Flow) => boolean): number {
    const isServed = (nat: number) => this.lanes.destinationsOf(nat) !== undefined;
    const read = readCopies(records, { isLate, admit, isServed, isOurs: (nat) => this.owned.has(nat) });
    this.counts.refused += read.refused;
    try {
      const { injected, refused } = inject(read.copies, this.ports.table);
      this.counts.injected += injected;
      this.counts.refused += refused;
    } catch (error) {
      this.counts.refused += read.copies.length;
      this.ports.onFault("injection", error);
    }
    return records.length / RECORD_BYTES;
  }

  /** One full sweep at a time for each NAT; who asks again while it waits gets an answer to that. */
  private answer(instanceId: string, token: number): void {
    // "Nothing" would be taken for an answer by who does not know yet what it carries.
    if (this.fleet.owned === null) return;
    const isAwaited = this.asked.has(instanceId);
    this.asked.set(instanceId, token);
    if (isAwaited) return;
    const sweep = this.sweeper.sweepFor(this.zoneOf(instanceId), this.streams.nat(instanceId), () => ({
      token: this.asked.get(instanceId) ?? token,
      owned: this.owned,
    }));
    this.run(
      `full sweep for ${instanceId}`,
      sweep.finally(() => this.asked.delete(instanceId)),
    );
  }

  /** Everything that the peer has is here: what is here besides is old. */
  private conclude(complete: Complete | undefined): void {
    if (complete === undefined) return;
    const theirs = new Set(complete.owned.filter((nat) => !this.owned.has(nat)));
    if (theirs.size > 0) this.run("demotion", this.sweeper.demote(theirs, complete.living));
  }

  private run(what: string, work: Promise<void>): void {
    work.catch((error: unknown) => this.ports.onFault(what, error));
  }

  private list(peers: readonly FleetPeer[]): void {
    const listed = new Set(peers.map(({ instanceId }) => instanceId));
    for (const id of this.syncs.keys()) if (!listed.has(id)) this.syncs.delete(id);
    for (const id of listed) if (!this.syncs.has(id)) this.syncs.set(id, new PeerSync());
    this.streams.forgetUnlisted();
  }

  private heard(): readonly FleetPeer[] {
    return this.fleet.peers.filter(({ instanceId }) => !this.fleet.missing.includes(instanceId));
  }

  private syncAt(source: string): PeerSync | undefined {
    const peer = this.fleet.peers.find(({ address }) => address === source);
    return peer === undefined ? undefined : this.syncs.get(peer.instanceId);
  }

  private zoneOf(instanceId: string): string {
    return this.fleet.peers.find((peer) => peer.instanceId === instanceId)?.zone ?? "";
  }
}
