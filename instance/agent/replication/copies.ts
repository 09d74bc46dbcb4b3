import { emptyFlow, type Flow } from "./flow";
import type { Copy } from "./inject";
import { kindOf, readRecord, RECORD_BYTES, RECORD_KIND } from "./record";

export interface Admission {
  /** Later packets of the stream are here already. */
  readonly isLate: boolean;
  /** What the peer has said of the flow elsewhere is not newer. */
  readonly admit: (flow: Flow) => boolean;
  /** The SNAT address is one of our lanes'; and of one that we carry now. */
  readonly isServed: (nat: number) => boolean;
  readonly isOurs: (nat: number) => boolean;
}

/**
 * Records as copies. Refused is what no NAT of this fleet could have said: a peer with another configuration, or with bad intentions, gets
 * nothing into the kernel but flows of addresses that we serve anyway.
 */
export function readCopies(
  records: Buffer,
  { isLate, admit, isServed, isOurs }: Admission,
): { readonly copies: readonly Copy[]; readonly refused: number } {
  const copies: Copy[] = [];
  let refused = 0;
  for (let at = 0; at < records.length; at += RECORD_BYTES) {
    const flow = emptyFlow();
    if (!readRecord(records, at, flow) || !isServed(flow.nat)) refused += 1;
    else if (admit(flow)) copies.push({ flow, how: isOurs(flow.nat) ? "spare" : howTo(kindOf(records, at), isLate) });
  }
  return { copies, refused };
}

/** What was announced and comes late may be known better by now. */
function howTo(kind: number, isLate: boolean): Copy["how"] {
  if (kind === RECORD_KIND.refresh) return "refresh";
  if (kind === RECORD_KIND.first) return "first";
  if (kind === RECORD_KIND.announced && !isLate) return "replace";
  return "spare";
}
