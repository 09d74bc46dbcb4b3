import { type Flow, ICMP, TCP } from "./flow";
import { CTA, CTA_PROTO, FLAG, HEADER_BYTES, ICMP_TYPE, MESSAGE, STATUS } from "./netlink";

const NLA_F_NESTED = 0x8000;
const AF_INET = 2;
const STATUS_LIVING = STATUS.seenReply | STATUS.assured | STATUS.confirmed;
/** IP_CT_TCP_FLAG_WINDOW_SCALE and _SACK_PERM are copied; _BE_LIBERAL is set: a copy has not seen the windows that the next packet refers to. */
const TCP_FLAGS_COPIED = 0x3;
const TCP_FLAG_BE_LIBERAL = 0x8;
/** No request is longer. */
export const REQUEST_BYTES = 256;

/**
 * Writes requests into a buffer, one behind the other. Exact where the `conntrack` tool is not: it changes or deletes one flow by walking
 * the whole table.
 */
export class RequestWriter {
  offset = 0;
  private start = 0;

  constructor(readonly buffer: Buffer) {}

  reset(): void {
    this.offset = 0;
  }

  /** Creates the flow with its translation; EEXIST when the client's side or the public side of it is taken. */
  create(flow: Flow, sequence: number): void {
    this.begin(MESSAGE.flow, FLAG.request | FLAG.create | FLAG.exclusive, sequence);
    this.original(flow);
    // As if it were not translated: the kernel derives the reply's real form from CTA_NAT_SRC.
    this.tuple(CTA.reply, flow.protocol, flow.remote, flow.remotePort, flow.client, flow.clientPort);
    this.u32(CTA.status, STATUS_LIVING);
    this.u32(CTA.timeout, flow.lifetime);
    this.protoinfo(flow);
    const source = this.nest(CTA.natSource);
    this.u32(1, flow.nat);
    this.u32(2, flow.nat);
    const ports = this.nest(3);
    this.u16(1, flow.natPort);
    this.u16(2, flow.natPort);
    this.close(ports);
    this.close(source);
    this.end();
  }

  /** Sets lifetime and TCP state; ENOENT when the client's side is not there. */
  update(flow: Flow, sequence: number): void {
    this.begin(MESSAGE.flow, FLAG.request, sequence);
    this.original(flow);
    this.u32(CTA.timeout, flow.lifetime);
    this.protoinfo(flow);
    this.end();
  }

  /** Marks as assured what the kernel itself does not: then dumps have it. ENOENT when the client's side is not there. */
  assure(flow: Flow, sequence: number): void {
    this.begin(MESSAGE.flow, FLAG.request, sequence);
    this.original(flow);
    this.u32(CTA.status, STATUS_LIVING);
    this.end();
  }

  /** Asks for what has this client's side; ENOENT when nothing has. */
  get(flow: Flow, sequence: number): void {
    this.begin(MESSAGE.get, FLAG.request, sequence);
    this.original(flow);
    this.end();
  }

  /** Deletes what has this client's side; ENOENT when nothing has. */
  deleteOriginal(flow: Flow, sequence: number): void {
    this.begin(MESSAGE.delete, FLAG.request, sequence);
    this.original(flow);
    this.end();
  }

  /** Deletes what has this public side; ENOENT when nothing has. */
  deleteReply(flow: Flow, sequence: number): void {
    this.begin(MESSAGE.delete, FLAG.request, sequence);
    this.tuple(CTA.reply, flow.protocol, flow.remote, flow.remotePort, flow.nat, flow.natPort);
    this.end();
  }

  /** All assured flows (older kernels: all flows). */
  dump(sequence: number): void {
    this.begin(MESSAGE.get, FLAG.request | FLAG.dump, sequence);
    this.u32(CTA.status, STATUS.assured);
    this.u32(CTA.statusMask, STATUS.assured);
    this.end();
  }

