import { type Body, encodeBody, recordsPerBody } from "./body";
import { bodyRoom, type Sealer, type Sender, type Stream } from "./packet";
import { RECORD_BYTES } from "./record";

/** Packets kept for those that miss them: 1.4 MB a stream at most. */
const KEPT = 1024;

export interface OutStreamPorts {
  readonly sealer: Sealer;
  readonly sender: Sender;
  /** Undefined while no key is loaded. */
  readonly key: () => Buffer | undefined;
  readonly addresses: () => readonly string[];
  readonly send: (packet: Buffer, address: string) => void;
  /** Milliseconds: of the monotonic clock, and since the epoch. */
  readonly now: () => number;
  readonly wall: () => number;
}

/** One stream that we send: packs records, numbers and seals packets, remembers the last ones. */
export class OutStream {
  private sequence = 0;
  private saidAt = -Infinity;
  private readonly pending: Buffer;
  private count = 0;
  private readonly kept = new Map<number, Buffer>();
  /** Records sent, and packets. */
  records = 0;
  packets = 0;

  /** Token of the full sweep that the records are of; 0: none. */
  sweep = 0;

  constructor(
    private readonly stream: Stream,
    private readonly ports: OutStreamPorts,
  ) {
    this.pending = Buffer.alloc(recordsPerBody(bodyRoom(ports.sender)) * RECORD_BYTES);
  }

  /** Space for one more record; the caller fills it at once. */
  next(): { readonly buffer: Buffer; readonly at: number } {
    if (this.count * RECORD_BYTES === this.pending.length) this.flush();
    const at = this.count * RECORD_BYTES;
    this.count += 1;
    return { buffer: this.pending, at };
  }

  flush(): void {
    if (this.count === 0) return;
    const records = this.pending.subarray(0, this.count * RECORD_BYTES);
    this.records += this.count;
    this.count = 0;
    this.say({ kind: "flows", sweep: this.sweep, records });
  }

  say(body: Body): void {
    const { sealer, key, addresses, send, now, wall } = this.ports;
    const secret = key();
    const targets = addresses();
    if (secret === undefined || targets.length === 0) return;
    this.sequence += 1;
    const packet = sealer.seal(secret, this.stream, this.sequence, wall(), encodeBody(body));
    this.kept.set(this.sequence, packet);
    this.kept.delete(this.sequence - KEPT);
    this.saidAt = now();
    this.packets += 1;
    for (const address of targets) send(packet, address);
  }

  /** Something to number when there is nothing to say, so that a loss of the last packet shows. */
  beat(everyMs: number): void {
    if (this.ports.now() - this.saidAt >= everyMs) this.say({ kind: "flows", sweep: 0, records: Buffer.alloc(0) });
  }

  /** Where nobody is listed who could miss a packet; the sequence goes on. */
  forgetUnlisted(): void {
    if (this.ports.addresses().length === 0) this.kept.clear();
  }

  resend(sequences: readonly number[], address: string): void {
    for (const sequence of sequences) {
      const packet = this.kept.get(sequence);
      if (packet !== undefined) this.ports.send(packet, address);
    }
  }
}
