import type * as ec2 from "@aws-sdk/client-ec2";
import type { StackModel, Tags } from "../../stack/model";
import type { ClientInstance } from "../../world/fabric";
import type { InstanceRecord, Instances } from "../state/instances";
import type { Network } from "../state/network";
import { AwsError } from "../wire/call";

/** What the EC2 handlers work on. */
export interface Ec2State {
  readonly model: StackModel;
  readonly instances: Instances;
  /** Instances of the operator's. */
  readonly clients: readonly ClientInstance[];
  readonly network: Network;
  /** Whose instances EC2 cannot describe now. */
  readonly disruptedZones: ReadonlySet<string>;
  /** When the lab came up. */
  readonly startedAt: Date;
}

export function ec2Tags(tags: Tags): ec2.Tag[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}

/** Every ID that was asked for must exist: AWS answers nothing at all otherwise. */
export function requireIds(
  asked: readonly string[] | undefined,
  known: readonly string[],
  what: { code: string; name: string },
): void {
  const missing = (asked ?? []).filter((id) => !known.includes(id));
  if (missing.length > 0) {
    throw new AwsError(
      what.code,
      `The ${what.name} ID${missing.length > 1 ? "s" : ""} '${missing.join(", ")}' do${missing.length > 1 ? "" : "es"} not exist`,
    );
  }
}

export function selectIds<T>(items: readonly T[], idOf: (item: T) => string, asked: readonly string[] | undefined): readonly T[] {
  return asked === undefined || asked.length === 0 ? items : items.filter((item) => asked.includes(idOf(item)));
}

export function requireEni(state: Ec2State, eniId: string | undefined): InstanceRecord {
  if (eniId === undefined) throw new AwsError("MissingParameter", "The request must contain the parameter networkInterfaceId");
  const record = state.instances.findByEni(eniId);
  if (record === undefined)
    throw new AwsError("InvalidNetworkInterfaceID.NotFound", `The networkInterface ID '${eniId}' does not exist`);
  return record;
}

export function requireInstance(state: Ec2State, instanceId: string | undefined): InstanceRecord {
  if (instanceId === undefined) throw new AwsError("MissingParameter", "The request must contain the parameter instanceId");
  const record = state.instances.find(instanceId);
  if (record === undefined) throw new AwsError("InvalidInstanceID.NotFound", `The instance ID '${instanceId}' does not exist`);
  return record;
}

export function requireRouteTable(state: Ec2State, routeTableId: string | undefined): string {
  requireIds(
    [routeTableId ?? ""],
    state.model.routeTables.map((table) => table.routeTableId),
    {
      code: "InvalidRouteTableID.NotFound",
      name: "routeTable",
    },
  );
  return routeTableId ?? "";
}

/** Called when everything else is right: AWS then says that it would have worked. */
export function refuseDryRun(input: { readonly DryRun?: boolean | undefined }): void {
  if (input.DryRun === true) throw new AwsError("DryRunOperation", "Request would have succeeded, but DryRun flag is set.", 412);
}

export const PAGE = { bounds: { min: 5, max: 1000 }, badToken: "InvalidPaginationToken" } as const;
