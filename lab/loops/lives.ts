import type { AutoScalingGroupModel, StackModel } from "../stack/model";
import type { Fabric, InstanceSpec } from "../world/fabric";
import type { Effects } from "../aws/state/effects";
import type { Ec2StateName, InstanceRecord, Instances, LifecycleState } from "../aws/state/instances";
import type { Journal } from "../aws/state/journal";
import type { LifecycleActions, LifecycleResult } from "../aws/state/lifecycle-actions";
import type { Network } from "../aws/state/network";
import { Signal, Stopped, type Tasks } from "../aws/state/tasks";
import { activityOutcome, LAUNCHING, lifecycleAction, stateChange, TERMINATING, type Outcome } from "./asg-events";
import type { EventBus } from "./event-bus";
import { planLaunch } from "./launch-plan";

export interface LivesParts {
  readonly model: StackModel;
  readonly fabric: Fabric;
  readonly instances: Instances;
  readonly actions: LifecycleActions;
  readonly network: Network;
  readonly effects: Effects;
  readonly tasks: Tasks;
  readonly journal: Journal;
  readonly bus: EventBus;
  /** Private addresses that no launch may take. */
  readonly reserved: ReadonlySet<string>;
  /** How long a machine takes from launch to user data. */
  readonly bootMs: number;
  /** How long a dead machine goes unnoticed. */
  readonly detectDeadMs: number;
}

/** How often the loops look at the kernel. */
const LOOK_EVERY_MS = 200;
/** First and longest wait after launches that failed in a row. */
const BACKOFF_MS = { first: 1000, longest: 30_000 } as const;

/** Every instance from launch to end: waits at hooks, notices the dead, tells the world. How many there are to be is not its matter. */
export class Lives {
  /** Notified whenever an instance takes another step. */
  readonly changed = new Signal();
  private readonly launches = new Map<string, number>();
  private readonly failures = new Map<string, number>();
  private readonly burying = new Set<string>();
  private readonly announced = new Map<string, Ec2StateName>();

  constructor(private readonly parts: LivesParts) {}

  start(): void {
    this.parts.tasks.spawn("watch over instances", () => this.watch());
  }

  /** EC2's TerminateInstances: the machine ends after the effect delay; its group notices as it notices any death. */
  terminate(record: InstanceRecord, because: string, abruptly = false): void {
    record.ending = true;
    this.announce(record, "shutting-down", because);
    this.parts.effects.schedule(`instance ${record.instanceId}`, null, () =>
      this.parts.fabric.terminateInstance(record.instanceId, abruptly),
    );
  }

  /** Every instance that was ever launched for the group, oldest first. */
  membersOf(group: AutoScalingGroupModel): readonly InstanceRecord[] {
    return this.parts.instances.all().filter((record) => record.groupName === group.name);
  }

  /** How long the group waits before its next launch, after launches that failed in a row. */
  backoffMs(group: AutoScalingGroupModel): number {
    const failures = this.failures.get(group.name) ?? 0;
    return failures === 0 ? 0 : Math.min(BACKOFF_MS.first * 2 ** (failures - 1), BACKOFF_MS.longest);
  }

  /** `false`: no name is free until an instance has gone. */
  launch(group: AutoScalingGroupModel, because: string): boolean {
    const launches = this.launches.get(group.name) ?? 0;
    const record = planLaunch({
      model: this.parts.model,
      group,
      launches,
      allLaunches: [...this.launches.values()].reduce((sum, count) => sum + count, 0),
      present: this.parts.instances.all().filter((other) => other.phase !== "terminated"),
      reserved: this.parts.reserved,
      launchedAt: this.parts.tasks.clock.date(),
    });
    if (record === undefined) return false;
    this.launches.set(group.name, launches + 1);
    this.parts.instances.add(record);
    this.parts.tasks.spawn(`life of ${record.name} ${record.instanceId}`, () => this.live(group, record, because));
    return true;
  }

  private async live(group: AutoScalingGroupModel, record: InstanceRecord, because: string): Promise<void> {
    this.announce(record, "pending", because);
    try {
      await this.parts.fabric.launchInstance(this.specOf(record));
    } catch (error) {
      if (error instanceof Stopped) throw error;
      this.failed(group, record, `its launch failed: ${String(error)}`);
      return;
    }
    record.phase = "launched";
    this.wantInMetadata(record, "InService");
    this.announce(record, "running", "its init runs");
    if ((await this.standAtHooks(group, record, LAUNCHING)) === "ABANDON") {
      if (record.lifecycle === "Pending:Wait") this.failed(group, record, "its launch was abandoned");
      return;
    }
    if (!record.lifecycle.startsWith("Pending")) return;
    this.failures.delete(group.name);
    this.setLifecycle(record, "InService", "launch hooks continued");
    this.outcome(group, record, { activity: "Launch Successful", cause: because, at: record.launchedAt });
  }

  private specOf(record: InstanceRecord): InstanceSpec {
    const { model, bootMs } = this.parts;
    const template = model.launchTemplates.find((candidate) => candidate.launchTemplateId === record.launchTemplateId);
    const roleName = model.instanceProfiles[record.instanceProfile];
    if (template === undefined || roleName === undefined) {
      throw new Error(`instance profile ${record.instanceProfile} of ${record.launchTemplateId} names no role of the stack`);
    }
    const { instanceId, name, zone, subnetId, eniId, privateAddress, publicAddress } = record;
    const { userData } = template;
    return { instanceId, name, zone, subnetId, eniId, privateAddress, publicAddress, userData, roleName, bootMs };
  }

