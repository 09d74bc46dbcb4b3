import { CompleteLifecycleActionCommand, RecordLifecycleActionHeartbeatCommand } from "@aws-sdk/client-auto-scaling";
import type { AutoScalingClient } from "@aws-sdk/client-auto-scaling";
import { errorCode } from "./errors";

/** One waiting hook of one instance, as its event names it. */
export interface Hook {
  readonly group: string;
  readonly hook: string;
  /** Absent when no event named it: the instance has one such hook only. */
  readonly token?: string;
  readonly instanceId: string;
}

export interface LifecycleHooks {
  /** Ends the wait. One that has ended already (timeout, or an earlier run of ours) is no error. */
  complete(hook: Hook, result: "CONTINUE" | "ABANDON"): Promise<void>;
  /** Starts the hook's timeout anew. */
  heartbeat(hook: Hook): Promise<void>;
}

export function lifecycleHooks(client: AutoScalingClient): LifecycleHooks {
  return {
    complete: (hook, result) =>
      unlessEnded(client.send(new CompleteLifecycleActionCommand({ ...input(hook), LifecycleActionResult: result }))),
    heartbeat: (hook) => unlessEnded(client.send(new RecordLifecycleActionHeartbeatCommand(input(hook)))),
  };
}

function input({ group, hook, token, instanceId }: Hook) {
  const action = token === undefined ? {} : { LifecycleActionToken: token };
  return { AutoScalingGroupName: group, LifecycleHookName: hook, InstanceId: instanceId, ...action };
}

async function unlessEnded(call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (!isEnded(error)) throw error;
  }
}

/** Auto Scaling has no code of its own for this: a ValidationError whose sentence says it. */
function isEnded(error: unknown): boolean {
  return errorCode(error) === "ValidationError" && error instanceof Error && /no active lifecycle action/i.test(error.message);
}
