import { randomInt } from "node:crypto";
import { readSync, writeSync } from "node:fs";
import { emptyFlow, type Flow } from "./flow";
import { ERRNO, MESSAGE } from "./netlink";
import { type Message, readFlow, readMessages } from "./netlink-read";
import { REQUEST_BYTES, RequestWriter } from "./netlink-write";

/** Descriptors of bin/with-netlink, in its order. */
export interface Descriptors {
  readonly events: number;
  readonly dumps: number;
  readonly changes: number;
}

/** A change of one flow, and what to do when the kernel says no. */
export type Change = "create" | "update" | "assure" | "delete-original" | "delete-reply";

export interface KernelTable {
  /** Carries out one change for each flow; calls back with the errno (0: done) in order. Blocks, some 5 µs a flow. */
  apply(change: Change, flows: readonly Flow[], answer: (flow: Flow, errno: number) => void): void;
  /** Calls back with what is here for the client's side of each flow, where that is assured. Blocks as `apply`; the flow object is reused. */
  find(flows: readonly Flow[], take: (here: Flow) => void): void;
  /** Starts a dump; each call of the result reads a piece of ~130 flows and says whether there is more. The flow object is reused. */
  dump(take: (flow: Flow) => void): () => boolean;
}

/** Requests per write: the kernel works on them inside the call, ~1 ms. */
const PER_WRITE = 128;
const READ_BYTES = 64 << 10;

export class DumpError extends Error {
  override readonly name = "DumpError";
}

/** The descriptors that bin/with-netlink opened; null when the agent was started without it. */
export function inheritedDescriptors(variable: string | undefined): Descriptors | null {
  const numbers = (variable ?? "").split(",").map(Number);
  const [events, dumps, changes] = numbers;
  if (numbers.length !== 3 || numbers.some((number) => !Number.isInteger(number) || number < 3)) return null;
  return { events: events as number, dumps: dumps as number, changes: changes as number };
}

/**
 * `sequence`: of the first request. The descriptors outlive a thread that fails, and answers to its requests may wait in them: a new one
 * begins elsewhere.
 */
export function openKernelTable({ dumps, changes }: Descriptors, sequence = randomInt(2 ** 32)): KernelTable {
  const writer = new RequestWriter(Buffer.alloc(PER_WRITE * REQUEST_BYTES));
  const answers = Buffer.alloc(READ_BYTES);
  const pieces = Buffer.alloc(READ_BYTES);
  const question = new RequestWriter(Buffer.alloc(REQUEST_BYTES));
  const claim = (count: number): number => {
    const first = sequence;
    sequence = (sequence + count) >>> 0;
    return first;
  };
  const here = emptyFlow();
  const request = (kind: Change | "get", part: readonly Flow[], take: (here: Flow) => void): ReadonlyMap<number, number> => {
    const first = claim(part.length);
    writer.reset();
    part.forEach((flow, index) => write(writer, kind, flow, (first + index) >>> 0));
    writer.acknowledgeLast();
    writeSync(changes, writer.buffer, 0, writer.offset);
    return readAnswers(changes, answers, first, part.length, ({ from, to }) => {
      if (readFlow(answers, from, to, here)) take(here);
    });
  };
  return {
    apply: (change, flows, answer) => {
      for (const part of parts(flows)) {
        const errors = request(change, part, () => undefined);
        part.forEach((flow, index) => answer(flow, errors.get(index) ?? 0));
      }
    },
    find: (flows, take) => {
      for (const part of parts(flows)) request("get", part, take);
    },
    dump: (take) => {
      const ask = (): number => {
        const asked = claim(1);
        question.reset();
        question.dump(asked);
        writeSync(dumps, question.buffer, 0, question.offset);
        return asked;
      };
      return pieceReader(dumps, pieces, ask, take);
    },
  };
}

function* parts(flows: readonly Flow[]): Generator<readonly Flow[]> {
  for (let from = 0; from < flows.length; from += PER_WRITE) yield flows.slice(from, from + PER_WRITE);
}

function write(writer: RequestWriter, kind: Change | "get", flow: Flow, sequence: number): void {
  switch (kind) {
    case "get":
      return writer.get(flow, sequence);
    case "create":
      return writer.create(flow, sequence);
    case "update":
      return writer.update(flow, sequence);
    case "assure":
      return writer.assure(flow, sequence);
    case "delete-original":
      return writer.deleteOriginal(flow, sequence);
    case "delete-reply":
      return writer.deleteReply(flow, sequence);
  }
}

/** By the place of the request among `count`. Errors come without being asked for; the last request is answered in any case. */
function readAnswers(
  descriptor: number,
  buffer: Buffer,
  first: number,
  count: number,
  found: (message: Message) => void,
): ReadonlyMap<number, number> {
  const errors = new Map<number, number>();
  for (let isOver = false; !isOver;) {
    const length = readSync(descriptor, buffer, 0, buffer.length, null);
    readMessages(buffer, length, (message) => {
      const place = (message.sequence - first) >>> 0;
      // What an earlier call left behind when it was broken off is not ours.
      if (place >= count) return;
      if (message.type === MESSAGE.flow) found(message);
      if (message.type !== MESSAGE.error) return;
      if (message.errno !== 0) errors.set(place, message.errno);
      if (place === count - 1) isOver = true;
    });
  }
  return errors;
}

/**
 * A dump that was broken off, by a thread that failed for one, goes on only as it is read, and the kernel refuses another one until it is over: so
 * it is read to its end, and then asked again.
 */
function pieceReader(descriptor: number, buffer: Buffer, ask: () => number, take: (flow: Flow) => void): () => boolean {
  const flow = emptyFlow();
  let sequence = ask();
  let isRefused = false;
  return () => {
    let isOver = false;
    let isOtherOver = false;
    const length = readSync(descriptor, buffer, 0, buffer.length, null);
    readMessages(buffer, length, (message) => {
      if (message.sequence !== sequence) isOtherOver ||= message.type === MESSAGE.done;
      else if (message.type === MESSAGE.done) isOver = true;
      else if (message.type === MESSAGE.error && message.errno === ERRNO.busy) isRefused = true;
      else if (message.type === MESSAGE.error) throw new DumpError(`the kernel refused the dump: errno ${message.errno}`);
      else if (message.type === MESSAGE.flow && readFlow(buffer, message.from, message.to, flow)) take(flow);
    });
    if (isRefused && isOtherOver) {
      isRefused = false;
      sequence = ask();
    }
    return !isOver;
  };
}
