import { physicalName } from "../../contract/project";

/** Physical names of the control plane's queues, document and rules. Literal, so that policies need no reference. */
export const names = {
  queue: (env: string): string => physicalName(env, "failover.fifo"),
  /** Messages that nat-route-failover received as often as failover-queue.ts allows, and could not process. */
  queueDeadLetters: (env: string): string => physicalName(env, "failover-dlq.fifo"),
  /** Copies of messages that nat-route-failover does not listen to (contract/metrics.ts, REJECTED_FOR). */
  rejected: (env: string): string => physicalName(env, "failover-rejected"),
  /** Asynchronous invocations that failed for good, and events that could not be delivered. */
  asyncDeadLetters: (env: string): string => physicalName(env, "async-dlq"),
  checkDocument: (env: string): string => physicalName(env, "nat-check"),
  repairDocument: (env: string): string => physicalName(env, "nat-repair"),
} as const;
