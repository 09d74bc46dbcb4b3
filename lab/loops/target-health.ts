import type { TargetGroupModel } from "../stack/model";
import type { Fabric } from "../world/fabric";
import type { Instances } from "../aws/state/instances";
import type { Journal } from "../aws/state/journal";
import { countCheck, type CheckResult, type Target, type Targets } from "../aws/state/targets";
import type { Tasks } from "../aws/state/tasks";

export interface TargetHealthParts {
  readonly fabric: Pick<Fabric, "checkTarget">;
  readonly instances: Instances;
  readonly targets: Targets;
  readonly tasks: Tasks;
  readonly journal: Journal;
}

/** How often the loop looks for targets that are due. */
const TICK_MS = 250;

/** The load balancer asks every registered target, over the network, at the group's interval. Data-plane time: no clock factor. */
export function startTargetHealth(parts: TargetHealthParts): void {
  for (const group of parts.targets.models()) {
    parts.tasks.spawn(`health checks of ${group.name}`, async () => {
      const due = new Map<Target, number>();
      for (;;) {
        const now = parts.tasks.clock.now();
        const registered = parts.targets.of(group.arn);
        for (const target of due.keys()) if (!registered.includes(target)) due.delete(target);
        for (const target of registered) {
          if ((due.get(target) ?? now) > now) continue;
          due.set(target, now + group.intervalSeconds * 1000);
          parts.tasks.spawn(`health check of ${target.id}`, () => check(parts, group, target));
        }
        await parts.tasks.sleep(TICK_MS);
      }
    });
  }
}

async function check(parts: TargetHealthParts, group: TargetGroupModel, target: Target): Promise<void> {
  const record = parts.instances.find(target.id);
  if (record === undefined || record.phase === "terminated") {
    // As AWS does with instances that are gone.
    parts.targets.deregister(group.arn, target.id, target.port);
    return;
  }
  const { zone, privateAddress } = record;
  const timeoutMs = group.timeoutSeconds * 1000;
  const result: CheckResult = await parts.fabric
    .checkTarget(zone, privateAddress, group.healthPort, group.healthPath, timeoutMs)
    .catch((error: unknown) => ({ error: String(error) }));
  if (countCheck(target, result, group)) {
    parts.journal.add({ kind: "target-health", instanceId: target.id, state: target.state, reason: target.description ?? "" });
  }
}
