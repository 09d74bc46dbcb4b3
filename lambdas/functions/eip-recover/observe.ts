import type { Topology } from "../../../contract/parameters";
import type { World } from "../../lib/domain/fleet";
import type { Addresses, Fleet, RouteTables } from "../../lib/domain/fleet-ports";
import { EMPTY_RECORD } from "../../lib/domain/record";
import { assemble } from "../../lib/domain/world";

export interface Eyes {
  readonly fleet: Pick<Fleet, "instances">;
  readonly routes: Pick<RouteTables, "defaultRoutes">;
  readonly addresses: Pick<Addresses, "associations">;
}

/** Where routes and addresses are, as EC2 says now. Nobody's health: this function elects nobody. @throws when a part cannot be read. */
export async function observe(topology: Topology, eyes: Eyes): Promise<World> {
  const [instances, routes, associations] = await Promise.all([
    eyes.fleet.instances(),
    eyes.routes.defaultRoutes(topology.lanes.map(({ routeTableId }) => routeTableId)),
    eyes.addresses.associations(topology.lanes.flatMap((lane) => lane.addresses.map(({ allocationId }) => allocationId))),
  ]);
  return assemble({ topology, record: EMPTY_RECORD, instances, routes, associations, members: [], evidence: new Map() });
}