  /** Asks for an answer to the last request: all before it are done when it comes. */
  acknowledgeLast(): void {
    this.buffer.writeUInt16LE(this.buffer.readUInt16LE(this.start + 6) | FLAG.ack, this.start + 6);
  }

  private begin(type: number, flags: number, sequence: number): void {
    this.start = this.offset;
    const { buffer, start } = this;
    buffer.writeUInt16LE(type, start + 4);
    buffer.writeUInt16LE(flags, start + 6);
    buffer.writeUInt32LE(sequence, start + 8);
    buffer.writeUInt32LE(0, start + 12);
    buffer.writeUInt32LE(AF_INET, start + 16);
    this.offset = start + HEADER_BYTES;
  }

  private end(): void {
    this.buffer.writeUInt32LE(this.offset - this.start, this.start);
  }

  private original({ protocol, client, clientPort, remote, remotePort }: Flow): void {
    this.tuple(CTA.original, protocol, client, clientPort, remote, remotePort);
  }

  // eslint-disable-next-line max-params -- the five numbers that make a tuple, and which one it is
  private tuple(type: number, protocol: number, source: number, sourcePort: number, target: number, targetPort: number): void {
    const tuple = this.nest(type);
    const addresses = this.nest(1);
    this.u32(1, source);
    this.u32(2, target);
    this.close(addresses);
    const transport = this.nest(2);
    this.u8(CTA_PROTO.number, protocol);
    if (protocol === ICMP) {
      this.u16(CTA_PROTO.icmpId, type === CTA.original ? sourcePort : targetPort);
      this.u8(CTA_PROTO.icmpType, type === CTA.original ? ICMP_TYPE.echo : ICMP_TYPE.echoReply);
      this.u8(CTA_PROTO.icmpCode, 0);
    } else {
      this.u16(CTA_PROTO.sourcePort, sourcePort);
      this.u16(CTA_PROTO.targetPort, targetPort);
    }
    this.close(transport);
    this.close(tuple);
  }

  private protoinfo(flow: Flow): void {
    if (flow.protocol !== TCP) return;
    const info = this.nest(CTA.protoinfo);
    const tcp = this.nest(1);
    this.u8(1, flow.tcpState);
    this.u8(2, flow.wscaleOriginal);
    this.u8(3, flow.wscaleReply);
    this.tcpFlags(4, flow.tcpFlagsOriginal);
    this.tcpFlags(5, flow.tcpFlagsReply);
    this.close(tcp);
    this.close(info);
  }

  private tcpFlags(type: number, flags: number): void {
    const mask = TCP_FLAGS_COPIED | TCP_FLAG_BE_LIBERAL;
    this.attribute(type, 2);
    this.buffer[this.offset] = (flags & TCP_FLAGS_COPIED) | TCP_FLAG_BE_LIBERAL;
    this.buffer[this.offset + 1] = mask;
    this.advance(2);
  }

  private nest(type: number): number {
    const at = this.offset;
    this.buffer.writeUInt16LE(type | NLA_F_NESTED, at + 2);
    this.offset += 4;
    return at;
  }

  private close(at: number): void {
    this.buffer.writeUInt16LE(this.offset - at, at);
  }

  private attribute(type: number, bytes: number): void {
    this.buffer.writeUInt16LE(4 + bytes, this.offset);
    this.buffer.writeUInt16LE(type, this.offset + 2);
    this.offset += 4;
  }

  private advance(bytes: number): void {
    const padded = (bytes + 3) & ~3;
    this.buffer.fill(0, this.offset + bytes, this.offset + padded);
    this.offset += padded;
  }

  private u8(type: number, value: number): void {
    this.attribute(type, 1);
    this.buffer[this.offset] = value;
    this.advance(1);
  }

  private u16(type: number, value: number): void {
    this.attribute(type, 2);
    this.buffer.writeUInt16BE(value, this.offset);
    this.advance(2);
  }

  private u32(type: number, value: number): void {
    this.attribute(type, 4);
    this.buffer.writeUInt32BE(value, this.offset);
    this.advance(4);
  }
}
