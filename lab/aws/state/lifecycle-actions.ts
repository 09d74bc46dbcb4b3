import { randomUUID } from "node:crypto";
import type { AutoScalingGroupModel } from "../../stack/model";
import { Signal, type Tasks } from "./tasks";
import type { InstanceRecord } from "./instances";

export type LifecycleResult = "CONTINUE" | "ABANDON";
export type LifecycleHook = AutoScalingGroupModel["hooks"][number];

/** An instance that stands still until someone decides. */
export interface LifecycleAction {
  readonly token: string;
  readonly groupName: string;
  readonly hook: LifecycleHook;
  readonly instanceId: string;
  readonly startedAt: Date;
}

interface Waiting extends LifecycleAction {
  readonly changed: Signal;
  deadline: number;
  result: LifecycleResult | undefined;
}

/** AWS ends a wait at 48 hours or 100 heartbeats, whichever is first. */
const MAX_WAIT_MS = 48 * 3_600_000;

/** How a caller names an action: by its token, or by its instance. */
export interface ActionSelector {
  readonly groupName: string | undefined;
  readonly hookName: string | undefined;
  readonly token: string | undefined;
  readonly instanceId: string | undefined;
}

export class LifecycleActions {
  private readonly waiting = new Set<Waiting>();

  constructor(private readonly tasks: Tasks) {}

  /** Waits for `complete`, with the hook's default result when its heartbeat timeout passes first. */
  async start(
    record: InstanceRecord,
    hook: LifecycleHook,
    announce: (action: LifecycleAction) => void,
  ): Promise<{ readonly result: LifecycleResult; readonly timedOut: boolean }> {
    const { clock } = this.tasks;
    const began = clock.now();
    const timeoutMs = hook.heartbeatTimeoutSeconds * 1000;
    const action: Waiting = {
      token: randomUUID(),
      groupName: record.groupName,
      hook,
      instanceId: record.instanceId,
      startedAt: clock.date(),
      changed: new Signal(),
      deadline: began + timeoutMs,
      result: undefined,
    };
    this.waiting.add(action);
    try {
      announce(action);
      const last = began + Math.min(MAX_WAIT_MS, 100 * timeoutMs);
      for (;;) {
        if (action.result !== undefined) return { result: action.result, timedOut: false };
        const left = Math.min(action.deadline, last) - clock.now();
        if (left <= 0) return { result: hook.defaultResult, timedOut: true };
        await this.tasks.wait(left, action.changed);
      }
    } finally {
      this.waiting.delete(action);
    }
  }

  /** `false`: no such action waits. */
  complete(selector: ActionSelector, result: LifecycleResult): boolean {
    const action = this.find(selector);
    if (action === undefined) return false;
    action.result = result;
    action.changed.notify();
    return true;
  }

  /** Starts the heartbeat timeout anew; `false`: no such action waits. */
  heartbeat(selector: ActionSelector): boolean {
    const action = this.find(selector);
    if (action === undefined) return false;
    action.deadline = this.tasks.clock.now() + action.hook.heartbeatTimeoutSeconds * 1000;
    action.changed.notify();
    return true;
  }

  /** The instance leaves: nobody needs to decide about it any more. */
  abandonAll(instanceId: string): void {
    for (const action of this.waiting) {
      if (action.instanceId !== instanceId || action.result !== undefined) continue;
      action.result = "ABANDON";
      action.changed.notify();
    }
  }

  all(): readonly LifecycleAction[] {
    return [...this.waiting];
  }

  private find(selector: ActionSelector): Waiting | undefined {
    return [...this.waiting].find(
      (action) =>
        action.result === undefined &&
        action.groupName === selector.groupName &&
        action.hook.name === selector.hookName &&
        (selector.token === undefined ? action.instanceId === selector.instanceId : action.token === selector.token),
    );
  }
}
