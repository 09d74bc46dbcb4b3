import { emptyFlow, type Flow, ICMP } from "./flow";
import type { Lanes } from "./lanes";
import type { Ledger } from "./ledger";
import type { OutStream } from "./out-stream";
import { NAT_OFFSET, readRecord, RECORD_BYTES } from "./record";

export interface Announcing {
  readonly lanes: Lanes;
  readonly ledger: Ledger;
  readonly zoneStream: (zone: string) => OutStream;
}

const announced = emptyFlow();

export interface Announced {
  readonly count: number;
  /** Those which the kernel leaves out of dumps until it is told that they are assured. */
  readonly echoes: readonly Flow[];
}

/** Records of flows that the kernel announced, to every zone that could serve their lanes. */
export function passOn(records: Buffer, { lanes, ledger, zoneStream }: Announcing): Announced {
  const touched = new Set<OutStream>();
  const echoes: Flow[] = [];
  let count = 0;
  for (let at = 0; at + RECORD_BYTES <= records.length; at += RECORD_BYTES, count += 1) {
    if (readRecord(records, at, announced)) {
      // Its copies have a newborn's lifetime from now on, whatever a sweep that came before the kernel's word has promised.
      ledger.retract(announced);
      if (announced.protocol === ICMP) echoes.push({ ...announced });
    }
    for (const { zone, nat } of lanes.destinationsOf(records.readUInt32BE(at + NAT_OFFSET)) ?? []) {
      const stream = zoneStream(zone);
      const { buffer, at: target } = stream.next();
      records.copy(buffer, target, at, at + RECORD_BYTES);
      buffer.writeUInt32BE(nat, target + NAT_OFFSET);
      touched.add(stream);
    }
  }
  for (const stream of touched) stream.flush();
  return { count, echoes };
}
