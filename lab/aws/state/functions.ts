import type { FunctionModel } from "../../stack/model";
import type { FunctionResult, FunctionRunner } from "../../world/fabric";
import { LATE_MS, type Sabotage } from "../sabotage";
import type { Journal } from "./journal";
import type { Queue } from "./queue";
import type { Tasks } from "./tasks";

/** Lambda waits a minute, then two, before it tries an asynchronous event again. */
const RETRY_AFTER_MS = [60_000, 120_000] as const;

export interface LastResult {
  readonly at: string;
  readonly result: "ok" | "error";
  readonly ms: number;
  /** The answer, or the error document. Shortened. */
  readonly detail: string;
}

interface Parts {
  readonly models: readonly FunctionModel[];
  readonly runner: FunctionRunner;
  readonly queues: ReadonlyMap<string, Queue>;
  readonly tasks: Tasks;
  readonly journal: Journal;
  readonly clockFactor: number;
  /** What AWS does to events on their way. @default - nothing */
  readonly sabotage?: Sabotage | undefined;
}

/** The functions, invoked in the ways that Lambda knows. */
export class Functions {
  private readonly results = new Map<string, LastResult>();

  constructor(private readonly parts: Parts) {
    for (const { name, deadLetterArn } of parts.models) {
      if (deadLetterArn !== undefined && !parts.queues.has(deadLetterArn)) {
        throw new Error(
          `function ${name} has dead-letter target ${deadLetterArn}, which is no queue of the stack; the lab knows queues only`,
        );
      }
    }
  }

  /** By name, ARN, `account:function:name`, each with or without a qualifier. */
  find(nameOrArn: string): FunctionModel | undefined {
    return this.parts.models.find(({ name, arn }) => {
      const asked = nameOrArn.replace(/:\$LATEST$/, "");
      return asked === name || asked === arn || (asked.includes(":function:") && arn.endsWith(`:${asked}`));
    });
  }

  async invoke(model: FunctionModel, payload: string): Promise<FunctionResult> {
    const { clock } = this.parts.tasks;
    const began = clock.now();
    const result = await this.parts.runner.invoke(model.name, payload);
    const last = {
      at: clock.date().toISOString(),
      result: result.error === undefined ? ("ok" as const) : ("error" as const),
      ms: Math.round(clock.now() - began),
      detail: result.payload.slice(0, 500),
    };
    this.results.set(model.name, last);
    this.parts.journal.add({ kind: "function", name: model.name, result: last.result, ms: last.ms, detail: last.detail });
    return result;
  }

  /** An event on its way: invoked with it, once or twice, now or later; or never, and nobody is told. */
  async deliver(model: FunctionModel, payload: string): Promise<FunctionResult> {
    switch (this.parts.sabotage?.event(model.name)) {
      case "twice":
        await this.invoke(model, payload);
        break;
      case "late":
        await this.parts.tasks.sleep(LATE_MS);
        break;
      case "never":
        return { payload: "null", error: undefined, requestId: "" };
      case undefined:
    }
    return this.invoke(model, payload);
  }

  /** Returns at once. Two more tries, then the dead-letter queue. */
  invokeAsync(model: FunctionModel, payload: string): void {
    this.parts.tasks.spawn(`asynchronous invocation of ${model.name}`, async () => {
      let result = await this.deliver(model, payload);
      for (const delay of RETRY_AFTER_MS) {
        if (result.error === undefined) return;
        await this.parts.tasks.sleep(delay / this.parts.clockFactor);
        result = await this.invoke(model, payload);
      }
      if (result.error !== undefined) this.bury(model, payload);
    });
  }

  lastResult(name: string): LastResult | undefined {
    return this.results.get(name);
  }

  private bury(model: FunctionModel, payload: string): void {
    const queue = this.parts.queues.get(model.deadLetterArn ?? "");
    if (queue === undefined) return;
    const { messageId } = queue.send({
      body: payload,
      groupId: queue.model.fifo ? model.name : undefined,
      deduplicationId: undefined,
      senderId: `AIDALAMBDA:${model.name}`,
    });
    this.parts.journal.add({ kind: "message", queue: queue.model.name, messageId, what: "dead-letter" });
  }
}
