import { createHmac, timingSafeEqual } from "node:crypto";
import * as z from "zod/mini";
import { HEARTBEAT_MAC_BYTES, MAX_HEARTBEAT_BYTES, type HeartbeatBody } from "../../contract/heartbeat";

/** What a receiver knows of a sender's last accepted packet. */
export interface LastHeartbeat {
  readonly boot: string;
  readonly bootMs: number;
  readonly seq: number;
}

export interface OpenContext {
  readonly env: string;
  /** Instance ID → the one address its packets come from. */
  readonly addresses: ReadonlyMap<string, string>;
  /** The current key, and the previous one during a rotation. */
  readonly keys: readonly Buffer[];
  readonly lastOf: (instanceId: string) => LastHeartbeat | undefined;
}

export type DropReason = "malformed" | "foreign" | "forged" | "replayed";
export type Opened =
  { readonly outcome: "ok"; readonly body: HeartbeatBody } | { readonly outcome: DropReason; readonly why: string };

const instanceId = z.string().check(z.minLength(1), z.maxLength(32));
const count = z.int().check(z.gte(0));
const bodySchema = z.object({
  v: z.literal(1),
  env: z.string(),
  id: instanceId,
  boot: z.string().check(z.minLength(1), z.maxLength(64)),
  seq: z.int().check(z.gte(1)),
  bootMs: count,
  probe: z.object({ ok: z.boolean(), fails: count }),
  misses: z.array(instanceId),
  ok: z.boolean(),
});

/** Packet of a body under a key. Throws when it would be longer than MAX_HEARTBEAT_BYTES. */
export function seal(body: HeartbeatBody, key: Buffer): Buffer {
  const json = Buffer.from(JSON.stringify(body), "utf8");
  const bytes = json.length + HEARTBEAT_MAC_BYTES;
  if (bytes > MAX_HEARTBEAT_BYTES)
    throw new RangeError(`heartbeat of ${bytes} bytes; at most ${MAX_HEARTBEAT_BYTES} fit a packet`);
  return Buffer.concat([mac(json, key), json]);
}

/**
 * Judges a packet; never throws. Cheap and unforgeable tests first: size, source, MAC; the text is parsed only when a key
 * of ours sealed it. A sender of another environment that shares our key is foreign, not forged.
 */
export function open(packet: Buffer, source: string, context: OpenContext): Opened {
  if (packet.length <= HEARTBEAT_MAC_BYTES || packet.length > MAX_HEARTBEAT_BYTES)
    return drop("malformed", `${packet.length} bytes; from ${HEARTBEAT_MAC_BYTES + 1} to ${MAX_HEARTBEAT_BYTES} are read`);
  if (![...context.addresses.values()].includes(source)) return drop("foreign", `no listed peer has the address ${source}`);

  const claimed = packet.subarray(0, HEARTBEAT_MAC_BYTES);
  const json = packet.subarray(HEARTBEAT_MAC_BYTES);
  if (!context.keys.some((key) => timingSafeEqual(claimed, mac(json, key))))
    return drop("forged", `no key of ours sealed it, from ${source}`);

  const body = parseBody(json);
  if (body === undefined) return drop("malformed", `sealed by us but not a heartbeat of version 1, from ${source}`);
  if (body.env !== context.env) return drop("foreign", `environment ${body.env.slice(0, 32)}, this is ${context.env}`);
  if (context.addresses.get(body.id) !== source) return drop("foreign", `${body.id} does not live at ${source}`);
  return judgeOrder(body, context.lastOf(body.id));
}

function judgeOrder(body: HeartbeatBody, last: LastHeartbeat | undefined): Opened {
  if (last === undefined || body.bootMs > last.bootMs) return { outcome: "ok", body };
  if (body.bootMs < last.bootMs || body.boot !== last.boot) return drop("replayed", `${body.id} of an older boot`);
  if (body.seq <= last.seq) return drop("replayed", `${body.id} sequence ${body.seq}, ${last.seq} was heard already`);
  return { outcome: "ok", body };
}

function parseBody(json: Buffer): HeartbeatBody | undefined {
  try {
    return bodySchema.safeParse(JSON.parse(json.toString("utf8"))).data;
  } catch {
    return undefined;
  }
}

function mac(json: Buffer, key: Buffer): Buffer {
  return createHmac("sha256", key).update(json).digest();
}

function drop(outcome: DropReason, why: string): Opened {
  return { outcome, why };
}
