import { type Flow, flowKey, ICMP } from "../../../../instance/agent/replication/flow";
import type { KernelTable } from "../../../../instance/agent/replication/kernel";
import { ERRNO } from "../../../../instance/agent/replication/netlink";

/** The kernel's table as its rules are: one entry a client's side, one entry a public side, everything expires. */
export class FakeTable implements KernelTable {
  readonly #byOriginal = new Map<string, Flow & { expiresAt: number }>();
  readonly #byReply = new Map<string, string>();
  /** Made by traffic, of a protocol that the kernel never calls assured: not in its dumps. */
  readonly #unassured = new Set<string>();

  /** The kernel refuses every dump. */
  isBlocked = false;
  /** Dumps so far, and how long each of them takes. Milliseconds. */
  dumps = 0;
  dumpMs = 0;
  /** After the first part of a dump. */
  onDump: (() => void) | undefined;

  constructor(
    private readonly nowMs: () => number,
    private readonly pass: (ms: number) => void,
  ) {}

  apply: KernelTable["apply"] = (change, flows, answer) => {
    this.#expire();
    for (const flow of flows) answer(flow, this.#change(change, flow));
  };

  find: KernelTable["find"] = (flows, take) => {
    this.#expire();
    for (const flow of flows) {
      const here = this.#byOriginal.get(flowKey(flow));
      if (here !== undefined && !this.#unassured.has(flowKey(flow))) take({ ...here });
    }
  };

  dump: KernelTable["dump"] = (take) => {
    this.#expire();
    this.dumps += 1;
    let ms = this.dumpMs;
    const waiting = [...this.#byOriginal].filter(([key]) => !this.#unassured.has(key)).map(([, entry]) => entry);
    const all = waiting.length;
    return () => {
      this.pass(ms);
      ms = 0;
      if (this.isBlocked) throw new Error("the kernel refused the dump");
      if (waiting.length < all) this.onDump?.();
      const part = waiting.splice(0, 130);
      for (const flow of part) take({ ...flow, lifetime: Math.ceil((flow.expiresAt - this.nowMs()) / 1000) });
      return waiting.length > 0;
    };
  };

  /** What traffic does: the entry is made or lives on. */
  touch(flow: Flow): void {
    this.#expire();
    const known = this.#byOriginal.get(flowKey(flow));
    if (known === undefined) {
      this.#change("create", flow);
      if (flow.protocol === ICMP) this.#unassured.add(flowKey(flow));
    } else known.expiresAt = this.nowMs() + flow.lifetime * 1000;
  }

  end(flow: Flow): void {
    this.#change("delete-original", flow);
  }

  entries(): readonly Flow[] {
    this.#expire();
    return [...this.#byOriginal.values()];
  }

  #change(change: Parameters<KernelTable["apply"]>[0], flow: Flow): number {
    const original = flowKey(flow);
    const reply = replyKey(flow);
    const found = change === "delete-reply" ? this.#byReply.get(reply) : this.#byOriginal.has(original) ? original : undefined;
    switch (change) {
      case "create":
        if (found !== undefined || this.#byReply.has(reply)) return ERRNO.exists;
        this.#byOriginal.set(original, { ...flow, expiresAt: this.nowMs() + flow.lifetime * 1000 });
        this.#byReply.set(reply, original);
        this.#unassured.delete(original);
        return 0;
      case "update": {
        const entry = found === undefined ? undefined : this.#byOriginal.get(found);
        if (entry === undefined) return ERRNO.noEntry;
        entry.expiresAt = this.nowMs() + flow.lifetime * 1000;
        entry.tcpState = flow.tcpState;
        return 0;
      }
      case "assure":
        if (found === undefined) return ERRNO.noEntry;
        this.#unassured.delete(found);
        return 0;
      case "delete-original":
      case "delete-reply": {
        const entry = found === undefined ? undefined : this.#byOriginal.get(found);
        if (entry === undefined || found === undefined) return ERRNO.noEntry;
        this.#byReply.delete(replyKey(entry));
        this.#byOriginal.delete(found);
        return 0;
      }
    }
  }

  #expire(): void {
    for (const [key, entry] of this.#byOriginal)
      if (entry.expiresAt <= this.nowMs()) {
        this.#byOriginal.delete(key);
        this.#byReply.delete(replyKey(entry));
      }
  }
}

function replyKey({ protocol, nat, natPort, remote, remotePort }: Flow): string {
  return [protocol, nat, natPort, remote, remotePort].join(" ");
}
