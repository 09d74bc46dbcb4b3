import type { StackModel } from "../stack/model";
import { zoneName } from "../aws/state/ids";
import type { InstanceRecord, Instances } from "../aws/state/instances";
import type { Tasks } from "../aws/state/tasks";
import type { Fabric } from "../world/fabric";
import type { EventBus } from "./event-bus";

export interface NoticeParts {
  readonly model: Pick<StackModel, "region">;
  readonly fabric: Pick<Fabric, "writeMetadata">;
  readonly instances: Instances;
  readonly tasks: Tasks;
  readonly bus: EventBus;
  /** Ends the machine as EC2 does. */
  terminate(record: InstanceRecord, because: string): void;
}

/** What AWS gives a Spot instance. */
const SPOT_WARNING_MS = 120_000;

/** What EC2 tells of an instance before it acts: in its metadata, and by an event. */
export class Notices {
  constructor(private readonly parts: NoticeParts) {}

  /** Spot takes the instance back after a while; returns when. */
  spotInterruption(instanceId: string, afterMs: number = SPOT_WARNING_MS): Date {
    const record = this.running(instanceId);
    const { tasks, fabric } = this.parts;
    const time = new Date(tasks.clock.date().getTime() + afterMs);
    const text = seconds(time);
    fabric.writeMetadata(instanceId, "spot/instance-action", JSON.stringify({ action: "terminate", time: text }));
    fabric.writeMetadata(instanceId, "spot/termination-time", text);
    this.tell(record, "EC2 Spot Instance Interruption Warning", { "instance-action": "terminate" });
    tasks.spawn(`Spot interruption of ${record.name} ${instanceId}`, async () => {
      await tasks.sleep(afterMs);
      if (record.phase !== "terminated") this.parts.terminate(record, "Spot took it back");
    });
    return time;
  }

  /** EC2 expects to take the instance back, but does not say when; it may never. */
  rebalance(instanceId: string): void {
    const record = this.running(instanceId);
    const { tasks, fabric } = this.parts;
    const noticeTime = seconds(tasks.clock.date());
    fabric.writeMetadata(instanceId, "events/recommendations/rebalance", JSON.stringify({ noticeTime }));
    this.tell(record, "EC2 Instance Rebalance Recommendation", {});
  }

  private running(instanceId: string): InstanceRecord {
    const record = this.parts.instances.find(instanceId);
    if (record === undefined || !this.parts.instances.isAlive(record)) {
      throw new Error(`instance ${instanceId} does not run; a notice is for one that does`);
    }
    return record;
  }

  private tell(record: InstanceRecord, detailType: string, detail: Readonly<Record<string, string>>): void {
    const { region } = this.parts.model;
    this.parts.bus.emit({
      source: "aws.ec2",
      detailType,
      // AWS's own form: the zone where the region belongs, and no account.
      resources: [`arn:aws:ec2:${zoneName(region, record.zone)}:instance/${record.instanceId}`],
      detail: { "instance-id": record.instanceId, ...detail },
    });
  }
}

/** As EC2 writes times: whole seconds. */
function seconds(time: Date): string {
  return time.toISOString().replace(/\.\d+Z$/, "Z");
}
