import { type Flow, ICMP, TCP, UDP } from "./flow";
import { CTA, CTA_PROTO, HEADER_BYTES, ICMP_TYPE, MESSAGE, STATUS } from "./netlink";

const TYPE_MASK = 0x3fff;

export interface Message {
  type: number;
  sequence: number;
  /** Netlink port of who caused it; 0: a packet did. */
  port: number;
  /** `MESSAGE.error` only: 0 or a positive errno. */
  errno: number;
  /** Where the attributes are in the datagram. */
  from: number;
  to: number;
}

/** Calls back for every message of a datagram; the object is the same each time. */
export function readMessages(datagram: Buffer, length: number, take: (message: Message) => void): void {
  const message: Message = { type: 0, sequence: 0, port: 0, errno: 0, from: 0, to: 0 };
  for (let at = 0; at + 16 <= length;) {
    const bytes = datagram.readUInt32LE(at);
    if (bytes < 16 || at + bytes > length) return;
    message.type = datagram.readUInt16LE(at + 4);
    message.sequence = datagram.readUInt32LE(at + 8);
    message.port = datagram.readUInt32LE(at + 12);
    message.errno = message.type === MESSAGE.error && bytes >= 20 ? -datagram.readInt32LE(at + 16) : 0;
    message.from = at + HEADER_BYTES;
    message.to = at + bytes;
    take(message);
    at += (bytes + 3) & ~3;
  }
}

/**
 * Reads a flow; false when it is no TCP or UDP over IPv4 that is assured and no echo that was answered (the kernel calls no ICMP assured), or
 * translated in another way than at its source.
 */
export function readFlow(data: Buffer, from: number, to: number, flow: Flow): boolean {
  flow.protocol = 0;
  flow.tcpState = 0;
  flow.lifetime = 0;
  let replySource = -1;
  let status = 0;
  let isEcho = false;
  for (let at = from; at + 4 <= to;) {
    const bytes = data.readUInt16LE(at);
    const end = at + bytes;
    if (bytes < 4 || end > to) break;
    switch (data.readUInt16LE(at + 2) & TYPE_MASK) {
      case CTA.original:
        readTuple(data, at + 4, end);
        flow.protocol = tuple.protocol;
        flow.client = tuple.source;
        flow.clientPort = tuple.sourcePort;
        flow.remote = tuple.target;
        flow.remotePort = tuple.targetPort;
        isEcho = tuple.protocol === ICMP && tuple.icmpType === ICMP_TYPE.echo;
        break;
      case CTA.reply:
        readTuple(data, at + 4, end);
        replySource = tuple.source;
        flow.nat = tuple.target;
        flow.natPort = tuple.protocol === ICMP ? tuple.sourcePort : tuple.targetPort;
        break;
      case CTA.status:
        status = bytes === 8 ? data.readUInt32BE(at + 4) : 0;
        break;
      case CTA.timeout:
        if (bytes === 8) flow.lifetime = data.readUInt32BE(at + 4);
        break;
      case CTA.protoinfo:
        readTcp(data, at + 8, end, flow);
        break;
    }
    at += (bytes + 3) & ~3;
  }
  const isAssured = (status & STATUS.assured) !== 0 && (flow.protocol === TCP || flow.protocol === UDP);
  const isAnswered = (status & STATUS.seenReply) !== 0 && isEcho;
  return (isAssured || isAnswered) && replySource === flow.remote && flow.nat !== flow.client;
}

/** Filled by readTuple: reading a flow makes no object. */
const tuple = { source: 0, target: 0, protocol: 0, sourcePort: 0, targetPort: 0, icmpType: 0 };

function readTuple(data: Buffer, from: number, to: number): void {
  tuple.protocol = 0;
  tuple.targetPort = 0;
  tuple.icmpType = -1;
  for (let at = from; at + 4 <= to;) {
    const bytes = data.readUInt16LE(at);
    const end = at + bytes;
    if (bytes < 4 || end > to) return;
    const isAddresses = (data.readUInt16LE(at + 2) & TYPE_MASK) === 1;
    for (let inner = at + 4; inner + 5 <= end;) {
      const innerBytes = data.readUInt16LE(inner);
      if (innerBytes < 5 || inner + innerBytes > end) return;
      const type = data.readUInt16LE(inner + 2) & TYPE_MASK;
      if (isAddresses && innerBytes === 8) {
        if (type === 1) tuple.source = data.readUInt32BE(inner + 4);
        else if (type === 2) tuple.target = data.readUInt32BE(inner + 4);
      } else if (type === CTA_PROTO.number) tuple.protocol = data.readUInt8(inner + 4);
      else if (type === CTA_PROTO.icmpType) tuple.icmpType = data.readUInt8(inner + 4);
      else if (innerBytes === 6 && (type === CTA_PROTO.sourcePort || type === CTA_PROTO.icmpId))
        tuple.sourcePort = data.readUInt16BE(inner + 4);
      else if (innerBytes === 6 && type === CTA_PROTO.targetPort) tuple.targetPort = data.readUInt16BE(inner + 4);
      inner += (innerBytes + 3) & ~3;
    }
    at += (bytes + 3) & ~3;
  }
}

function readTcp(data: Buffer, from: number, to: number, flow: Flow): void {
  for (let at = from; at + 4 <= to;) {
    const bytes = data.readUInt16LE(at);
    if (bytes < 5 || at + bytes > to) return;
    const value = data.readUInt8(at + 4);
    switch (data.readUInt16LE(at + 2) & TYPE_MASK) {
      case 1:
        flow.tcpState = value;
        break;
      case 2:
        flow.wscaleOriginal = value;
        break;
      case 3:
        flow.wscaleReply = value;
        break;
      case 4:
        flow.tcpFlagsOriginal = value;
        break;
      case 5:
        flow.tcpFlagsReply = value;
        break;
    }
    at += (bytes + 3) & ~3;
  }
}
