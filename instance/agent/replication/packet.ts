import { createCipheriv, createDecipheriv, hkdfSync } from "node:crypto";

/**
 * A sealed packet (docs/reference/replication.md). What is not encrypted is authenticated. The key of a packet is derived from the
 * fleet's key, the sender, its boot and the stream, so a sequence number is used once under a key and is the nonce.
 */
export const MAX_PACKET_BYTES = 1400;
export const VERSION = 1;
const MAGIC = Buffer.from("HNFR");
const BOOT_BYTES = 16;
const TAG_BYTES = 16;
const SENDER_MAX = 32;
/** Magic, version, stream, sender's length, (sender), boot ID, boot time, sent at, sequence. */
const FIXED_BYTES = 4 + 1 + 1 + 1 + BOOT_BYTES + 6 + 6 + 6;
/** Clocks of NATs agree far better; a packet that is older than this was kept by somebody. Milliseconds. */
const FRESH_MS = 30_000;

/** To all NATs of a zone, or to one NAT. Sequences run per stream. */
export type Stream = { readonly to: "zone"; readonly name: string } | { readonly to: "nat"; readonly name: string };

export interface Sender {
  readonly instanceId: string;
  /** UUID. */
  readonly bootId: string;
  /** Milliseconds since the epoch. */
  readonly bootMs: number;
}

export interface Header extends Sender {
  readonly stream: Stream["to"];
  readonly sequence: number;
}

export type PacketDrop = "malformed" | "foreign" | "forged" | "replayed" | "otherVersion";
export type Opened =
  | { readonly outcome: "ok"; readonly header: Header; readonly body: Buffer }
  | { readonly outcome: PacketDrop; readonly why: string };

export interface OpenContext {
  readonly env: string;
  readonly instanceId: string;
  readonly zone: string;
  /** Instance ID → the one address its packets come from. */
  readonly addresses: ReadonlyMap<string, string>;
  /** The current key, and the previous one during a rotation. */
  readonly keys: readonly Buffer[];
  readonly nowMs: number;
}

/** Bytes that a body may have in a packet of this sender. */
export function bodyRoom({ instanceId }: Sender): number {
  return MAX_PACKET_BYTES - FIXED_BYTES - instanceId.length - TAG_BYTES;
}

/** Seals bodies of one boot, for one fleet. */
export class Sealer {
  private readonly derived = new Map<string, Buffer>();

  constructor(
    private readonly env: string,
    private readonly sender: Sender,
  ) {}

  seal(key: Buffer, stream: Stream, sequence: number, nowMs: number, body: Buffer): Buffer {
    const { instanceId, bootId, bootMs } = this.sender;
    const header = Buffer.alloc(FIXED_BYTES + instanceId.length);
    let at = MAGIC.copy(header);
    header[at++] = VERSION;
    header[at++] = stream.to === "zone" ? 0 : 1;
    header[at++] = instanceId.length;
    at += header.write(instanceId, at, "latin1");
    at += bootBytes(bootId).copy(header, at);
    for (const number of [bootMs, nowMs, sequence]) at = header.writeUIntBE(number, at, 6);
    const cached = `${key.toString("latin1")} ${stream.to} ${stream.name}`;
    const secret = this.derived.get(cached) ?? derive(key, this.env, this.sender, stream);
    this.derived.set(cached, secret);
    const cipher = createCipheriv("aes-256-gcm", secret, nonce(sequence));
    cipher.setAAD(header);
    const sealed = cipher.update(body);
    cipher.final();
    return Buffer.concat([header, sealed, cipher.getAuthTag()]);
  }
}

/** Opens packets of peers; never throws. Order and repetition are the receiver's to judge (sequence-window.ts). */
export class Opener {
  private readonly derived = new Map<string, Buffer>();

