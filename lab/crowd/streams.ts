import { connect } from "node:net";
import type { Socket } from "node:net";
import type { Connection } from "./connection";
import { dead, Gaps, monotonic, Waits } from "./connection";
import type { ConnectionRecord, Kind } from "./kinds";
import { CONFIRMATION, CROWD_PORTS, MESSAGE_BYTES, PACE, QUESTION, UPLOAD_BYTES } from "./kinds";

/** What all TCP connections of the crowd have in common: a socket that must neither end nor fail. */
abstract class Stream implements Connection {
  protected socket: Socket | undefined;
  protected bytes = 0;
  protected finishing = false;
  private answered = false;
  private ended: string | undefined;

  constructor(
    protected readonly host: string,
    private readonly port: number,
    private readonly kind: Kind,
  ) {}

  open(): Promise<void> {
    const socket = connect({ host: this.host, port: this.port, noDelay: true });
    this.socket = socket;
    socket.on("data", (chunk) => {
      this.bytes += chunk.length;
      this.receive(chunk, monotonic());
    });
    socket.on("error", (error) => (this.ended ??= error.message));
    socket.on("close", () => (this.ended ??= "closed by the other side"));
    return new Promise((resolve, reject) => {
      socket.once("connect", () => resolve());
      socket.once("error", reject);
    });
  }

  abstract tick(now: number): void;
  abstract mark(now: number): void;
  protected abstract receive(chunk: Buffer, now: number): void;
  /** Starts the last exchange. */
  protected abstract last(now: number): void;
  protected abstract stallMs(now: number): number | null;

  finish(now: number): void {
    this.finishing = true;
    if (this.ended === undefined) this.last(now);
  }

  get isDecided(): boolean {
    return this.answered || this.ended !== undefined;
  }

  record(now: number): ConnectionRecord {
    if (this.ended !== undefined) return dead(this.kind, this.ended, this.bytes);
    if (!this.answered) return dead(this.kind, "nothing came back by the deadline", this.bytes);
    return { kind: this.kind, alive: true, stallMs: this.stallMs(now), lost: null, bytes: this.bytes };
  }

  close(): void {
    this.socket?.destroy();
  }

  protected decide(): void {
    this.answered = true;
  }

  protected send(data: Buffer | string): void {
    if (this.ended !== undefined) return;
    this.bytes += data.length;
    this.socket?.write(data);
  }
}

/** Spreads the connections over the pace: packets in one burst would wait for each other. */
function firstDue(paceMs: number): number {
  return monotonic() + Math.random() * paceMs;
}

const request = Buffer.alloc(MESSAGE_BYTES, "r");
const parcel = Buffer.alloc(UPLOAD_BYTES, "u");

/** Asks, waits for the whole answer, asks again. */
export class RequestStream extends Stream {
  private readonly waits = new Waits();
  private missing = 0;
  private dueMs = firstDue(PACE.request);

  constructor(host: string) {
    super(host, CROWD_PORTS.echo, "request");
  }

  tick(now: number): void {
    if (!this.finishing && this.missing === 0 && now >= this.dueMs) this.ask(now);
  }

  mark(): void {
    this.waits.mark();
  }

  protected last(now: number): void {
    if (this.missing === 0) this.ask(now);
  }

  protected receive(chunk: Buffer, now: number): void {
    this.missing -= chunk.length;
    if (this.missing > 0) return;
    this.waits.answered(now);
    this.dueMs = now + PACE.request;
    if (this.finishing) this.decide();
  }

  protected stallMs(now: number): number {
    return this.waits.longestMs(now);
  }

  private ask(now: number): void {
    this.missing = MESSAGE_BYTES;
    this.waits.send(now);
    this.send(request);
  }
}

/** Sends on at its pace, whatever is confirmed. */
export class UploadStream extends Stream {
  private readonly waits = new Waits();
  private dueMs = firstDue(PACE.upload);

  constructor(host: string) {
    super(host, CROWD_PORTS.confirm, "upload");
  }

  tick(now: number): void {
    if (this.finishing || now < this.dueMs) return;
    this.dueMs = now + PACE.upload;
    this.upload(now);
  }

  mark(): void {
    this.waits.mark();
  }

  protected last(now: number): void {
    this.upload(now);
  }

  protected receive(chunk: Buffer, now: number): void {
    for (let index = 0; index < chunk.length; index += 1) this.waits.answered(now);
    if (this.finishing && this.waits.pending === 0) this.decide();
  }

  protected stallMs(now: number): number {
    return this.waits.longestMs(now);
  }

  private upload(now: number): void {
    this.waits.send(now);
    this.send(parcel);
  }
}

/** Listens to a server that speaks at its pace. */
export class DownloadStream extends Stream {
  private readonly gaps = new Gaps(PACE.push);

  constructor(host: string) {
    super(host, CROWD_PORTS.push, "download");
  }

  tick(): void {
    // It never says a word.
  }

  mark(now: number): void {
    this.gaps.mark(now);
  }

  protected last(): void {
    // The next parcel is the proof.
  }

  protected receive(_chunk: Buffer, now: number): void {
    this.gaps.arrived(now);
    if (this.finishing) this.decide();
  }

  protected stallMs(now: number): number {
    return this.gaps.longestMs(now);
  }
}

/** Silent until the end; then one exchange, begun by the client or by the server. */
export class IdleStream extends Stream {
  constructor(
    host: string,
    private readonly serverSpeaks: boolean,
  ) {
    super(host, serverSpeaks ? CROWD_PORTS.question : CROWD_PORTS.echo, "idle");
  }

  tick(): void {
    // Idle.
  }

  mark(): void {
    // Nothing is due, so nothing stalls.
  }

  protected last(): void {
    if (!this.serverSpeaks) this.send(QUESTION);
  }

  protected receive(chunk: Buffer): void {
    const text = chunk.toString("latin1");
    if (!this.serverSpeaks || text.includes(CONFIRMATION)) return this.decide();
    this.send(QUESTION);
  }

  protected stallMs(): null {
    return null;
  }
}
