import { randomUUID } from "node:crypto";
import type { AutoScalingGroupModel } from "../stack/model";
import type { Capacity } from "../aws/state/capacity";
import type { InstanceRecord } from "../aws/state/instances";
import type { Tasks } from "../aws/state/tasks";
import { instanceRefresh } from "./asg-events";
import type { EventBus } from "./event-bus";
import type { Lives } from "./lives";

export interface RefreshPreferences {
  readonly minHealthyPercentage: number;
  readonly maxHealthyPercentage: number;
  /** How long a newcomer is in service before it counts. Zero unless asked for; AWS would take the group's grace period. */
  readonly warmupSeconds: number;
}

export interface Refresh {
  readonly id: string;
  readonly groupName: string;
  readonly preferences: RefreshPreferences;
  readonly startedAt: Date;
  /** Instances to replace, at the start. */
  readonly total: number;
  left: number;
  status: "Pending" | "InProgress" | "Successful";
  endedAt: Date | undefined;
}

export interface RefreshParts {
  readonly capacity: Capacity;
  readonly tasks: Tasks;
  readonly bus: EventBus;
}

/** Rolling instance refreshes: everything that is in service at the start is replaced, a few at a time. */
export class InstanceRefreshes {
  private readonly refreshes: Refresh[] = [];
  /** Group → how many more than desired it has for now. */
  private readonly surges = new Map<string, number>();

  constructor(
    private readonly parts: RefreshParts,
    private readonly lives: Lives,
  ) {}

  surgeOf(groupName: string): number {
    return this.surges.get(groupName) ?? 0;
  }

  /** Newest first, as AWS describes them. */
  of(groupName: string): readonly Refresh[] {
    return this.refreshes.filter((refresh) => refresh.groupName === groupName).toReversed();
  }

  /** Undefined: one is under way already. */
  start(group: AutoScalingGroupModel, preferences: RefreshPreferences): Refresh | undefined {
    if (this.of(group.name).some(({ endedAt }) => endedAt === undefined)) return undefined;
    const old = this.inService(group);
    const refresh: Refresh = {
      id: randomUUID(),
      groupName: group.name,
      preferences,
      startedAt: this.parts.tasks.clock.date(),
      total: old.length,
      left: old.length,
      status: "Pending",
      endedAt: undefined,
    };
    this.refreshes.push(refresh);
    this.parts.tasks.spawn(`instance refresh of ${group.name}`, () => this.run(refresh, group, old));
    return refresh;
  }

  private async run(refresh: Refresh, group: AutoScalingGroupModel, old: readonly InstanceRecord[]): Promise<void> {
    refresh.status = "InProgress";
    this.parts.bus.emit(instanceRefresh(group, refresh.id, "Started"));
    const { desired } = this.parts.capacity.of(group.name);
    const room = Math.floor((desired * (refresh.preferences.maxHealthyPercentage - 100)) / 100);
    // However small the room, one is replaced at a time.
    const size = Math.max(1, room);
    for (let from = 0; from < old.length; from += size) {
      const batch = old.slice(from, from + size).filter((record) => !isLeaving(record));
      if (refresh.preferences.maxHealthyPercentage > 100) await this.launchFirst(refresh, group, batch);
      else await this.terminateFirst(group, batch);
      refresh.left = old.length - Math.min(from + size, old.length);
    }
    refresh.status = "Successful";
    refresh.endedAt = this.parts.tasks.clock.date();
    this.parts.bus.emit(instanceRefresh(group, refresh.id, "Succeeded"));
  }

  private async launchFirst(refresh: Refresh, group: AutoScalingGroupModel, batch: readonly InstanceRecord[]): Promise<void> {
    this.surge(group, batch.length);
    await this.until(() => this.inService(group).length >= this.parts.capacity.of(group.name).desired + batch.length);
    if (refresh.preferences.warmupSeconds > 0) await this.parts.tasks.sleep(refresh.preferences.warmupSeconds * 1000);
    this.leave(batch);
    this.surge(group, 0);
    await this.until(() => batch.every(({ lifecycle }) => lifecycle === "Terminated"));
  }

  private async terminateFirst(group: AutoScalingGroupModel, batch: readonly InstanceRecord[]): Promise<void> {
    this.leave(batch);
    await this.until(
      () =>
        batch.every(({ lifecycle }) => lifecycle === "Terminated") &&
        this.inService(group).length >= this.parts.capacity.of(group.name).desired,
    );
  }

  private leave(batch: readonly InstanceRecord[]): void {
    for (const record of batch) this.lives.leave(record, "an instance refresh replaces it");
  }

  private surge(group: AutoScalingGroupModel, count: number): void {
    this.surges.set(group.name, count);
    this.lives.changed.notify();
  }

  private inService(group: AutoScalingGroupModel): readonly InstanceRecord[] {
    return this.lives.membersOf(group).filter(({ lifecycle, health }) => lifecycle === "InService" && health === "Healthy");
  }

  private async until(holds: () => boolean): Promise<void> {
    while (!holds()) await this.parts.tasks.wait(Infinity, this.lives.changed);
  }
}

function isLeaving({ lifecycle }: InstanceRecord): boolean {
  return lifecycle.startsWith("Terminat");
}
