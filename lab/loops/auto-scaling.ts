import type { AutoScalingGroupModel } from "../stack/model";
import type { Capacity, Size } from "../aws/state/capacity";
import type { InstanceRecord } from "../aws/state/instances";
import { InstanceRefreshes } from "./instance-refresh";
import { Lives, type LivesParts } from "./lives";

export interface AutoScalingParts extends LivesParts {
  readonly capacity: Capacity;
}

/** Keeps every group at its desired size, more while something is replaced launch-before-terminate. */
export class AutoScaling {
  readonly refreshes: InstanceRefreshes;
  private readonly lives: Lives;

  constructor(private readonly parts: AutoScalingParts) {
    this.lives = new Lives(parts);
    this.refreshes = new InstanceRefreshes(parts, this.lives);
  }

  start(): void {
    for (const group of this.parts.model.autoScalingGroups) {
      this.parts.tasks.spawn(`Auto Scaling group ${group.name}`, () => this.keep(group));
    }
    this.lives.start();
  }

  onHealthSet(): void {
    this.lives.changed.notify();
  }

  /** EC2's TerminateInstances. */
  terminate(record: InstanceRecord, because: string, abruptly = false): void {
    this.lives.terminate(record, because, abruptly);
  }

  /** TerminateInstanceInAutoScalingGroup: by its hooks; replaced, unless the size was lowered before. */
  terminateMember(record: InstanceRecord): void {
    this.lives.leave(record, "TerminateInstanceInAutoScalingGroup was called");
  }

  resize(groupName: string, size: Size): void {
    this.parts.capacity.set(groupName, size);
    this.lives.changed.notify();
  }

  private async keep(group: AutoScalingGroupModel): Promise<void> {
    for (;;) {
      this.retireUnhealthy(group);
      const healthy = this.present(group).filter(({ health }) => health === "Healthy");
      const wanted = this.parts.capacity.of(group.name).desired + this.refreshes.surgeOf(group.name);
      if (healthy.length > wanted) this.scaleIn(healthy, healthy.length - wanted, wanted);
      const wait = this.lives.backoffMs(group);
      if (healthy.length < wanted && wait > 0) await this.parts.tasks.sleep(wait);
      const launched = healthy.length < wanted && this.lives.launch(group, `${group.name} wants ${wanted}`);
      if (!launched) await this.parts.tasks.wait(Infinity, this.lives.changed);
    }
  }

  /**
   * An instance in service that was marked Unhealthy is replaced: at once; or, when the group's maintenance policy keeps all of the
   * desired size healthy, after its replacement is in service.
   */
  private retireUnhealthy(group: AutoScalingGroupModel): void {
    const inService = this.present(group).filter(({ lifecycle }) => lifecycle === "InService");
    const healthy = inService.filter(({ health }) => health === "Healthy").length;
    const { desired } = this.parts.capacity.of(group.name);
    const launchFirst = (group.maintenance?.minHealthyPercentage ?? 0) >= 100;
    if (launchFirst && healthy < desired) return;
    for (const record of inService) if (record.health === "Unhealthy") this.lives.leave(record, "it was marked Unhealthy");
  }

  /** The default termination policy, where all are of one zone and one launch template: the oldest first. */
  private scaleIn(candidates: readonly InstanceRecord[], count: number, wanted: number): void {
    for (const record of candidates.slice(0, count)) this.lives.leave(record, `${record.groupName} wants ${wanted}`);
  }

  private present(group: AutoScalingGroupModel): readonly InstanceRecord[] {
    return this.lives.membersOf(group).filter(({ lifecycle }) => !lifecycle.startsWith("Terminat"));
  }
}
