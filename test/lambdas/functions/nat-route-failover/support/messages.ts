import type { Leave, Suspicion } from "../../../../../contract/messages";
import { busEvent } from "../../../support/events";
import { NOW } from "./builders";

export const SWEEP = { schema: 1, env: "test", at: NOW.toISOString(), correlationId: "c-sweep", kind: "sweep" } as const;

export function suspicion(difference: Partial<Suspicion> = {}): Suspicion {
  return {
    schema: 1,
    env: "test",
    at: NOW.toISOString(),
    correlationId: "c-suspicion",
    kind: "suspicion",
    reporter: "i-0b",
    reporterBootId: "boot-1",
    sequence: 1,
    suspect: "i-0a",
    reason: "missed-heartbeats",
    observers: ["i-0b"],
    reporterSelfProbe: { ok: true, consecutiveFailures: 0 },
    ...difference,
  };
}

export function leave(difference: Partial<Leave> = {}): Leave {
  return {
    schema: 1,
    env: "test",
    at: NOW.toISOString(),
    correlationId: "c-leave",
    kind: "leave",
    reporter: "i-0b",
    instanceId: "i-0b",
    because: "drain",
    force: false,
    ...difference,
  };
}

export interface Delivery {
  readonly sender?: string;
  readonly sentAt?: number;
  readonly receives?: number;
}

/** A record as SQS delivers it; the sender is a function's role session unless told. */
export function delivered(
  body: unknown,
  { sender = "ha-nat-test-nat-health-probe", sentAt = NOW.getTime(), receives = 1 }: Delivery = {},
) {
  return {
    messageId: "m-1",
    receiptHandle: "handle-1",
    body: typeof body === "string" ? body : JSON.stringify(body),
    attributes: { SenderId: `AROAEXAMPLE:${sender}`, SentTimestamp: String(sentAt), ApproximateReceiveCount: String(receives) },
  };
}

export const batch = (...records: readonly unknown[]) => ({ Records: records });

/** An EventBridge event in its own envelope, by who sends such. */
export const envelope = (detailType: string, detail: Readonly<Record<string, unknown>> = {}) =>
  busEvent(sourceOf(detailType), detailType, NOW, detail);

function sourceOf(detailType: string): string {
  if (detailType.startsWith("CloudWatch")) return "aws.cloudwatch";
  return /^EC2 Instance(-| Launch| Terminate)/.test(detailType) ? "aws.autoscaling" : "aws.ec2";
}
