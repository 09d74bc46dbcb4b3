import { Journal } from "../../../../lab/aws/state/journal";
import { createQueues, type Queue } from "../../../../lab/aws/state/queue";
import { Tasks } from "../../../../lab/aws/state/tasks";
import { ManualClock, turn } from "../../../support/manual-clock";
import { stackModel } from "../../../support/stack-model";

function queues(clock = new ManualClock()): {
  readonly clock: ManualClock;
  readonly fifo: Queue;
  readonly deadLetters: Queue;
  readonly tasks: Tasks;
} {
  const tasks = new Tasks(clock, () => undefined);
  const [fifo, deadLetters] = [...createQueues(stackModel.queues, tasks, new Journal(clock)).values()];
  if (fifo === undefined || deadLetters === undefined) throw new Error("the model has the queue and its dead letters");
  return { clock, fifo, deadLetters, tasks };
}

const send = (queue: Queue, body: string, more: { groupId?: string; deduplicationId?: string } = {}) =>
  queue.send({ body, groupId: more.groupId ?? "test", deduplicationId: more.deduplicationId, senderId: "AROA:i-1" });

const bodies = (messages: readonly { readonly body: string }[]): readonly string[] => messages.map((message) => message.body);

test("messages of a group come in order, and none while one of the group is in flight", () => {
  const { fifo } = queues();
  for (const body of ["1", "2", "3"]) send(fifo, body);

  const first = fifo.receive(2);

  expect(bodies(first)).toEqual(["1", "2"]);
  expect(fifo.receive(10)).toEqual([]);
  for (const message of first) fifo.delete(message.receiptHandle);
  expect(bodies(fifo.receive(10))).toEqual(["3"]);
});

test("another group is not held up", () => {
  const { fifo } = queues();
  send(fifo, "1");
  fifo.receive(1);
  send(fifo, "other", { groupId: "prod" });

  expect(bodies(fifo.receive(10))).toEqual(["other"]);
});

test("a deduplication ID is swallowed for five minutes and answered with the first message's ID", async () => {
  const { fifo, clock } = queues();
  const first = send(fifo, "1", { deduplicationId: "boot-1" });

  const again = send(fifo, "1 again", { deduplicationId: "boot-1" });

  expect(again.messageId).toBe(first.messageId);
  expect(fifo.depth).toEqual({ visible: 1, inFlight: 0 });
  await clock.advance(5 * 60_000 + 1);
  expect(send(fifo, "1 anew", { deduplicationId: "boot-1" }).messageId).not.toBe(first.messageId);
});

test("without a deduplication ID the body is it", () => {
  const { fifo } = queues();
  send(fifo, "same");
  send(fifo, "same");
  send(fifo, "other");

  expect(fifo.depth.visible).toBe(2);
});

test("a message that is not deleted comes back after its visibility timeout, counted", async () => {
  const { fifo, clock } = queues();
  send(fifo, "1");
  fifo.receive(1);

  await clock.advance(5900);
  expect(fifo.receive(1)).toEqual([]);
  await clock.advance(200);

  expect(fifo.receive(1)).toMatchObject([{ body: "1", receiveCount: 2 }]);
});

test("a message received too often goes to the dead letters, and the next of its group is free", async () => {
  const { fifo, deadLetters, clock } = queues();
  send(fifo, "poison");
  send(fifo, "next");
  for (let round = 0; round < 2; round += 1) {
    expect(bodies(fifo.receive(1))).toEqual(["poison"]);
    await clock.advance(6100);
  }

  expect(bodies(fifo.receive(1))).toEqual(["next"]);
  expect(deadLetters.receive(1)).toMatchObject([{ body: "poison", groupId: "test", senderId: "AROA:i-1" }]);
});

test("a receipt handle is worth nothing after its timeout", async () => {
  const { fifo, clock } = queues();
  send(fifo, "1");
  const [message] = fifo.receive(1);
  await clock.advance(6100);

  expect(fifo.delete(message?.receiptHandle ?? "")).toBe(false);
  expect(fifo.changeVisibility(message?.receiptHandle ?? "", 0)).toBe(false);
  expect(fifo.depth.visible).toBe(1);
});

test("visibility 0 gives a message back at once", () => {
  const { fifo } = queues();
  send(fifo, "1");
  const [message] = fifo.receive(1);

  fifo.changeVisibility(message?.receiptHandle ?? "", 0);

  expect(bodies(fifo.receive(1))).toEqual(["1"]);
});

test("sequence numbers rise", () => {
  const { fifo } = queues();
  const numbers = ["1", "2", "3"].map((body) => BigInt(send(fifo, body).sequenceNumber ?? 0));

  expect([...numbers].sort((a, b) => (a < b ? -1 : 1))).toEqual(numbers);
});

test("a waiter wakes at the arrival, at a timeout, and not before its group is free", async () => {
  const { fifo, clock, tasks } = queues();
  const woken: string[] = [];
  send(fifo, "1");
  fifo.receive(1);
  send(fifo, "2");
  tasks.spawn("waiter", async () => {
    await fifo.whenReceivable(20_000);
    woken.push(`at ${clock.now()}`);
  });

  await clock.advance(5900);
  expect(woken).toEqual([]);
  await clock.advance(200);

  expect(woken).toEqual(["at 6000"]);
  await tasks.stop();
  await turn();
  expect(clock.pending).toBe(0);
});

test("dead letters that lead nowhere are refused at load", () => {
  const clock = new ManualClock();
  const broken = stackModel.queues.slice(0, 1);

  expect(() => createQueues(broken, new Tasks(clock, () => undefined), new Journal(clock))).toThrow(
    /sends its dead letters to .*, which the stack does not have/,
  );
});

/** As Node's: a timer fires up to a millisecond early, and time goes on between two readings. */
class CreepingClock extends ManualClock {
  constructor(private crept: number) {
    super();
  }

  override now(): number {
    this.crept += 0.3;
    return super.now() + this.crept;
  }

  override after(ms: number, callback: () => void): () => void {
    return super.after(Math.floor(ms), callback);
  }
}

test.each([0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9])(
  "a message that becomes visible between two readings of the clock is waited for (phase %d ms)",
  async (phase) => {
    const { fifo, clock } = queues(new CreepingClock(phase));
    send(fifo, "1");
    fifo.receive(1, 5);
    let isReceivable = false;
    void fifo.whenReceivable(20_000).then(() => (isReceivable = true));

    await clock.advance(5_010);

    expect(isReceivable).toBe(true);
  },
);
