import { endsSoon, type Flow, ICMP, isOpen, TCP, translatedKey } from "./flow";
import type { KernelTable } from "./kernel";
import type { Destination, Lanes } from "./lanes";
import { Ledger, type Lifetimes } from "./ledger";
import type { OutStream } from "./out-stream";
import { BURST_PACKETS, Pace } from "./pace";
import { NAT_OFFSET, RECORD_KIND, writeRecord } from "./record";

/**
 * Between sweeps; longer when a sweep is dear, so that it takes at most a twentieth of a core: its work on the table 3 %, what other threads
 * do for it half of that again. But never so long that what is announced in between dies before it is promised. Milliseconds.
 */
const SWEEP_EVERY_MS = 15_000;
const SWEEP_SHARE = 33;
const SWEEP_AT_LEAST_EVERY_MS = 30_000;
/** Time in a row on the table before others get their turn. Milliseconds. */
const TURN_MS = 3;
/** An orphan's new lifetime when there are many: some of them are dead, and dead ones fill the table. Seconds. */
const ORPHAN_LIFETIME = 300;

export interface SweeperPorts {
  readonly table: KernelTable;
  readonly lanes: Lanes;
  readonly lifetimes: () => Lifetimes;
  /** Entries that the table can hold. */
  readonly tableMax: () => number;
  readonly zoneStream: (zone: string) => OutStream;
  /** It is the SNAT address of a lane that we carry at this moment. */
  readonly isOwned: (nat: number) => boolean;
  readonly now: () => number;
  readonly wait: (ms: number) => Promise<void>;
  /** Lets waiting events in. */
  readonly yield: () => Promise<void>;
}

export interface FullSweepStart {
  /** What the NAT that asked asked with last: by now it takes nothing else for an answer. */
  readonly token: number;
  /** SNAT addresses of the lanes that we carry. */
  readonly owned: ReadonlySet<number>;
}

/** Walks the kernel's table, one walk at a time: regular sweeps for everybody, full sweeps for who asks, adoption of orphans. */
export class Sweeper {
  readonly ledger = new Ledger();
  readonly pace = new Pace();
  private walking: Promise<unknown> = Promise.resolve();
  private nextAt = 0;
  private running = false;
  private isHastened = false;
  private hasSwept = false;
  private failedWalks = 0;
  /** Milliseconds of work on the table since the start. */
  private worked = 0;
  private orphaned: { readonly addresses: Set<number>; readonly since: number } | null = null;

  constructor(private readonly ports: SweeperPorts) {}

  /** Runs when it is time to. */
  sweepWhenDue(onFault: (error: unknown) => void): void {
    if (this.running || this.ports.now() < this.nextAt) return;
    this.sweep().catch(onFault);
  }

  /** Open flows that we carry, as the last sweep found them; null before the first. */
  get carried(): number | null {
    return this.hasSwept ? this.ledger.size : null;
  }

  /** Walks through the table that failed, one after the other, up to now. */
  get failures(): number {
    return this.failedWalks;
  }

  /** Now, after what runs: something was missed. */
  hasten(): void {
    this.nextAt = 0;
    this.isHastened = true;
  }

  sweep(): Promise<void> {
    this.running = true;
    this.isHastened = false;
    return this.alone(async () => {
      const { now, lanes, lifetimes, zoneStream, isOwned } = this.ports;
      const seconds = Math.floor(now() / 1000);
      const streams = new Set<OutStream>();
      const send = (flow: Flow, to: readonly Destination[], kind: number) => {
        for (const { zone, nat } of to) {
          const stream = zoneStream(zone);
          streams.add(stream);
          const { buffer, at } = stream.next();
          writeRecord(buffer, at, flow, flow.lifetime, kind);
          buffer.writeUInt32BE(nat, at + NAT_OFFSET);
        }
      };
      const before = this.worked;
      try {
        const lives = lifetimes();
        await this.walk(streams, (flow) => {
          const to = isOwned(flow.nat) ? lanes.destinationsOf(flow.nat) : undefined;
          if (to === undefined) return;
          // The kernel gives an echo 30 s at each packet: as much as may pass until the next sweep.
          if (flow.protocol === ICMP) flow.lifetime = lives.newborn;
          const verdict = this.ledger.judge(flow, seconds, lives);
          if (verdict !== "nothing") send(flow, to, RECORD_KIND[verdict]);
        });
        const gone = this.ledger.finish();
        this.hasSwept = true;
        await this.paced(streams, () => {
          const { value: flow, done } = gone.next();
          // A lane that goes while we speak takes its flows along.
          if (flow !== undefined && isOwned(flow.nat)) send(flow, lanes.destinationsOf(flow.nat) ?? [], RECORD_KIND.first);
          return done !== true;
        });
      } catch (error) {
        this.ledger.abandon();
        throw error;
      } finally {
        for (const stream of streams) stream.flush();
        this.nextAt = this.isHastened ? 0 : now() + this.pauseMs(this.worked - before);
        this.running = false;
      }
    });
  }

