import type { Topology } from "../../../contract/parameters";
import type { Drift } from "../../lib/domain/drift";
import type { World } from "../../lib/domain/fleet";
import type { Addresses, Fleet, RouteTables } from "../../lib/domain/fleet-ports";
import { EMPTY_RECORD } from "../../lib/domain/record";
import { extant, vanishedAddresses } from "../../lib/domain/vanished";
import { assemble } from "../../lib/domain/world";

export interface Eyes {
  readonly fleet: Pick<Fleet, "instances">;
  readonly routes: Pick<RouteTables, "defaultRoutes">;
  readonly addresses: Pick<Addresses, "associations">;
}

export interface Seen {
  readonly world: World;
  /** Addresses that do not exist any more. */
  readonly vanished: readonly Drift[];
}

/** Where routes and addresses are, as EC2 says now. Nobody's health: this function elects nobody. @throws when a part cannot be read. */
export async function observe(topology: Topology, eyes: Eyes): Promise<Seen> {
  const [instances, routes, associations] = await Promise.all([
    eyes.fleet.instances(),
    eyes.routes.defaultRoutes(topology.lanes.map(({ routeTableId }) => routeTableId)),
    eyes.addresses.associations(topology.lanes.flatMap((lane) => lane.addresses.map(({ allocationId }) => allocationId))),
  ]);
  const seen = { topology: extant(topology, { routes, associations }), record: EMPTY_RECORD, members: [], evidence: new Map() };
  return {
    world: assemble({ ...seen, instances, routes, associations }),
    vanished: vanishedAddresses(topology, associations),
  };
}
