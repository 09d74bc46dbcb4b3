import { physicalName } from "./project";

export type Transition = "launch" | "terminate";

/** `ha-nat-<env>-launching|terminating`: the lifecycle hook of every group. */
export function lifecycleHookName(env: string, transition: Transition): string {
  return physicalName(env, transition === "launch" ? "launching" : "terminating");
}

/** An instance waits at its hook for longer than its handler can still be at work: take it up again. From nat-health-probe. */
export interface FinishHook {
  readonly schema: 1;
  readonly kind: "finish-hook";
  readonly transition: Transition;
  readonly instanceId: string;
}

/** Peers or targets of instances that are gone were seen, or no peer of one in service: put it right. From nat-health-probe. */
export interface SweepStale {
  readonly schema: 1;
  readonly kind: "sweep-stale";
}

/** What asg-lifecycle-handler takes besides Auto Scaling's events: it is the one writer of hooks, peers and targets. */
export type LifecycleRequest = FinishHook | SweepStale;
