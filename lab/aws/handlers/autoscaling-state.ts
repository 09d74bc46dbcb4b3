import type { AutoScaling } from "../../loops/auto-scaling";
import type { StackModel } from "../../stack/model";
import type { Capacity } from "../state/capacity";
import type { Instances } from "../state/instances";
import type { LifecycleActions } from "../state/lifecycle-actions";

export interface AutoScalingState {
  readonly model: StackModel;
  readonly instances: Instances;
  readonly actions: LifecycleActions;
  readonly startedAt: Date;
  readonly capacity: Capacity;
  readonly scaling: Pick<AutoScaling, "onHealthSet" | "terminateMember" | "resize" | "refreshes">;
  readonly now: () => Date;
}
