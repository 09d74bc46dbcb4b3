import { RECORD_BYTES } from "./record";

/** What a packet says. */
export type Body =
  /** Records as they are. `sweep`: the token of the full sweep that they are part of; 0: announced or swept for everybody. */
  | { readonly kind: "flows"; readonly sweep: number; readonly records: Buffer }
  /** Send me all your flows. */
  | { readonly kind: "ask"; readonly sweep: number }
  /** That was the full sweep: so many records; of these SNAT addresses of yours there is nothing else, for I carry their lanes. */
  | { readonly kind: "end"; readonly sweep: number; readonly flows: number; readonly owned: readonly number[] }
  /** These packets of your stream never came. */
  | { readonly kind: "missing"; readonly stream: "zone" | "nat"; readonly sequences: readonly number[] };

const KIND = { flows: 1, ask: 2, end: 3, missing: 4 } as const;
const FLOWS_HEADER_BYTES = 5;
const END_BYTES = 9;
/** So many sequences are asked for in one packet. */
export const MISSING_MAX = 200;

/** Records that fit a body of `room` bytes. */
export function recordsPerBody(room: number): number {
  return Math.floor((room - FLOWS_HEADER_BYTES) / RECORD_BYTES);
}

export function encodeBody(body: Body): Buffer {
  switch (body.kind) {
    case "flows": {
      const head = Buffer.alloc(FLOWS_HEADER_BYTES);
      head[0] = KIND.flows;
      head.writeUInt32BE(body.sweep, 1);
      return Buffer.concat([head, body.records]);
    }
    case "ask": {
      const bytes = Buffer.alloc(5);
      bytes[0] = KIND.ask;
      bytes.writeUInt32BE(body.sweep, 1);
      return bytes;
    }
    case "end": {
      const bytes = Buffer.alloc(END_BYTES + 4 * body.owned.length);
      bytes[0] = KIND.end;
      bytes.writeUInt32BE(body.sweep, 1);
      bytes.writeUInt32BE(body.flows, 5);
      body.owned.forEach((nat, index) => bytes.writeUInt32BE(nat, END_BYTES + 4 * index));
      return bytes;
    }
    case "missing": {
      const bytes = Buffer.alloc(2 + 6 * body.sequences.length);
      bytes[0] = KIND.missing;
      bytes[1] = body.stream === "zone" ? 0 : 1;
      body.sequences.forEach((sequence, index) => bytes.writeUIntBE(sequence, 2 + 6 * index, 6));
      return bytes;
    }
  }
}

/** Undefined when it is none of ours: sealed by a peer all the same, so a peer of another make. */
export function decodeBody(bytes: Buffer): Body | undefined {
  switch (bytes[0]) {
    case KIND.flows:
      if (bytes.length < FLOWS_HEADER_BYTES || (bytes.length - FLOWS_HEADER_BYTES) % RECORD_BYTES !== 0) return undefined;
      return { kind: "flows", sweep: bytes.readUInt32BE(1), records: bytes.subarray(FLOWS_HEADER_BYTES) };
    case KIND.ask:
      return bytes.length === 5 ? { kind: "ask", sweep: bytes.readUInt32BE(1) } : undefined;
    case KIND.end: {
      const count = (bytes.length - END_BYTES) / 4;
      if (!Number.isInteger(count) || count < 0) return undefined;
      const owned = Array.from({ length: count }, (_, index) => bytes.readUInt32BE(END_BYTES + 4 * index));
      return { kind: "end", sweep: bytes.readUInt32BE(1), flows: bytes.readUInt32BE(5), owned };
    }
    case KIND.missing: {
      const count = (bytes.length - 2) / 6;
      if (!Number.isInteger(count) || count < 1 || count > MISSING_MAX || (bytes[1] ?? 2) > 1) return undefined;
      const sequences = Array.from({ length: count }, (_, index) => bytes.readUIntBE(2 + 6 * index, 6));
      return { kind: "missing", stream: bytes[1] === 0 ? "zone" : "nat", sequences };
    }
    default:
      return undefined;
  }
}
