import { holdInForce, parameterPath } from "../../../contract/parameters";
import type { FleetRecord, Hold } from "../../../contract/parameters";
import type { StackModel } from "../../stack/model";
import type { Capacity } from "./capacity";
import type { Functions, LastResult } from "./functions";
import type { Ec2StateName, Instances, LifecycleState } from "./instances";
import type { Clock } from "./clock";
import type { Journal } from "./journal";
import type { Lanes, LaneStatus } from "./lanes";
import type { LifecycleActions } from "./lifecycle-actions";
import type { Network } from "./network";
import type { Parameters } from "./parameters";
import type { Queue } from "./queue";
import type { Targets } from "./targets";

export interface LabStatus {
  /** Every group is at its desired size, all in service, and every lane has an active default route. */
  readonly settled: boolean;
  /** Why not; empty when settled. */
  readonly waitingFor: readonly string[];
  readonly instances: readonly InstanceStatus[];
  readonly lanes: readonly LaneStatus[];
  readonly queues: readonly { readonly name: string; readonly visible: number; readonly inFlight: number }[];
  readonly hooks: readonly { readonly instanceId: string; readonly hook: string; readonly since: string }[];
  /** An operator's hold in force, as nat-route-failover wrote it down: nothing moves by itself. */
  readonly hold: Hold | null;
  readonly functions: readonly { readonly name: string; readonly last: LastResult | undefined }[];
  /** Journal entries since the start. */
  readonly events: number;
  /** Default routes moved from one NAT to another since the start. */
  readonly moves: number;
}

export interface InstanceStatus {
  readonly instanceId: string;
  readonly name: string;
  readonly zone: string;
  readonly groupName: string;
  readonly lifecycle: LifecycleState;
  readonly health: "Healthy" | "Unhealthy";
  readonly state: Ec2StateName;
  readonly alive: boolean;
  readonly privateAddress: string;
  readonly publicAddress: string | undefined;
  readonly secondaryAddresses: readonly string[];
  /** As the load balancer sees it; undefined when not registered. */
  readonly targetHealth: string | undefined;
}

export interface StatusParts {
  readonly model: StackModel;
  readonly capacity: Capacity;
  readonly instances: Instances;
  readonly network: Network;
  readonly lanes: Lanes;
  readonly queues: ReadonlyMap<string, Queue>;
  readonly parameters: Parameters;
  readonly actions: LifecycleActions;
  readonly functions: Functions;
  readonly targets: Targets;
  readonly journal: Journal;
  readonly clock: Clock;
}

export async function readStatus(parts: StatusParts): Promise<LabStatus> {
  const [view, lanes] = await Promise.all([parts.network.readAddresses(), parts.lanes.read()]);
  const targets = parts.targets.models().flatMap((group) => parts.targets.of(group.arn));
  const instances = parts.instances
    .all()
    .filter((record) => record.lifecycle !== "Terminated")
    .map((record) => ({
      instanceId: record.instanceId,
      name: record.name,
      zone: record.zone,
      groupName: record.groupName,
      lifecycle: record.lifecycle,
      health: record.health,
      state: parts.instances.ec2State(record),
      alive: parts.instances.isAlive(record),
      privateAddress: record.privateAddress,
      publicAddress: record.publicAddress,
      secondaryAddresses: view.secondaries.get(record.eniId) ?? [],
      targetHealth: targets.find((target) => target.id === record.instanceId)?.state,
    }));
  const waitingFor = [...unsettledGroups(parts, instances), ...unsettledLanes(lanes)];
  return {
    settled: waitingFor.length === 0,
    waitingFor,
    instances,
    lanes,
    queues: [...parts.queues.values()].map((queue) => ({ name: queue.model.name, ...queue.depth })),
    hooks: parts.actions.all().map(({ instanceId, hook, startedAt }) => ({
      instanceId,
      hook: hook.name,
      since: startedAt.toISOString(),
    })),
    hold: readHold(parts),
    functions: parts.model.functions.map(({ name }) => ({ name, last: parts.functions.lastResult(name) })),
    events: parts.journal.count,
    moves: parts.lanes.moves,
  };
}

/** Before the first election there is no record; one that is broken is for the functions to complain of, not for who asks how it goes. */
function readHold({ model, parameters, clock }: StatusParts): Hold | null {
  try {
    const text = parameters.find(parameterPath(model.env, "state"))?.value ?? "{}";
    return holdInForce(JSON.parse(text) as FleetRecord, clock.date()) ?? null;
  } catch {
    return null;
  }
}

function unsettledGroups({ model, capacity }: StatusParts, instances: readonly InstanceStatus[]): readonly string[] {
  return model.autoScalingGroups.flatMap((group) => {
    const { desired } = capacity.of(group.name);
    const members = instances.filter((instance) => instance.groupName === group.name);
    const serving = members.filter((instance) => instance.lifecycle === "InService" && instance.alive);
    if (serving.length === desired && members.length === desired) return [];
    const states = members.map((instance) => `${instance.name} ${instance.lifecycle}${instance.alive ? "" : " (not alive)"}`);
    return [`${group.name}: ${serving.length} of ${desired} in service (${states.join(", ") || "none launched"})`];
  });
}

function unsettledLanes(lanes: readonly LaneStatus[]): readonly string[] {
  return lanes.flatMap((lane) => (lane.route === "active" ? [] : [`lane ${lane.lane}: default route is ${lane.route}`]));
}