  open(packet: Buffer, source: string, context: OpenContext): Opened {
    const parsed = parseHeader(packet);
    if ("outcome" in parsed) return parsed;
    const { header, bytes, sentAtMs } = parsed;
    if (context.addresses.get(header.instanceId) !== source)
      return drop("foreign", `${header.instanceId} is no listed peer at ${source}`);
    const body = this.decrypt(packet, bytes, header, context);
    if (body === undefined) return drop("forged", `no key of ours sealed it for us, from ${source}`);
    const age = context.nowMs - sentAtMs;
    if (Math.abs(age) > FRESH_MS)
      return drop("replayed", `${header.instanceId} sealed it ${age} ms ago by its clock; at most ${FRESH_MS} count`);
    return { outcome: "ok", header, body };
  }

  private decrypt(packet: Buffer, headerBytes: number, header: Header, context: OpenContext): Buffer | undefined {
    const name = header.stream === "zone" ? context.zone : context.instanceId;
    for (const key of context.keys) {
      const cached = `${key.toString("latin1")} ${header.instanceId} ${header.bootId} ${header.stream}`;
      const secret = this.derived.get(cached) ?? derive(key, context.env, header, { to: header.stream, name });
      const decipher = createDecipheriv("aes-256-gcm", secret, nonce(header.sequence), { authTagLength: TAG_BYTES });
      decipher.setAAD(packet.subarray(0, headerBytes));
      decipher.setAuthTag(packet.subarray(-TAG_BYTES));
      const body = decipher.update(packet.subarray(headerBytes, -TAG_BYTES));
      try {
        decipher.final();
      } catch {
        continue;
      }
      // Only what proved genuine is remembered, and boots come and go: a forger cannot fill it.
      if (this.derived.size >= 256) this.derived.clear();
      this.derived.set(cached, secret);
      return body;
    }
    return undefined;
  }
}

interface Parsed {
  readonly header: Header;
  readonly bytes: number;
  readonly sentAtMs: number;
}

function parseHeader(packet: Buffer): Parsed | { readonly outcome: PacketDrop; readonly why: string } {
  const limits = `from ${FIXED_BYTES + 1 + TAG_BYTES} to ${MAX_PACKET_BYTES} are read`;
  if (packet.length > MAX_PACKET_BYTES || packet.length < FIXED_BYTES + 1 + TAG_BYTES)
    return drop("malformed", `${packet.length} bytes; ${limits}`);
  if (!packet.subarray(0, MAGIC.length).equals(MAGIC)) return drop("malformed", "it does not begin as a packet of ours");
  const version = packet.readUInt8(4);
  if (version !== VERSION) return drop("otherVersion", `version ${version}; this payload reads ${VERSION}`);
  const stream = packet.readUInt8(5);
  const length = packet.readUInt8(6);
  const bytes = FIXED_BYTES + length;
  if (stream > 1 || length === 0 || length > SENDER_MAX || packet.length < bytes + TAG_BYTES)
    return drop("malformed", "its header does not add up");
  let at = 7;
  const instanceId = packet.toString("latin1", at, (at += length));
  const bootId = packet.toString("hex", at, (at += BOOT_BYTES));
  const [bootMs, sentAtMs, sequence] = [0, 6, 12].map((offset) => packet.readUIntBE(at + offset, 6)) as [number, number, number];
  return { header: { instanceId, bootId, bootMs, stream: stream === 0 ? "zone" : "nat", sequence }, bytes, sentAtMs };
}

function derive(key: Buffer, env: string, { instanceId, bootId }: Sender, stream: Stream): Buffer {
  const info = `ha-nat flow replication ${VERSION}|${env}|${instanceId}|${stream.to}|${stream.name}`;
  return Buffer.from(hkdfSync("sha256", key, bootBytes(bootId), info, 32));
}

function bootBytes(bootId: string): Buffer {
  return Buffer.from(bootId.replaceAll("-", ""), "hex");
}

function nonce(sequence: number): Buffer {
  const bytes = Buffer.alloc(12);
  bytes.writeUIntBE(sequence, 6, 6);
  return bytes;
}

function drop(outcome: PacketDrop, why: string): { readonly outcome: PacketDrop; readonly why: string } {
  return { outcome, why };
}
