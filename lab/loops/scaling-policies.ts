import type { Capacity, Size } from "../aws/state/capacity";
import type { InstanceRecord, Instances } from "../aws/state/instances";
import type { Journal } from "../aws/state/journal";
import type { EmittedMetrics, LogGroups } from "../aws/state/log-groups";
import type { Tasks } from "../aws/state/tasks";
import type { ScalingPolicyModel, StackModel, TrackedMetric } from "../stack/model";
import type { Fabric } from "../world/fabric";
import { track } from "./target-tracking";

export interface ScalingPoliciesParts {
  readonly model: Pick<StackModel, "scalingPolicies" | "autoScalingGroups">;
  readonly fabric: Pick<Fabric, "readSentBytes">;
  readonly logGroups: LogGroups;
  readonly instances: Instances;
  readonly capacity: Capacity;
  readonly resize: (groupName: string, size: Size) => void;
  readonly tasks: Tasks;
  readonly journal: Journal;
  /** A minute of CloudWatch, and the warm-up, are this many times shorter; what is counted in it is told as if it were a minute. */
  readonly clockFactor: number;
}

const MINUTE_MS = 60_000;
/** An agent speaks once a minute of its own, which no factor shortens; what it said then holds until it is late. */
const EMITTED_FOR_MS = 1.5 * MINUTE_MS;
/** No alarm looks back further. */
const REMEMBERED_MINUTES = 15;

interface Sent {
  readonly bytes: number;
  readonly ms: number;
}

/**
 * CloudWatch and Auto Scaling for the synthesised target-tracking policies: every minute it reads what the machines' links
 * counted and what their agents put into log groups, and gives each group the size that its policies want.
 */
export class ScalingPolicies {
  private readonly minutes = new Map<string, (number | null)[]>();
  private readonly inServiceSince = new Map<string, number>();
  private sent: ReadonlyMap<string, Sent> = new Map();

  constructor(private readonly parts: ScalingPoliciesParts) {
    const groups = parts.model.autoScalingGroups.map(({ name }) => name);
    const stray = parts.model.scalingPolicies.find(({ groupName }) => !groups.includes(groupName));
    if (stray !== undefined)
      throw new Error(`scaling policy ${stray.name} is of group ${stray.groupName}, which the stack does not have`);
  }

  start(): void {
    const { tasks, model, clockFactor } = this.parts;
    if (model.scalingPolicies.length === 0) return;
    tasks.spawn("scaling policies", async () => {
      for (;;) {
        await tasks.sleep(MINUTE_MS / clockFactor);
        this.minute();
      }
    });
  }

  private minute(): void {
    const { model, instances, tasks } = this.parts;
    const now = tasks.clock.now();
    const inService = instances.all().filter(({ lifecycle }) => lifecycle === "InService");
    for (const { instanceId } of inService) if (!this.inServiceSince.has(instanceId)) this.inServiceSince.set(instanceId, now);
    const rates = this.bytesAMinute(inService, now);
    for (const { name } of model.autoScalingGroups) {
      const policies = model.scalingPolicies.filter(({ groupName }) => groupName === name);
      if (policies.length > 0)
        this.judge(
          name,
          policies,
          inService.filter(({ groupName }) => groupName === name),
          rates,
        );
    }
  }

  private judge(
    groupName: string,
    policies: readonly ScalingPolicyModel[],
    members: readonly InstanceRecord[],
    rates: ReadonlyMap<string, number>,
  ): void {
    const { capacity, resize, journal, tasks, clockFactor } = this.parts;
    const now = tasks.clock.now();
    const warmupMs = (Math.max(...policies.map(({ warmupSeconds }) => warmupSeconds)) * 1000) / clockFactor;
    const warm = members.filter(({ instanceId }) => now - (this.inServiceSince.get(instanceId) ?? now) >= warmupMs);
    const tracked = policies.map(({ name, targetValue, metric }) => {
      const minutes = [...(this.minutes.get(name) ?? []), this.average(metric, warm, rates)].slice(-REMEMBERED_MINUTES);
      this.minutes.set(name, minutes);
      return { name, targetValue, minutes };
    });
    const size = capacity.of(groupName);
    const verdict = track(tracked, size, { measured: warm.length, warming: members.length - warm.length });
    if (verdict === undefined) return;
    journal.add({ kind: "scaling", group: groupName, from: size.desired, to: verdict.desired, because: verdict.because });
    resize(groupName, { ...size, desired: verdict.desired });
  }

  private average(metric: TrackedMetric, warm: readonly InstanceRecord[], rates: ReadonlyMap<string, number>): number | null {
    const values = warm.flatMap(({ instanceId }) =>
      metric.kind === "network-out" ? (rates.get(instanceId) ?? []) : this.emitted(instanceId, metric),
    );
    return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
  }

  /** By the counters of this minute and the last: nothing of an instance that was not counted before. */
  private bytesAMinute(members: readonly InstanceRecord[], now: number): ReadonlyMap<string, number> {
    const counters = this.parts.fabric.readSentBytes();
    const before = this.sent;
    const counted = members.flatMap(({ instanceId, eniId }): (readonly [string, Sent])[] => {
      const bytes = counters.get(eniId);
      return bytes === undefined ? [] : [[instanceId, { bytes, ms: now }]];
    });
    this.sent = new Map(counted);
    const rates = counted.flatMap(([instanceId, { bytes }]): (readonly [string, number])[] => {
      const earlier = before.get(instanceId);
      return earlier === undefined ? [] : [[instanceId, ((bytes - earlier.bytes) * MINUTE_MS) / (now - earlier.ms)]];
    });
    return new Map(rates);
  }

  private emitted(instanceId: string, metric: TrackedMetric & { readonly kind: "emitted" }): readonly number[] {
    const since = this.parts.tasks.clock.date().getTime() - EMITTED_FOR_MS;
    const last = this.parts.logGroups
      .emittedBy(instanceId)
      .findLast((document) => document._aws.Timestamp >= since && isOf(document, metric));
    const value = last?.[metric.name];
    return typeof value === "number" ? [value] : [];
  }
}

/** CloudWatch knows a metric by its namespace, its name and exactly these dimensions. */
function isOf(document: EmittedMetrics, { namespace, name, dimensions }: TrackedMetric & { readonly kind: "emitted" }): boolean {
  const names = Object.keys(dimensions).toSorted().join();
  return document._aws.CloudWatchMetrics.some(
    ({ Namespace, Dimensions, Metrics }) =>
      Namespace === namespace &&
      Metrics.some(({ Name }) => Name === name) &&
      Dimensions.some((set) => set.toSorted().join() === names) &&
      Object.entries(dimensions).every(([key, value]) => document[key] === value),
  );
}