  /**
   * All flows that we carry and `zone` would serve, over the stream of the NAT that asked; copies are their own NAT's to tell of. What peers
   * were not promised yet gets a newborn's lifetime: it may be gone before the sweep that would promise it, and then nobody takes it back.
   * What they were promised they get in full: the kernel gives a flow whose data is under way less than what it has a moment later.
   * `begin`: called when its turn comes, for what is true then.
   */
  sweepFor(zone: string, stream: OutStream, begin: () => FullSweepStart): Promise<void> {
    return this.alone(async () => {
      const { token, owned } = begin();
      const before = stream.records;
      const { isOwned, lanes, lifetimes } = this.ports;
      const { newborn } = lifetimes();
      const there = (nat: number) => lanes.destinationsOf(nat)?.find((destination) => destination.zone === zone)?.nat;
      stream.sweep = token;
      try {
        const tell = (flow: Flow): void => {
          const nat = there(flow.nat);
          if (nat === undefined || !isOwned(flow.nat) || !isOpen(flow)) return;
          const { buffer, at } = stream.next();
          const promised = this.ledger.promise(flow, Math.floor(this.ports.now() / 1000));
          if (promised !== null) writeRecord(buffer, at, flow, Math.max(promised, flow.lifetime), RECORD_KIND.refresh);
          else writeRecord(buffer, at, flow, Math.min(flow.lifetime, newborn), RECORD_KIND.spare);
          buffer.writeUInt32BE(nat, at + NAT_OFFSET);
        };
        // A standby has nothing to tell, and a table as full as the others'.
        if (owned.size > 0) await this.walk(new Set([stream]), tell);
        stream.flush();
        const served = [...owned]
          .filter(isOwned)
          .map(there)
          .filter((nat) => nat !== undefined);
        stream.say({ kind: "end", sweep: token, flows: stream.records - before, owned: served });
      } finally {
        stream.sweep = 0;
      }
    });
  }

  /**
   * Copies of just born flows of these addresses live on: nobody is left who would promote them, or we are it. Those that a living NAT
   * would have promoted by now are dead, and end by themselves. What is asked for before its turn is done in one walk: on a machine that
   * is too busy to hear its peers, they come and go.
   */
  async adopt(addresses: readonly number[]): Promise<void> {
    const { now, lifetimes, tableMax } = this.ports;
    const awaited = this.orphaned;
    this.orphaned = { addresses: new Set([...(awaited?.addresses ?? []), ...addresses]), since: awaited?.since ?? now() };
    if (awaited !== null) return;
    await this.alone(async () => {
      const { tcp, udp, newborn } = lifetimes();
      const { addresses: orphaned, since } = this.orphaned ?? { addresses: new Set(), since: now() };
      this.orphaned = null;
      const oldest = newborn - Math.min(newborn, (now() - since + SWEEP_EVERY_MS * 2) / 1000);
      const orphans: Flow[] = [];
      await this.walk(new Set(), (flow) => {
        if (flow.lifetime > newborn || flow.lifetime < oldest || !orphaned.has(flow.nat)) return;
        if (endsSoon(flow)) return;
        orphans.push({ ...flow });
      });
      const many = orphans.length > tableMax() / 10;
      for (const flow of orphans) {
        const whole = flow.protocol === TCP ? tcp : udp;
        flow.lifetime = many ? Math.min(whole, ORPHAN_LIFETIME) : whole;
      }
      await this.update(orphans);
    });
  }

  /** Copies of these addresses that their NAT does not have: they get a newborn's lifetime, for they are known to be old. */
  demote(addresses: ReadonlySet<number>, living: ReadonlySet<string>): Promise<void> {
    return this.alone(async () => {
      const { newborn } = this.ports.lifetimes();
      const stale: Flow[] = [];
      await this.walk(new Set(), (flow) => {
        if (flow.lifetime <= newborn || !addresses.has(flow.nat) || living.has(translatedKey(flow))) return;
        stale.push({ ...flow, lifetime: newborn });
      });
      await this.update(stale);
    });
  }

  private pauseMs(workedMs: number): number {
    return Math.min(SWEEP_AT_LEAST_EVERY_MS, Math.max(SWEEP_EVERY_MS, workedMs * SWEEP_SHARE));
  }

  private async update(flows: readonly Flow[]): Promise<void> {
    for (let from = 0; from < flows.length; from += 512) {
      this.ports.table.apply("update", flows.slice(from, from + 512), () => undefined);
      await this.ports.yield();
    }
  }

  private async walk(streams: ReadonlySet<OutStream>, take: (flow: Flow) => void): Promise<void> {
    try {
      await this.paced(streams, this.ports.table.dump(take));
      this.failedWalks = 0;
    } catch (error) {
      this.failedWalks += 1;
      throw error;
    }
  }

  /** Repeats `next` until it says that there is no more, in turns, and no faster than receivers can take. */
  private async paced(streams: ReadonlySet<OutStream>, next: () => boolean): Promise<void> {
    const { now, wait } = this.ports;
    const packets = () => [...streams].reduce((sum, stream) => sum + stream.packets, 0);
    let sent = packets();
    for (let more = true; more;) {
      const from = now();
      while (more && now() - from < TURN_MS && packets() - sent < BURST_PACKETS) more = next();
      this.worked += now() - from;
      if (packets() - sent < BURST_PACKETS) await this.ports.yield();
      else {
        await wait(this.pace.pauseMs(now()));
        sent = packets();
      }
    }
  }

  /** One after the other, with a rest as long as each worked: on a machine that is too busy, walks that are asked for make it no busier. */
  private alone(work: () => Promise<void>): Promise<void> {
    let before = 0;
    const mine = this.walking.then(() => {
      before = this.worked;
      return work();
    });
    // Who waits behind must not fail with it; the caller sees the error.
    this.walking = mine.catch(() => undefined).then(() => this.ports.wait(this.worked - before));
    return mine;
  }
}
