import { readSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import { monotonicMs } from "./clock";
import { emptyFlow, type Flow, TCP, TCP_STATE } from "./flow";
import { MESSAGE } from "./netlink";
import { readFlow, readMessages } from "./netlink-read";
import { RECORD_BYTES, RECORD_KIND, writeRecord } from "./record";
import type { ReaderMessage, ReaderStart } from "./thread-messages";

/** What was read goes out when the oldest is so old, or when so many are there. Milliseconds; the batch's share of the lag. */
const BATCH_MS = 15;
const BATCH_RECORDS = 512;
/** After an error that is not expected. */
const PAUSE_MS = 200;

/** Calls back for each flow of our lanes that a packet has brought to the state that is announced; the object is the same each time. */
export function readAnnouncements(datagram: Buffer, length: number, ours: ReadonlySet<number>, take: (flow: Flow) => void): void {
  readMessages(datagram, length, ({ type, port, from, to }) => {
    // What somebody set over netlink, ourselves for one, is no packet's doing: a copy that we renew must not be announced.
    if (port !== 0 || type !== MESSAGE.flow) return;
    if (!readFlow(datagram, from, to, flow) || !ours.has(flow.nat)) return;
    // An event that came for another reason than a state has none; what is announced is established.
    if (flow.protocol === TCP && flow.tcpState === 0) flow.tcpState = TCP_STATE.established;
    take(flow);
  });
}

const flow = emptyFlow();

/**
 * A thread of its own that blocks in read(2): the kernel hands out one flow a call, and its buffer is small. Loops until the process
 * ends; the socket's receive timeout is its clock.
 */
function read(
  { descriptor, addresses, newborn }: ReaderStart,
  say: (message: ReaderMessage, transfer?: ArrayBuffer[]) => void,
): void {
  const ours = new Set(addresses);
  const datagram = Buffer.alloc(16 << 10);
  let batch = Buffer.from(new ArrayBuffer(BATCH_RECORDS * RECORD_BYTES));
  let count = 0;
  let since = 0;
  const flush = () => {
    if (count === 0) return;
    const records = new Uint8Array(batch.buffer, 0, count * RECORD_BYTES);
    say({ kind: "announced", records, since }, [records.buffer]);
    batch = Buffer.from(new ArrayBuffer(BATCH_RECORDS * RECORD_BYTES));
    count = 0;
  };
  for (;;) {
    try {
      const length = readSync(descriptor, datagram, 0, datagram.length, null);
      readAnnouncements(datagram, length, ours, (flow) => {
        if (count === 0) since = monotonicMs();
        writeRecord(batch, count * RECORD_BYTES, flow, newborn, RECORD_KIND.announced);
        count += 1;
        if (count === BATCH_RECORDS) flush();
      });
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "ENOBUFS") say({ kind: "overrun" });
      else if (code !== "EAGAIN" && code !== "EINTR") {
        say({ kind: "fault", why: error instanceof Error ? error.message : String(error) });
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
      }
    }
    if (count > 0 && monotonicMs() - since >= BATCH_MS) flush();
  }
}

const port = parentPort;
if (port !== null) read(workerData as ReaderStart, (message, transfer = []) => port.postMessage(message, transfer));
