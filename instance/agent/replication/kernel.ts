import { readSync, writeSync } from "node:fs";
import { emptyFlow, type Flow } from "./flow";
import { MESSAGE } from "./netlink";
import { readFlow, readMessages } from "./netlink-read";
import { REQUEST_BYTES, RequestWriter } from "./netlink-write";

/** Descriptors of bin/with-netlink, in its order. */
export interface Descriptors {
  readonly events: number;
  readonly dumps: number;
  readonly changes: number;
}

/** A change of one flow, and what to do when the kernel says no. */
export type Change = "create" | "update" | "delete-original" | "delete-reply";

export interface KernelTable {
  /** Carries out one change for each flow; calls back with the errno (0: done) in order. Blocks, some 5 µs a flow. */
  apply(change: Change, flows: readonly Flow[], answer: (flow: Flow, errno: number) => void): void;
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

export function openKernelTable({ dumps, changes }: Descriptors): KernelTable {
  const writer = new RequestWriter(Buffer.alloc(PER_WRITE * REQUEST_BYTES));
  const answers = Buffer.alloc(READ_BYTES);
  const pieces = Buffer.alloc(READ_BYTES);
  const question = new RequestWriter(Buffer.alloc(REQUEST_BYTES));
  let sequence = 1;
  return {
    apply: (change, flows, answer) => {
      for (let from = 0; from < flows.length; from += PER_WRITE) {
        const part = flows.slice(from, from + PER_WRITE);
        const first = sequence;
        sequence = (sequence + part.length) >>> 0;
        writer.reset();
        part.forEach((flow, index) => write(writer, change, flow, first + index));
        writer.acknowledgeLast();
        writeSync(changes, writer.buffer, 0, writer.offset);
        const errors = readAnswers(changes, answers, first, part.length);
        part.forEach((flow, index) => answer(flow, errors.get(first + index) ?? 0));
      }
    },
    dump: (take) => {
      sequence = (sequence + 1) >>> 0;
      question.reset();
      question.dump(sequence);
      writeSync(dumps, question.buffer, 0, question.offset);
      return pieceReader(dumps, pieces, sequence, take);
    },
  };
}

function write(writer: RequestWriter, change: Change, flow: Flow, sequence: number): void {
  switch (change) {
    case "create":
      return writer.create(flow, sequence);
    case "update":
      return writer.update(flow, sequence);
    case "delete-original":
      return writer.deleteOriginal(flow, sequence);
    case "delete-reply":
      return writer.deleteReply(flow, sequence);
  }
}

/** Errors come without being asked for; the last request is answered in any case. */
function readAnswers(descriptor: number, buffer: Buffer, first: number, count: number): Map<number, number> {
  const errors = new Map<number, number>();
  for (let isOver = false; !isOver;) {
    const length = readSync(descriptor, buffer, 0, buffer.length, null);
    readMessages(buffer, length, ({ type, sequence, errno }) => {
      // What an earlier call left behind when it was broken off is not ours.
      if (type !== MESSAGE.error || sequence < first || sequence >= first + count) return;
      if (errno !== 0) errors.set(sequence, errno);
      if (sequence === first + count - 1) isOver = true;
    });
  }
  return errors;
}

function pieceReader(descriptor: number, buffer: Buffer, sequence: number, take: (flow: Flow) => void): () => boolean {
  const flow = emptyFlow();
  return () => {
    let isOver = false;
    const length = readSync(descriptor, buffer, 0, buffer.length, null);
    readMessages(buffer, length, (message) => {
      if (message.sequence !== sequence) return;
      if (message.type === MESSAGE.done) isOver = true;
      else if (message.type === MESSAGE.error) throw new DumpError(`the kernel refused the dump: errno ${message.errno}`);
      else if (message.type === MESSAGE.flow && readFlow(buffer, message.from, message.to, flow)) take(flow);
    });
    return !isOver;
  };
}
