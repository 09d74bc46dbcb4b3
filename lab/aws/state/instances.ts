import type { Fabric, InstanceSpec } from "../../world/fabric";
import type { Tags } from "../../stack/model";

export type LifecycleState =
  | "Pending"
  | "Pending:Wait"
  | "Pending:Proceed"
  | "InService"
  | "Terminating"
  | "Terminating:Wait"
  | "Terminating:Proceed"
  | "Terminated";

/** EC2's own view of the machine; what the kernel says comes on top (`ec2State`). */
export type Phase = "launching" | "launched" | "terminated";

/** What was decided at launch and never changes. Everything else about an instance is read from the kernel. */
export interface InstanceRecord extends Omit<InstanceSpec, "userData" | "roleName" | "bootMs"> {
  readonly instanceType: string;
  readonly instanceProfile: string;
  readonly launchTemplateId: string;
  readonly groupName: string;
  readonly tags: Tags;
  readonly eniTags: Tags;
  readonly launchedAt: Date;
  lifecycle: LifecycleState;
  health: "Healthy" | "Unhealthy";
  phase: Phase;
  /** EC2 was told to end it; the machine may still be stopping. */
  ending?: true;
}

export type Ec2StateName = "pending" | "running" | "shutting-down" | "terminated";

/** Terminated instances that Describe still shows, as AWS does for about an hour. */
const REMEMBERED_TERMINATED = 50;

export class Instances {
  private readonly records = new Map<string, InstanceRecord>();

  constructor(private readonly fabric: Pick<Fabric, "isInstanceAlive">) {}

  add(record: InstanceRecord): void {
    this.records.set(record.instanceId, record);
    const gone = this.all().filter((other) => other.phase === "terminated");
    for (const old of gone.slice(0, -REMEMBERED_TERMINATED)) this.records.delete(old.instanceId);
  }

  /** In order of launch. */
  all(): readonly InstanceRecord[] {
    return [...this.records.values()];
  }

  find(instanceId: string): InstanceRecord | undefined {
    return this.records.get(instanceId);
  }

  /** The instance of an ENI that exists. */
  findByEni(eniId: string): InstanceRecord | undefined {
    return this.all().find((record) => record.eniId === eniId && this.hasEni(record));
  }

  isAlive(record: InstanceRecord): boolean {
    return record.phase === "launched" && this.fabric.isInstanceAlive(record.instanceId);
  }

  /** The ENI goes with the machine. */
  hasEni(record: InstanceRecord): boolean {
    return record.phase === "launching" || this.isAlive(record);
  }

  ec2State(record: InstanceRecord): Ec2StateName {
    if (record.phase === "launching") return "pending";
    if (record.phase === "terminated") return "terminated";
    return this.isAlive(record) && record.ending === undefined ? "running" : "shutting-down";
  }
}
