import { emptyFlow, endsSoon, type Flow, isOpen, TCP, TCP_STATE, translatedKey } from "./flow";

/** Seconds. */
export interface Lifetimes {
  /** What the kernel gives an established TCP flow, and a UDP flow with traffic in both directions, at each packet. */
  readonly tcp: number;
  readonly udp: number;
  /** What a copy gets when its flow is announced. */
  readonly newborn: number;
}

export type Verdict = "nothing" | "first" | "refresh";

/**
 * What peers were promised of the flows this NAT carries: a swept flow is sent once, again when half of what was promised is over or its
 * state has changed, and taken back when it is gone. A flow that came and went between two sweeps is never here.
 */
export class Ledger {
  private promised = new Promises();
  private seen = new Promises();
  /** Public sides of the flows that were told of for the first time since the sweep began that is under way; null when none is. */
  private told: Set<string> | null = null;

  get size(): number {
    return this.promised.size + this.seen.size;
  }

  /** Seconds that peers were promised of it from `now` on, so that they will be told when it is gone; null when they were not. */
  promise(flow: Flow, now: number): number | null {
    const key = translatedKey(flow);
    const promise = this.promised.get(flow.nat, key) ?? this.seen.get(flow.nat, key);
    return promise === undefined ? null : Math.floor(promise / 16) - now;
  }

  /** What was told of it since is worth less: the next sweep promises it again. */
  retract(flow: Flow): void {
    if (this.size === 0) return;
    const key = translatedKey(flow);
    this.told?.add(publicSide(key));
    this.promised.delete(flow.nat, key);
    this.seen.delete(flow.nat, key);
  }

  /** A flow of the table, in a sweep. `now`: whole seconds of a monotonic clock. */
  judge(flow: Flow, now: number, lifetimes: Lifetimes): Verdict {
    this.told ??= new Set();
    if (!isOpen(flow) || flow.lifetime === 0) return "nothing";
    const key = translatedKey(flow);
    const promise = this.promised.get(flow.nat, key) ?? this.seen.get(flow.nat, key);
    if (promise === undefined) {
      // A copy that nobody promoted, of a NAT that carried the lane before: it ends by itself, or lives on with its next packet.
      if (flow.lifetime <= shortLived(flow, lifetimes)) return "nothing";
      this.seen.set(flow.nat, key, packed(now + flow.lifetime, flow.tcpState));
      // Where everything that was promised has been seen nothing will be gone.
      if (this.promised.size > 0) this.told.add(publicSide(key));
      return "first";
    }
    this.promised.delete(flow.nat, key);
    const left = Math.floor(promise / 16) - now;
    if (promise % 16 === flow.tcpState && left >= flow.lifetime / 2) {
      this.seen.set(flow.nat, key, promise);
      return "nothing";
    }
    this.seen.set(flow.nat, key, packed(now + flow.lifetime, flow.tcpState));
    return "refresh";
  }

  /**
   * The sweep is over: every flow that was promised and is no more, with lifetime 0. The object is the same each time. Copies are taken back by
   * their public side: where another flow has it by now, the older one's copy has made room for it already, and it would be the one to go.
   */
  finish(): Iterator<Flow, undefined> {
    const gone = this.promised.keys();
    this.promised = this.seen;
    this.seen = new Promises();
    this.told ??= new Set();
    return this.flowsOf(gone);
  }

  /** The sweep was broken off: nothing is known to be gone. */
  abandon(): void {
    for (const [nat, key, promise] of this.seen.entries()) this.promised.set(nat, key, promise);
    this.seen = new Promises();
    this.told = null;
  }

  /** Forgets the flows of SNAT addresses that are no longer ours to speak for. */
  forget(isOurs: (nat: number) => boolean): void {
    this.promised.forget(isOurs);
    this.seen.forget(isOurs);
  }

  private *flowsOf(keys: Iterable<string>): Generator<Flow, undefined> {
    for (const key of keys) if (this.told?.has(publicSide(key)) !== true) yield readKey(key);
    this.told = null;
    return undefined;
  }
}

/** Promises by translatedKey, address by address: those of one that goes, 200,000 maybe, go in one step. */
class Promises {
  private readonly byNat = new Map<number, Map<string, number>>();

  get size(): number {
    // Asked for every flow: no array for it.
    let size = 0;
    for (const promises of this.byNat.values()) size += promises.size;
    return size;
  }

  get(nat: number, key: string): number | undefined {
    return this.byNat.get(nat)?.get(key);
  }

  set(nat: number, key: string, promise: number): void {
    const known = this.byNat.get(nat);
    if (known === undefined) this.byNat.set(nat, new Map([[key, promise]]));
    else known.set(key, promise);
  }

  delete(nat: number, key: string): void {
    this.byNat.get(nat)?.delete(key);
  }

  *keys(): Generator<string> {
    for (const promises of this.byNat.values()) yield* promises.keys();
  }

  *entries(): Generator<readonly [nat: number, key: string, promise: number]> {
    for (const [nat, promises] of this.byNat) for (const [key, promise] of promises) yield [nat, key, promise];
  }

  forget(isOurs: (nat: number) => boolean): void {
    for (const nat of this.byNat.keys()) if (!isOurs(nat)) this.byNat.delete(nat);
  }
}

/** Below this, seconds, an open flow may be a copy that was never promoted. */
function shortLived(flow: Flow, { newborn, tcp, udp }: Lifetimes): number {
  if (endsSoon(flow)) return 0;
  return Math.min(newborn, (flow.protocol === TCP ? tcp : udp) / 2);
}

function packed(expiry: number, tcpState: number): number {
  return expiry * 16 + tcpState;
}

/** Of a translatedKey: all but the client's side. */
function publicSide(key: string): string {
  return key.charAt(0) + key.slice(4);
}

const reread = emptyFlow();

function readKey(key: string): Flow {
  const unit = (index: number) => key.charCodeAt(index);
  const word = (index: number) => unit(index) * 0x10000 + unit(index + 1);
  reread.protocol = unit(0);
  reread.client = word(1);
  reread.clientPort = unit(3);
  reread.remote = word(4);
  reread.remotePort = unit(6);
  reread.nat = word(7);
  reread.natPort = unit(9);
  // A record of a TCP flow has a state; that of a gone one is not read.
  reread.tcpState = reread.protocol === TCP ? TCP_STATE.established : 0;
  return reread;
}
