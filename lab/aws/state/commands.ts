import { randomUUID } from "node:crypto";
import type { Journal } from "./journal";
import { Signal, type Tasks } from "./tasks";

export type CommandStatus = "Pending" | "InProgress" | "Success" | "Failed" | "TimedOut";

export interface Invocation {
  readonly commandId: string;
  readonly instanceId: string;
  readonly document: string;
  /** argv. */
  readonly command: readonly string[];
  readonly timeoutSeconds: number;
  readonly requestedAt: Date;
  readonly status: CommandStatus;
  /** -1 until the command has ended. */
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What an agent is handed. */
export type Work = Pick<Invocation, "commandId" | "command" | "timeoutSeconds">;

export interface CommandResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A node counts as reachable for this long after its agent's last poll ended. */
export const ONLINE_FOR_MS = 3000;

interface Mailbox {
  readonly arrived: Signal;
  polling: number;
  lastPoll: number;
}

/** Run Command: a mailbox per instance. Nothing runs here; a node's agent comes and fetches, or the command times out. */
export class Commands {
  private readonly invocations = new Map<string, Invocation>();
  private readonly mailboxes = new Map<string, Mailbox>();

  constructor(
    private readonly tasks: Tasks,
    private readonly journal: Journal,
    private readonly isAlive: (instanceId: string) => boolean,
  ) {}

  isOnline(instanceId: string): boolean {
    const box = this.mailboxes.get(instanceId);
    if (box === undefined || !this.isAlive(instanceId)) return false;
    return box.polling > 0 || this.tasks.clock.now() - box.lastPoll < ONLINE_FOR_MS;
  }

  /** Milliseconds of the clock when the agent was last heard; undefined when never. */
  lastPoll(instanceId: string): number | undefined {
    return this.mailboxes.get(instanceId)?.lastPoll;
  }

  send(instanceIds: readonly string[], what: Pick<Invocation, "document" | "command" | "timeoutSeconds">): string {
    const commandId = randomUUID();
    for (const instanceId of instanceIds) {
      const fresh = { commandId, instanceId, requestedAt: this.tasks.clock.date(), exitCode: -1, stdout: "", stderr: "" };
      this.set({ ...fresh, ...what, status: "Pending" });
      this.mailbox(instanceId).arrived.notify();
      this.tasks.spawn(`timeout of command ${commandId}`, () => this.timeOut(commandId, instanceId, what.timeoutSeconds));
    }
    return commandId;
  }

  find(commandId: string, instanceId: string): Invocation | undefined {
    return this.invocations.get(`${commandId} ${instanceId}`);
  }

  /** An agent asks for work and waits up to `waitMs`; undefined when there was none. */
  async poll(instanceId: string, waitMs: number): Promise<Work | undefined> {
    const box = this.mailbox(instanceId);
    const deadline = this.tasks.clock.now() + waitMs;
    box.polling += 1;
    try {
      for (;;) {
        const next = [...this.invocations.values()].find((item) => item.instanceId === instanceId && item.status === "Pending");
        if (next !== undefined) {
          this.set({ ...next, status: "InProgress" });
          return { commandId: next.commandId, command: next.command, timeoutSeconds: next.timeoutSeconds };
        }
        const left = deadline - this.tasks.clock.now();
        if (left <= 0) return undefined;
        await this.tasks.wait(left, box.arrived);
      }
    } finally {
      box.polling -= 1;
      box.lastPoll = this.tasks.clock.now();
    }
  }

  /** `false`: nobody waits for this result any more. */
  finish(commandId: string, instanceId: string, result: CommandResult): boolean {
    const invocation = this.find(commandId, instanceId);
    if (invocation?.status !== "InProgress") return false;
    this.set({ ...invocation, ...result, status: result.exitCode === 0 ? "Success" : "Failed" });
    return true;
  }

  private mailbox(instanceId: string): Mailbox {
    const box = this.mailboxes.get(instanceId) ?? { arrived: new Signal(), polling: 0, lastPoll: this.tasks.clock.now() };
    this.mailboxes.set(instanceId, box);
    return box;
  }

  private async timeOut(commandId: string, instanceId: string, seconds: number): Promise<void> {
    await this.tasks.sleep(seconds * 1000);
    const invocation = this.find(commandId, instanceId);
    if (invocation?.status === "Pending" || invocation?.status === "InProgress") this.set({ ...invocation, status: "TimedOut" });
  }

  private set(invocation: Invocation): void {
    this.invocations.set(`${invocation.commandId} ${invocation.instanceId}`, invocation);
    this.journal.add({
      kind: "command",
      instanceId: invocation.instanceId,
      document: invocation.document,
      status: invocation.status,
    });
  }
}