  private failed(group: AutoScalingGroupModel, record: InstanceRecord, because: string): void {
    this.failures.set(group.name, (this.failures.get(group.name) ?? 0) + 1);
    this.outcome(group, record, { activity: "Launch Unsuccessful", cause: because, at: record.launchedAt });
    this.leave(record, because);
  }

  /** Leaves the group: terminate hooks, then the end of the machine. Nobody waits for it. */
  leave(record: InstanceRecord, because: string): void {
    const group = this.parts.model.autoScalingGroups.find((candidate) => candidate.name === record.groupName);
    if (group === undefined || record.lifecycle.startsWith("Terminat")) return;
    this.setLifecycle(record, "Terminating", because);
    this.wantInMetadata(record, "Terminated");
    this.parts.actions.abandonAll(record.instanceId);
    this.parts.tasks.spawn(`end of ${record.name} ${record.instanceId}`, async () => {
      await this.standAtHooks(group, record, TERMINATING);
      await this.endMachine(record, because);
      this.setLifecycle(record, "Terminated", because);
      this.outcome(group, record, { activity: "Terminate Successful", cause: because, at: this.parts.tasks.clock.date() });
    });
  }

  /** Waits at every hook of the transition; one ABANDON is enough. */
  private async standAtHooks(group: AutoScalingGroupModel, record: InstanceRecord, transition: string): Promise<LifecycleResult> {
    const hooks = group.hooks.filter((hook) => hook.transition === transition);
    if (hooks.length === 0) return "CONTINUE";
    const stage = transition === LAUNCHING ? "Pending" : "Terminating";
    this.setLifecycle(record, `${stage}:Wait`, "it waits at its hooks");
    const results = await Promise.all(
      hooks.map(async (hook) => {
        const { result, timedOut } = await this.parts.actions.start(record, hook, (action) =>
          this.parts.bus.emit(lifecycleAction(group, action)),
        );
        const told = timedOut ? `${result} (nobody answered within ${hook.heartbeatTimeoutSeconds} s)` : result;
        this.parts.journal.add({ kind: "hook", instanceId: record.instanceId, hook: hook.name, result: told });
        return result;
      }),
    );
    if (results.includes("ABANDON")) return "ABANDON";
    if (record.lifecycle === `${stage}:Wait`) this.setLifecycle(record, `${stage}:Proceed`, "its hooks continued");
    return "CONTINUE";
  }

  /** Safe on a machine that is gone already: then it clears what is left. */
  private async endMachine(record: InstanceRecord, because: string): Promise<void> {
    if (record.phase === "terminated") return;
    record.ending = true;
    this.announce(record, "shutting-down", because);
    // A launch that failed left nothing behind: the fabric undid it.
    if (record.phase === "launched") await this.parts.fabric.terminateInstance(record.instanceId);
    record.phase = "terminated";
    this.announce(record, "terminated", because);
    await this.parts.network.releaseOrphans();
    this.changed.notify();
  }

  /** EC2's eye: a machine whose init is dead is noticed after a while, cleared away, and its group told. */
  private async watch(): Promise<void> {
    const deadSince = new Map<string, number>();
    for (;;) {
      const now = this.parts.tasks.clock.now();
      for (const record of this.parts.instances.all()) {
        if (record.phase !== "launched" || this.parts.instances.isAlive(record)) continue;
        const since = deadSince.get(record.instanceId) ?? now;
        deadSince.set(record.instanceId, since);
        if (now - since >= this.parts.detectDeadMs) this.bury(record);
      }
      await this.parts.tasks.sleep(LOOK_EVERY_MS);
    }
  }

  private bury(record: InstanceRecord): void {
    if (this.burying.has(record.instanceId)) return;
    this.burying.add(record.instanceId);
    const because = "its machine is dead";
    this.parts.tasks.spawn(`clearing of ${record.name} ${record.instanceId}`, async () => {
      try {
        await this.endMachine(record, because);
      } finally {
        this.burying.delete(record.instanceId);
      }
      record.health = "Unhealthy";
      const group = this.parts.model.autoScalingGroups.find((candidate) => candidate.name === record.groupName);
      if (group !== undefined && record.lifecycle.startsWith("Pending")) this.failed(group, record, because);
      else this.leave(record, because);
    });
  }

  private setLifecycle(record: InstanceRecord, lifecycle: LifecycleState, because: string): void {
    record.lifecycle = lifecycle;
    const { instanceId, name } = record;
    this.parts.journal.add({ kind: "instance", instanceId, name, state: lifecycle, because });
    this.changed.notify();
  }

  /** Where its group wants the instance to be: it may read it. */
  private wantInMetadata({ instanceId }: InstanceRecord, state: "InService" | "Terminated"): void {
    this.parts.fabric.writeMetadata(instanceId, "autoscaling/target-lifecycle-state", state);
  }

  /** Once per state, in EC2's order. */
  private announce(record: InstanceRecord, state: Ec2StateName, because: string): void {
    if (this.announced.get(record.instanceId) === state) return;
    this.announced.set(record.instanceId, state);
    const { instanceId, name } = record;
    this.parts.journal.add({ kind: "instance", instanceId, name, state, because });
    this.parts.bus.emit(stateChange(this.parts.model, instanceId, state));
  }

  private outcome(group: AutoScalingGroupModel, record: InstanceRecord, outcome: Outcome): void {
    this.parts.bus.emit(activityOutcome(this.parts.model, group, record, outcome));
  }
}
