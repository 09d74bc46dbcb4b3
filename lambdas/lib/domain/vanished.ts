import type { Topology } from "../../../contract/parameters";
import type { Drift } from "./drift";

/** By ID, what EC2 has of a topology. */
export interface Found {
  readonly routes: ReadonlyMap<string, unknown>;
  readonly associations: ReadonlyMap<string, unknown>;
}

/**
 * The topology without lanes whose route table somebody deleted and without Elastic IPs that somebody released: only a deployment brings them
 * back, and no other lane may wait for that. Left out, they are neither acted on nor taken for a lane without a route or an address.
 */
export function extant(topology: Topology, { routes, associations }: Found): Topology {
  const lanes = topology.lanes.filter(({ routeTableId }) => routes.has(routeTableId));
  return {
    ...topology,
    lanes: lanes.map((lane) => ({
      ...lane,
      addresses: lane.addresses.filter(({ allocationId }) => associations.has(allocationId)),
    })),
  };
}

/** Route tables of the topology that EC2 does not have. */
export function vanishedTables(topology: Topology, routes: Found["routes"]): readonly Drift[] {
  return topology.lanes
    .filter(({ routeTableId }) => !routes.has(routeTableId))
    .map(({ lane, routeTableId }) => ({
      kind: "default-route",
      subject: lane,
      before: `route table ${routeTableId} does not exist`,
      after: "a route table of the lane: deploy again",
    }));
}

/** Elastic IPs of the topology that EC2 does not have. */
export function vanishedAddresses(topology: Topology, associations: Found["associations"]): readonly Drift[] {
  return topology.lanes.flatMap(({ lane, addresses }) =>
    addresses
      .filter(({ allocationId }) => !associations.has(allocationId))
      .map(({ allocationId, publicIp }) => ({
        kind: "address",
        subject: lane,
        before: `${allocationId} (${publicIp}) does not exist`,
        after: `an Elastic IP in the place of ${publicIp}: deploy again`,
      })),
  );
}
