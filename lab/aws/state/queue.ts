import { createHash, randomUUID } from "node:crypto";
import type { QueueModel } from "../../stack/model";
import type { Journal } from "./journal";
import { Signal, type Tasks } from "./tasks";

export interface QueueMessage {
  readonly messageId: string;
  readonly body: string;
  /** What the sender put beside it, by name; text only. */
  readonly texts: Readonly<Record<string, string>>;
  /** FIFO only. */
  readonly groupId: string | undefined;
  readonly deduplicationId: string | undefined;
  readonly sequenceNumber: string | undefined;
  /** `<roleId>:<sessionName>` of the sender. */
  readonly senderId: string;
  readonly sentAt: Date;
  readonly receiveCount: number;
  readonly firstReceivedAt: Date | undefined;
  /** Of the last receive. */
  readonly receiptHandle: string;
}

interface Stored extends QueueMessage {
  /** Milliseconds of the clock. */
  readonly visibleAt: number;
}

export interface NewMessage {
  readonly body: string;
  readonly groupId: string | undefined;
  /** @default - SHA-256 of the body, as content-based deduplication does */
  readonly deduplicationId: string | undefined;
  readonly senderId: string;
  /** @default - none */
  readonly texts?: Readonly<Record<string, string>>;
}

export interface SentMessage {
  readonly messageId: string;
  readonly sequenceNumber: string | undefined;
}

/** AWS remembers a deduplication ID for this long. */
const DEDUPLICATION_MS = 5 * 60_000;

/** A queue. FIFO: order within a message group, and nothing more of a group while one of its messages is in flight. */
export class Queue {
  /** Rings at every arrival and departure. */
  readonly changed = new Signal();
  private messages: Stored[] = [];
  private readonly seen = new Map<string, SentMessage & { readonly until: number }>();
  private sequence = 0;

  constructor(
    readonly model: QueueModel,
    private readonly tasks: Tasks,
    private readonly journal: Journal,
    private readonly deadLetters: () => Queue | undefined,
  ) {}

  send(message: NewMessage): SentMessage {
    const { clock } = this.tasks;
    const deduplicationId = message.deduplicationId ?? createHash("sha256").update(message.body).digest("hex");
    const known = this.model.fifo ? this.seen.get(deduplicationId) : undefined;
    if (known !== undefined && known.until > clock.now()) return known;
    this.sequence += 1;
    const sent = {
      messageId: randomUUID(),
      sequenceNumber: this.model.fifo ? String(18_850_000_000_000_000_000n + BigInt(this.sequence)) : undefined,
    };
    if (this.model.fifo) {
      for (const [id, { until }] of this.seen) if (until <= clock.now()) this.seen.delete(id);
      this.seen.set(deduplicationId, { ...sent, until: clock.now() + DEDUPLICATION_MS });
    }
    this.accept({
      texts: {},
      ...message,
      ...sent,
      deduplicationId: this.model.fifo ? deduplicationId : undefined,
      sentAt: clock.date(),
      receiveCount: 0,
      firstReceivedAt: undefined,
      receiptHandle: "",
    });
    return sent;
  }

  /** Takes what may be taken now. A message received too often goes to the dead-letter queue instead. */
  receive(max: number, visibilityTimeoutSeconds = this.model.visibilityTimeoutSeconds): readonly QueueMessage[] {
    const { clock } = this.tasks;
    const taken: QueueMessage[] = [];
    const blocked = new Set<string>();
    for (const message of [...this.messages]) {
      const { groupId } = message;
      if (groupId !== undefined && blocked.has(groupId)) continue;
      if (message.visibleAt > clock.now()) {
        if (groupId !== undefined) blocked.add(groupId);
        continue;
      }
      if (this.isWornOut(message)) {
        this.bury(message);
        continue;
      }
      if (taken.length === max) break;
      const received: Stored = {
        ...message,
        receiveCount: message.receiveCount + 1,
        firstReceivedAt: message.firstReceivedAt ?? clock.date(),
        receiptHandle: randomUUID(),
        visibleAt: clock.now() + visibilityTimeoutSeconds * 1000,
      };
      this.replace(message, received);
      taken.push(received);
    }
    return taken;
  }

  /** Waits until `receive` may give something, at most `waitMs`. */
  async whenReceivable(waitMs: number): Promise<void> {
    const { clock } = this.tasks;
    const deadline = clock.now() + waitMs;
    for (;;) {
      // Of one moment: what becomes visible between two readings would be neither receivable nor waited for.
      const now = clock.now();
      if (this.hasReceivable(now) || deadline <= now) return;
      const later = this.messages.map((message) => message.visibleAt).filter((at) => at > now);
      await this.tasks.wait(Math.min(deadline, ...later) - now, this.changed);
    }
  }

  /** `false`: the handle is of no message in flight. */
  delete(receiptHandle: string): boolean {
    const message = this.inFlight(receiptHandle);
    if (message === undefined) return false;
    this.messages = this.messages.filter((other) => other !== message);
    this.changed.notify();
    return true;
  }

  /** `false`: the handle is of no message in flight. */
  changeVisibility(receiptHandle: string, seconds: number): boolean {
    const message = this.inFlight(receiptHandle);
    if (message === undefined) return false;
    this.replace(message, { ...message, visibleAt: this.tasks.clock.now() + seconds * 1000 });
    this.changed.notify();
    return true;
  }

  get depth(): { readonly visible: number; readonly inFlight: number } {
    const inFlight = this.messages.filter((message) => message.visibleAt > this.tasks.clock.now()).length;
    return { visible: this.messages.length - inFlight, inFlight };
  }

  private accept(message: QueueMessage): void {
    this.messages.push({ ...message, visibleAt: -Infinity });
    this.journal.add({ kind: "message", queue: this.model.name, messageId: message.messageId, what: "sent" });
    this.changed.notify();
  }

  private hasReceivable(now: number): boolean {
    const blocked = new Set(this.messages.filter((message) => message.visibleAt > now).map((message) => message.groupId));
    return this.messages.some(
      (message) => message.visibleAt <= now && (message.groupId === undefined || !blocked.has(message.groupId)),
    );
  }

  private isWornOut(message: Stored): boolean {
    const { maxReceiveCount } = this.model;
    return maxReceiveCount !== undefined && message.receiveCount >= maxReceiveCount && this.deadLetters() !== undefined;
  }

  private bury(message: Stored): void {
    this.messages = this.messages.filter((other) => other !== message);
    this.deadLetters()?.accept(message);
    this.journal.add({ kind: "message", queue: this.model.name, messageId: message.messageId, what: "dead-letter" });
  }

  private inFlight(receiptHandle: string): Stored | undefined {
    const now = this.tasks.clock.now();
    return this.messages.find((message) => message.receiptHandle === receiptHandle && message.visibleAt > now);
  }

  private replace(old: Stored, fresh: Stored): void {
    this.messages = this.messages.map((message) => (message === old ? fresh : message));
  }
}

export function createQueues(models: readonly QueueModel[], tasks: Tasks, journal: Journal): ReadonlyMap<string, Queue> {
  const byArn = new Map<string, Queue>();
  for (const model of models) {
    if (model.deadLetterArn !== undefined && !models.some((other) => other.arn === model.deadLetterArn)) {
      throw new Error(`queue ${model.name} sends its dead letters to ${model.deadLetterArn}, which the stack does not have`);
    }
    byArn.set(model.arn, new Queue(model, tasks, journal, () => byArn.get(model.deadLetterArn ?? "")));
  }
  return byArn;
}
