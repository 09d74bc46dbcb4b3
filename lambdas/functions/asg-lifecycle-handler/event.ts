import * as z from "zod/mini";
import type { LifecycleRequest, Transition } from "../../../contract/lifecycle";
import { parseBusEvent, requireHappened } from "../../lib/aws/bus-event";
import type { Hook } from "../../lib/aws/lifecycle-hooks";
import type { Schema } from "../../lib/aws/schemas";

export interface LifecycleEvent {
  readonly kind: "launch" | "terminate";
  readonly hook: Hook;
}

/** Asked by nat-health-probe. */
export type Asked =
  | { readonly kind: "finish-hook"; readonly transition: Transition; readonly instanceId: string }
  | { readonly kind: "sweep-stale" };

export interface IgnoredEvent {
  readonly kind: "ignored";
  readonly because: string;
}

const KINDS: Readonly<Record<string, "launch" | "terminate">> = {
  "EC2 Instance-launch Lifecycle Action": "launch",
  "EC2 Instance-terminate Lifecycle Action": "terminate",
};

const TAKES = "asg-lifecycle-handler takes EventBridge events of aws.autoscaling, finish-hook and sweep-stale";

const text = z.string().check(z.minLength(1));
const instanceId = z.string().check(z.regex(/^i-[0-9a-z]+$/, "must be an instance ID"));
const action = z.object({
  detail: z.object({
    LifecycleActionToken: text,
    AutoScalingGroupName: text,
    LifecycleHookName: text,
    EC2InstanceId: instanceId,
  }),
});

const request: Schema<LifecycleRequest> = z.discriminatedUnion("kind", [
  z.object({ schema: z.literal(1), kind: z.literal("finish-hook"), transition: z.enum(["launch", "terminate"]), instanceId }),
  z.object({ schema: z.literal(1), kind: z.literal("sweep-stale") }),
]);

/**
 * @returns the waiting hook, or what was asked; events of other kinds are `ignored`.
 * @throws Error when it is no EventBridge event, or a lifecycle action of the future, or one that lacks what one has: it goes to the dead-letter queue.
 */
export function parseEvent(raw: unknown, now: Date): LifecycleEvent | Asked | IgnoredEvent {
  const asked = request.safeParse(raw);
  if (asked.success) return asked.data;
  const event = parseBusEvent(raw, TAKES);
  const { source, "detail-type": detailType } = event;
  const kind = source === "aws.autoscaling" && Object.hasOwn(KINDS, detailType) ? KINDS[detailType] : undefined;
  if (kind === undefined) return { kind: "ignored", because: `${detailType} of ${source} is not for us` };
  requireHappened(event, now);
  const inside = action.safeParse(raw);
  if (!inside.success) throw new Error(`the event ${detailType} is malformed: ${z.prettifyError(inside.error)}`);
  const { AutoScalingGroupName: group, LifecycleHookName: hook, LifecycleActionToken: token, EC2InstanceId } = inside.data.detail;
  return { kind, hook: { group, hook, token, instanceId: EC2InstanceId } };
}
