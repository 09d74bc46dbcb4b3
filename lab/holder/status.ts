import type { LabStatus as AwsStatus } from "../aws/state/status";
import type { StackModel } from "../stack/model";
import type { NodeDirectory } from "./node-directory";

type LaneStatus = AwsStatus["lanes"][number] & {
  /** Node name of the NAT that the default route leads to; null when it leads nowhere. */
  readonly servedBy: string | null;
};

type InstanceStatus = AwsStatus["instances"][number] & {
  /** Node name, for `exec` and `fault`. */
  readonly node: string;
};

/** What `lab status --json` prints. */
export interface LabStatus extends Omit<AwsStatus, "lanes" | "instances"> {
  readonly env: string;
  readonly region: string;
  readonly lanes: readonly LaneStatus[];
  readonly instances: readonly InstanceStatus[];
  readonly nodes: readonly string[];
}

export function nodeName(natName: string): string {
  return `nat-${natName}`;
}

/** The AWS side's status with the names that the command line uses. */
export function labStatus({ env, region }: StackModel, aws: AwsStatus, directory: NodeDirectory): LabStatus {
  const lanes = aws.lanes.map((lane) => {
    const name = lane.route === "active" ? lane.target?.name : undefined;
    return { ...lane, servedBy: name === undefined ? null : nodeName(name) };
  });
  const instances = aws.instances.map((instance) => ({ ...instance, node: nodeName(instance.name) }));
  return { ...aws, env, region, lanes, instances, nodes: directory.names() };
}
