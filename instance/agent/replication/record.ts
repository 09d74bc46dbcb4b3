import { type Flow, ICMP, TCP, UDP } from "./flow";

/** One flow in a packet (docs/reference/replication.md); big endian. */
export const RECORD_BYTES = 26;

/**
 * `announced` and `first` (swept for the first time) replace what is in their place. `refresh`: swept again; sets lifetime and state of the
 * copy. `spare`: of a full sweep, but promised to nobody yet; better than nothing, and no better than anything.
 */
export const RECORD_KIND = { announced: 0, first: 1, refresh: 2, spare: 3 } as const;

/** A lifetime has two bytes; nothing we keep lives longer. Seconds. */
const LIFETIME_MAX = 0xffff;
/** Highest of the kernel's TCP states. */
const TCP_STATE_MAX = 9;

export function writeRecord(target: Buffer, at: number, flow: Flow, lifetime: number, kind: number): void {
  target[at] = flow.protocol;
  target[at + 1] = kind;
  target.writeUInt32BE(flow.client, at + 2);
  target.writeUInt32BE(flow.remote, at + 6);
  target.writeUInt32BE(flow.nat, at + 10);
  target.writeUInt16BE(flow.clientPort, at + 14);
  target.writeUInt16BE(flow.remotePort, at + 16);
  target.writeUInt16BE(flow.natPort, at + 18);
  target.writeUInt16BE(Math.min(lifetime, LIFETIME_MAX), at + 20);
  target[at + 22] = flow.protocol === TCP ? flow.tcpState : 0;
  target[at + 23] = flow.protocol === TCP ? (flow.wscaleOriginal << 4) | flow.wscaleReply : 0;
  target[at + 24] = flow.protocol === TCP ? flow.tcpFlagsOriginal : 0;
  target[at + 25] = flow.protocol === TCP ? flow.tcpFlagsReply : 0;
}

/** Reads a record; false when it is none that a NAT could have: then nothing of it may be used. */
export function readRecord(source: Buffer, at: number, flow: Flow): boolean {
  flow.protocol = source.readUInt8(at);
  flow.client = source.readUInt32BE(at + 2);
  flow.remote = source.readUInt32BE(at + 6);
  flow.nat = source.readUInt32BE(at + 10);
  flow.clientPort = source.readUInt16BE(at + 14);
  flow.remotePort = source.readUInt16BE(at + 16);
  flow.natPort = source.readUInt16BE(at + 18);
  flow.lifetime = source.readUInt16BE(at + 20);
  flow.tcpState = source.readUInt8(at + 22);
  const scales = source.readUInt8(at + 23);
  flow.wscaleOriginal = scales >>> 4;
  flow.wscaleReply = scales & 0xf;
  flow.tcpFlagsOriginal = source.readUInt8(at + 24);
  flow.tcpFlagsReply = source.readUInt8(at + 25);
  // An identifier may be any number.
  if (flow.protocol === ICMP) return flow.remotePort === 0 && flow.tcpState === 0;
  if (flow.clientPort === 0 || flow.remotePort === 0 || flow.natPort === 0) return false;
  if (flow.protocol === UDP) return flow.tcpState === 0;
  return flow.protocol === TCP && flow.tcpState > 0 && flow.tcpState <= TCP_STATE_MAX;
}

export function kindOf(source: Buffer, at: number): number {
  return source.readUInt8(at + 1);
}

/** The SNAT address of a record, and its replacement: a foreign zone serves the lane under another one. */
export const NAT_OFFSET = 10;
