import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { createSocket } from "node:dgram";
import type { Socket } from "node:dgram";
import { lineReader } from "../runtime/protocol";
import type { Connection } from "./connection";
import { dead, Gaps, monotonic } from "./connection";
import type { ConnectionRecord } from "./kinds";
import { CROWD_PORTS, MESSAGE_BYTES, PACE } from "./kinds";

const OPEN_DEADLINE_MS = 5000;
/** An answer later than this counts as lost for the packet and as a stall for the flow. */
const LATE_AFTER_MS = 1000;

/** Numbered packets: which of them were answered, since the mark. */
export class Answers {
  private readonly open = new Map<number, number>();
  private lostCount = 0;

  sent(sequence: number, now: number): void {
    this.open.set(sequence, now);
  }

  /** False for an answer that was given up, or came before. */
  arrived(sequence: number): boolean {
    return this.open.delete(sequence);
  }

  /** Gives up what is late; insertion order is sending order. */
  expire(now: number): void {
    for (const [sequence, at] of this.open) {
      if (now - at < LATE_AFTER_MS) return;
      this.open.delete(sequence);
      this.lostCount += 1;
    }
  }

  mark(): void {
    this.lostCount = 0;
  }

  get lost(): number {
    return this.lostCount;
  }
}

/** UDP request and response; the socket stays the same. */
export class UdpFlow implements Connection {
  private readonly socket: Socket = createSocket({ type: "udp4" });
  private readonly gaps = new Gaps(PACE.udp);
  private readonly answers = new Answers();
  private sequence = 0;
  private dueMs = 0;
  private bytes = 0;
  private finishingAfter = Infinity;
  private finished = false;
  private failed: string | undefined;

  constructor(private readonly host: string) {}

  open(): Promise<void> {
    this.socket.on("error", (error) => (this.failed ??= error.message));
    return new Promise((resolve, reject) => {
      const deadline = setTimeout(() => reject(new Error("no first UDP answer")), OPEN_DEADLINE_MS);
      this.socket.on("message", (message) => {
        clearTimeout(deadline);
        this.receive(message);
        resolve();
      });
      this.socket.once("connect", () => this.send(monotonic()));
      this.socket.connect(CROWD_PORTS.udp, this.host);
    });
  }

  tick(now: number): void {
    this.answers.expire(now);
    if (!this.finished && now >= this.dueMs) this.send(now);
  }

  mark(now: number): void {
    this.gaps.mark(now);
    this.answers.mark();
  }

  finish(): void {
    // It goes on asking: the answer to a question asked from now on is the proof.
    this.finishingAfter = this.sequence;
  }

  get isDecided(): boolean {
    return this.finished || this.failed !== undefined;
  }

  record(now: number): ConnectionRecord {
    const why = this.failed ?? (this.finished ? undefined : "nothing came back by the deadline");
    if (why !== undefined) return dead("udp", why, this.bytes, this.answers.lost);
    return { kind: "udp", alive: true, stallMs: this.gaps.longestMs(now), lost: this.answers.lost, bytes: this.bytes };
  }

  close(): void {
    this.socket.close();
  }

  private send(now: number): void {
    this.dueMs = now + PACE.udp;
    this.sequence += 1;
    const message = Buffer.alloc(MESSAGE_BYTES);
    message.writeUInt32BE(this.sequence, 0);
    this.answers.sent(this.sequence, now);
    this.bytes += message.length;
    // ICMP errors surface here (the path is broken now); the packet is lost, the flow is not.
    this.socket.send(message, () => undefined);
  }

  private receive(message: Buffer): void {
    this.bytes += message.length;
    const sequence = message.readUInt32BE(0);
    if (!this.answers.arrived(sequence)) return;
    this.gaps.arrived(monotonic());
    if (sequence > this.finishingAfter) this.finished = true;
  }
}

/** Nobody waits longer for a crowd; a ping that outlived its member would end by itself. */
const PING_SECONDS = 3600;

/** ICMP echo by the system's ping: it numbers its packets and prints each answer. */
export class PingFlow implements Connection {
  private child: ChildProcess | undefined;
  private readonly gaps = new Gaps(PACE.icmp);
  private bytes = 0;
  private lastSequence = 0;
  private firstSequence = 0;
  private arrivals = 0;
  private finishing = false;
  private finished = false;
  private failed: string | undefined;

  constructor(private readonly host: string) {}

  open(): Promise<void> {
    const pace = String(PACE.icmp / 1000);
    const child = spawn("ping", ["-n", "-i", pace, "-w", String(PING_SECONDS), this.host], { stdio: ["ignore", "pipe", "pipe"] });
    this.child = child;
    let said = "";
    child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
    return new Promise((resolve, reject) => {
      const deadline = setTimeout(() => reject(new Error(`no first answer to ping: ${said}`)), OPEN_DEADLINE_MS);
      const fail = (why: string): void => {
        clearTimeout(deadline);
        this.failed ??= why;
        // Nobody listens any more once the first answer came.
        reject(new Error(why));
      };
      child.once("error", (error) => fail(error.message));
      child.once("exit", (code) => fail(`ping ended with ${code}: ${said.trim()}`));
      const read = lineReader((line) => {
        const match = /^(\d+) bytes .*icmp_seq=(\d+)/.exec(line);
        if (match === null || line.includes("DUP!")) return;
        clearTimeout(deadline);
        this.receive(Number(match[2]), Number(match[1]));
        resolve();
      });
      child.stdout.on("data", read);
    });
  }

  tick(): void {
    // ping keeps its own pace.
  }

  mark(now: number): void {
    this.gaps.mark(now);
    this.firstSequence = this.lastSequence;
    this.arrivals = 0;
  }

  finish(): void {
    this.finishing = true;
  }

  get isDecided(): boolean {
    return this.finished || this.failed !== undefined;
  }

  record(now: number): ConnectionRecord {
    // 16 bits on the wire: it comes round.
    const lost = ((this.lastSequence - this.firstSequence) & 0xffff) - this.arrivals;
    const why = this.failed ?? (this.finished ? undefined : "nothing came back by the deadline");
    if (why !== undefined) return dead("icmp", why, this.bytes, lost);
    return { kind: "icmp", alive: true, stallMs: this.gaps.longestMs(now), lost, bytes: this.bytes };
  }

  close(): void {
    this.child?.kill("SIGKILL");
  }

  private receive(sequence: number, bytes: number): void {
    this.bytes += 2 * bytes;
    this.arrivals += 1;
    this.lastSequence = sequence;
    this.gaps.arrived(monotonic());
    if (this.finishing) this.finished = true;
  }
}
