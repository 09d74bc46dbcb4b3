import type { StackModel } from "../stack/model";
import type { World } from "../world/world";
import { lanesOf, servingEni } from "./lanes";
import type { NodeDirectory } from "./node-directory";

export interface LaneStatus {
  readonly lane: string;
  readonly routeTableId: string;
  /** Node name of the NAT that the default route leads to; null when it leads nowhere. */
  readonly servedBy: string | null;
  readonly publicAddresses: readonly string[];
}

export interface InstanceStatus {
  readonly instanceId: string;
  /** Node name. */
  readonly node: string;
  readonly zone: string;
  readonly groupName: string;
  /** Auto Scaling's word, e.g. `InService`. */
  readonly lifecycle: string;
  readonly health: string;
  readonly alive: boolean;
}

export interface LabStatus {
  readonly env: string;
  readonly region: string;
  /** Every group has its capacity in service and every lane a NAT. */
  readonly settled: boolean;
  /** What is missing, one clause each; empty when settled. */
  readonly waitingFor: readonly string[];
  readonly lanes: readonly LaneStatus[];
  readonly instances: readonly InstanceStatus[];
  readonly nodes: readonly string[];
}

/** What the AWS side tells of its instances. */
export interface GroupMember {
  readonly instanceId: string;
  readonly name: string;
  readonly zone: string;
  readonly groupName: string;
  readonly lifecycle: string;
  readonly health: string;
}

export interface StatusSources {
  readonly model: StackModel;
  readonly world: World;
  readonly directory: NodeDirectory;
  readonly members: () => readonly GroupMember[];
}

/** Lanes and liveness from the kernel, membership from Auto Scaling. */
export async function readStatus({ model, world, directory, members }: StatusSources): Promise<LabStatus> {
  const instances = members().map((member) => ({
    ...member,
    node: `nat-${member.name}`,
    alive: world.isInstanceAlive(member.instanceId),
  }));
  const lanes = await Promise.all(
    lanesOf(model).map(async (lane) => {
      const eniId = servingEni(await world.readRoutes(lane.routeTableId));
      return { ...lane, servedBy: (eniId === undefined ? undefined : directory.natOfEni(eniId)) ?? null };
    }),
  );
  const waitingFor = [
    ...model.autoScalingGroups.flatMap(({ name, desired }) => {
      const inService = instances.filter(
        ({ groupName, lifecycle, alive }) => groupName === name && lifecycle === "InService" && alive,
      );
      return inService.length >= desired ? [] : [`${name} has ${inService.length} of ${desired} NATs in service`];
    }),
    ...lanes.filter(({ servedBy }) => servedBy === null).map(({ lane }) => `lane ${lane} has no default route to a NAT`),
  ];
  const { env, region } = model;
  return { env, region, settled: waitingFor.length === 0, waitingFor, lanes, instances, nodes: directory.names() };
}
