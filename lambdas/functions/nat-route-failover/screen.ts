import type { Dropped, Trigger } from "./event";

/** EventBridge cannot tell our instances from others in these. */
const OF_EVERYBODY: ReadonlySet<string> = new Set([
  "EC2 Instance State-change Notification",
  "EC2 Spot Instance Interruption Warning",
  "EC2 Instance Rebalance Recommendation",
]);

/**
 * Without the events of EC2 about instances that are surely none of ours: in an account where hundreds end at once, a look for each would
 * keep a suspicion waiting. What Auto Scaling tells is of our own groups.
 */
export function withoutStrangers(triggers: readonly Trigger[], isStranger: (instanceId: string) => boolean): readonly Trigger[] {
  const isForeign = (trigger: Trigger): boolean =>
    trigger.kind === "event" &&
    OF_EVERYBODY.has(trigger.detailType) &&
    trigger.instanceId !== null &&
    isStranger(trigger.instanceId);
  return triggers.filter((trigger) => !isForeign(trigger));
}

/** Drops what names an instance that is none of ours: it can only mislead. The look itself goes on, it harms nothing. */
export function screen(
  triggers: readonly Trigger[],
  known: ReadonlySet<string>,
): { readonly triggers: readonly Trigger[]; readonly dropped: readonly Dropped[] } {
  const strangers = new Map(
    triggers.flatMap((trigger) => {
      const named = namedBy(trigger);
      return named === undefined || known.has(named) ? [] : [[trigger, named] as const];
    }),
  );
  return {
    triggers: triggers.filter((trigger) => !strangers.has(trigger)),
    dropped: [...strangers].map(([trigger, named]) => ({
      messageId: trigger.kind === "message" ? trigger.message.correlationId : trigger.correlationId,
      reason: "unknown",
      detail: `${named} is no NAT of this fleet`,
    })),
  };
}

function namedBy(trigger: Trigger): string | undefined {
  if (trigger.kind === "event") return undefined;
  const { message } = trigger;
  if (message.kind === "suspicion") return message.suspect;
  return message.kind === "leave" || message.kind === "replace" ? message.instanceId : undefined;
}
