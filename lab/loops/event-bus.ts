import { randomUUID } from "node:crypto";
import type { EventRuleModel, StackModel } from "../stack/model";
import type { Functions } from "../aws/state/functions";
import type { Journal } from "../aws/state/journal";
import type { Queue } from "../aws/state/queue";
import type { Tasks } from "../aws/state/tasks";
import { compilePattern, type Matcher } from "./pattern";

export interface BusParts {
  readonly model: Pick<StackModel, "accountId" | "region" | "eventRules">;
  readonly functions: Functions;
  readonly queues: ReadonlyMap<string, Queue>;
  readonly tasks: Tasks;
  readonly journal: Journal;
  /** Schedules run this many times faster. */
  readonly clockFactor: number;
  /** Those of more than a minute, besides. @default 1 */
  readonly scheduleFactor?: number;
}

/** What the emitter says of an event; the bus adds the rest. */
export interface NewEvent {
  readonly source: string;
  readonly detailType: string;
  readonly resources: readonly string[];
  readonly detail: Readonly<Record<string, unknown>>;
}

type Deliver = (event: string) => void;

interface Rule {
  readonly name: string;
  readonly matches: Matcher | undefined;
  readonly everyMs: number | undefined;
  readonly deliver: readonly Deliver[];
}

/** Sender of what EventBridge puts on a queue: a service, so no role's session. */
const SENDER = "AIDAEVENTBRIDGE";

/** EventBridge's default bus: patterns, schedules, and targets that are functions or queues. Loading fails on anything else. */
export class EventBus {
  private readonly rules: readonly Rule[];

  constructor(private readonly parts: BusParts) {
    this.rules = parts.model.eventRules.map((rule) => ({
      name: rule.name,
      matches: rule.schedule === undefined ? compilePattern(rule.name, rule.pattern) : undefined,
      everyMs: rule.schedule === undefined ? undefined : parseRate(rule.name, rule.schedule),
      deliver: rule.targets.map((target) => this.delivery(rule.name, target)),
    }));
  }

  start(): void {
    for (const rule of this.rules) {
      if (rule.everyMs === undefined) continue;
      const { clockFactor, scheduleFactor = 1 } = this.parts;
      const period = rule.everyMs / clockFactor / (rule.everyMs > MINUTE_MS ? scheduleFactor : 1);
      this.parts.tasks.spawn(`schedule ${rule.name}`, async () => {
        for (;;) {
          await this.parts.tasks.sleep(period);
          const { region, accountId } = this.parts.model;
          const resources = [`arn:aws:events:${region}:${accountId}:rule/${rule.name}`];
          this.send([rule], { source: "aws.events", detailType: "Scheduled Event", resources, detail: {} });
        }
      });
    }
  }

  emit(event: NewEvent): void {
    const envelope = { source: event.source, "detail-type": event.detailType, resources: event.resources, detail: event.detail };
    this.send(
      this.rules.filter((rule) =>
        rule.matches?.({ ...envelope, region: this.parts.model.region, account: this.parts.model.accountId }),
      ),
      event,
    );
  }

  private send(rules: readonly Rule[], event: NewEvent): void {
    const { model, journal, tasks } = this.parts;
    journal.add({ kind: "event", source: event.source, detailType: event.detailType, rules: rules.map((rule) => rule.name) });
    const text = JSON.stringify({
      version: "0",
      id: randomUUID(),
      "detail-type": event.detailType,
      source: event.source,
      account: model.accountId,
      // EventBridge gives whole seconds.
      time: tasks.clock
        .date()
        .toISOString()
        .replace(/\.\d+Z$/, "Z"),
      region: model.region,
      resources: event.resources,
      detail: event.detail,
    });
    for (const rule of rules) for (const deliver of rule.deliver) deliver(text);
  }

  private delivery(rule: string, target: EventRuleModel["targets"][number]): Deliver {
    const { functions, queues } = this.parts;
    const model = functions.find(target.arn);
    if (model !== undefined) return (event) => functions.invokeAsync(model, target.input ?? event);
    const queue = queues.get(target.arn);
    if (queue === undefined) {
      throw new Error(
        `rule ${rule} has target ${target.arn}, which is no function or queue of the stack; the lab delivers to these only`,
      );
    }
    if (queue.model.fifo && target.messageGroupId === undefined) {
      throw new Error(`rule ${rule} has the FIFO queue ${queue.model.name} as target without message_group_id; set it`);
    }
    return (event) => {
      queue.send({
        body: target.input ?? event,
        groupId: queue.model.fifo ? target.messageGroupId : undefined,
        deduplicationId: undefined,
        senderId: SENDER,
      });
    };
  }
}

const MINUTE_MS = 60_000;
const UNIT_MS: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

/** Milliseconds of `rate(5 minutes)`. */
export function parseRate(rule: string, schedule: string): number {
  const [, count = "", unit = ""] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(schedule) ?? [];
  const ms = Number(count) * (UNIT_MS[unit] ?? 0);
  if (ms <= 0)
    throw new Error(`rule ${rule} has schedule ${schedule}; the lab knows rate(n minutes), rate(n hours) and rate(n days)`);
  return ms;
}
