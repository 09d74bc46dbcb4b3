import * as z from "zod/mini";
import type { Hook } from "../../lib/aws/lifecycle-hooks";

export interface LifecycleEvent {
  readonly kind: "launch" | "terminate";
  readonly hook: Hook;
}

export interface IgnoredEvent {
  readonly kind: "ignored";
  readonly because: string;
}

const KINDS: Readonly<Record<string, "launch" | "terminate">> = {
  "EC2 Instance-launch Lifecycle Action": "launch",
  "EC2 Instance-terminate Lifecycle Action": "terminate",
};

const text = z.string().check(z.minLength(1));
const envelope = z.object({ source: text, "detail-type": text });
const action = z.object({
  detail: z.object({
    LifecycleActionToken: text,
    AutoScalingGroupName: text,
    LifecycleHookName: text,
    EC2InstanceId: z.string().check(z.regex(/^i-[0-9a-z]+$/, "must be an instance ID")),
  }),
});

/**
 * @returns the waiting hook; events of other kinds are `ignored`.
 * @throws Error when it is no EventBridge event, or a lifecycle action that lacks what one has: it goes to the dead-letter queue.
 */
export function parseEvent(raw: unknown): LifecycleEvent | IgnoredEvent {
  const outside = envelope.safeParse(raw);
  if (!outside.success) {
    throw new Error(
      `asg-lifecycle-handler takes EventBridge events of aws.autoscaling, got ${JSON.stringify(raw)?.slice(0, 200) ?? "nothing"}`,
    );
  }
  const { source, "detail-type": detailType } = outside.data;
  const kind = source === "aws.autoscaling" && Object.hasOwn(KINDS, detailType) ? KINDS[detailType] : undefined;
  if (kind === undefined) return { kind: "ignored", because: `${detailType} of ${source} is not for us` };
  const inside = action.safeParse(raw);
  if (!inside.success) throw new Error(`the event ${detailType} is malformed: ${z.prettifyError(inside.error)}`);
  const {
    AutoScalingGroupName: group,
    LifecycleHookName: hook,
    LifecycleActionToken: token,
    EC2InstanceId: instanceId,
  } = inside.data.detail;
  return { kind, hook: { group, hook, token, instanceId } };
}
