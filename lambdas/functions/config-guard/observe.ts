import type { Topology } from "../../../contract/parameters";
import type { CheckResult, NatCheck } from "../../lib/aws/ssm-commands";
import { EMPTY_RECORD } from "../../lib/domain/record";
import { extant, vanishedTables } from "../../lib/domain/vanished";
import { assemble } from "../../lib/domain/world";
import type { Checked, Network } from "./decide";
import type { Services } from "./services";

/** The document itself may take 20 s, and Systems Manager some on both sides. */
export const COMMAND_MS = 40_000;
const POLL_MS = 1_000;

export interface NatInService {
  readonly instanceId: string;
  readonly zone: string;
}

export interface Seen {
  readonly network: Network;
  readonly nats: readonly NatInService[];
}

/** The network as EC2 says now, and who is in service. @throws when any part cannot be read: a part is not an observation. */
export async function observe(topology: Topology, s: Services): Promise<Seen> {
  const subnetIds = Object.values(topology.zones).map(({ publicSubnetId }) => publicSubnetId);
  const { guarded: wanted } = topology;
  const [instances, members, routes, acls, group] = await Promise.all([
    s.fleet.instances(),
    s.fleet.members(Object.values(topology.zones).map(({ asgName }) => asgName)),
    s.routes.defaultRoutes(topology.lanes.map(({ routeTableId }) => routeTableId)),
    wanted === undefined ? undefined : s.rules.acls(subnetIds),
    wanted === undefined ? undefined : s.rules.natGroup(topology.vpcId),
  ]);
  const inService = new Set(members.filter(({ lifecycle }) => lifecycle === "InService").map(({ instanceId }) => instanceId));
  const nats = instances.filter(({ instanceId, state }) => inService.has(instanceId) && state === "running");
  const associations = new Map(
    topology.lanes.flatMap((lane) => lane.addresses.map(({ allocationId }) => [allocationId, null] as const)),
  );
  const there = extant(topology, { routes, associations });
  const world = assemble({
    topology: there,
    record: EMPTY_RECORD,
    instances,
    routes,
    associations,
    members,
    evidence: new Map(),
  });
  const complete = wanted !== undefined && acls !== undefined && group !== undefined;
  return {
    network: {
      world,
      vanished: vanishedTables(topology, routes),
      checked: nats.flatMap(({ instanceId, eni }) => (eni?.sourceDestCheck === true ? [instanceId] : [])),
      memberships: nats.flatMap(({ instanceId, eni }) =>
        eni?.groupIds === undefined ? [] : [{ instanceId, groupIds: eni.groupIds }],
      ),
      guarded: complete ? { wanted, acls, group } : null,
      subnetIds,
    },
    nats: nats.map(({ instanceId, zone }) => ({ instanceId, zone })),
  };
}

/** Runs nat-check on one NAT and waits for its answer. Never throws: a NAT that cannot be asked is unknown, and the others are not. */
export async function check(nat: NatInService, s: Services): Promise<Checked> {
  const result = await runDocument(s.check, nat.instanceId, s);
  const unknown = (because: string): Checked => ({ ...nat, outcome: { state: "unknown", because } });
  if (result.state === "passed") return { ...nat, outcome: { state: "passed" } };
  if (result.state !== "failed") return unknown(result.because);
  return result.failing === null ? unknown(result.because) : { ...nat, outcome: { state: "failed", failing: result.failing } };
}

export type Ran =
  Exclude<CheckResult, { state: "running" }> | { readonly state: "running" | "unasked"; readonly because: string };

/** Runs a document of ours to its end; `running` when it did not end in time, `unasked` when it may never have begun. */
export async function runDocument(document: NatCheck, instanceId: string, s: Pick<Services, "waiter">): Promise<Ran> {
  try {
    const start = await document.start(instanceId);
    if (!start.started) return { state: "unasked", because: start.because };
    let result: CheckResult = { state: "running" };
    await s.waiter.until(async () => (result = await document.result(start.commandId, instanceId)).state !== "running", {
      intervalMs: POLL_MS,
      deadlineMs: COMMAND_MS,
    });
    const ended = result as CheckResult;
    return ended.state === "running"
      ? { state: "running", because: `${start.commandId} has not ended after ${COMMAND_MS} ms` }
      : ended;
  } catch (error) {
    return { state: "unasked", because: error instanceof Error ? error.message : String(error) };
  }
}
