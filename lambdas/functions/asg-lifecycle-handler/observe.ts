import type { Topology } from "../../../contract/parameters";
import type { ObservedInstance } from "../../lib/domain/fleet";
import { resortOf } from "../../lib/domain/last-resort";
import { derivePeers } from "../../lib/domain/peers";
import type { Seen } from "./decide";
import type { LifecycleEvent } from "./event";
import type { Services } from "./services";

/** Everything the decision needs, read at once. @throws when any part cannot be read: a part is not an observation. */
export async function observe(event: LifecycleEvent, topology: Topology, services: Services): Promise<Seen> {
  const { instanceId, group } = event.hook;
  const zones = Object.entries(topology.zones);
  const home = zones.find(([, { asgName }]) => asgName === group)?.[0];
  const lanes = event.kind === "launch" ? topology.lanes.filter(({ zone }) => zone === home) : topology.lanes;
  const [members, instances, published, routes] = await Promise.all([
    services.fleet.members(zones.map(([, { asgName }]) => asgName)),
    services.fleet.instances(),
    services.readPeers(),
    services.routes.defaultRoutes(lanes.map(({ routeTableId }) => routeTableId)),
  ]);
  const owners = new Map(instances.map((instance) => [instance.eni?.eniId, instance.instanceId]));
  return {
    lifecycle: members.find((member) => member.instanceId === instanceId)?.lifecycle ?? null,
    instance: stateOf(instances.find((instance) => instance.instanceId === instanceId)),
    published,
    derived: derivePeers(published, members, instances),
    lanes: lanes.flatMap((lane) => {
      const route = routes.get(lane.routeTableId);
      // It is served, and returns when a NAT has been healthy for longer than a hook waits: this one must come first.
      if (route !== undefined && resortOf({ lastResort: lane.lastResort, route }) !== undefined) return [];
      const eniId = route?.state === "active" ? route.eniId : null;
      return [{ lane: lane.lane, servedBy: eniId === null ? null : (owners.get(eniId) ?? null) }];
    }),
  };
}

function stateOf(instance: ObservedInstance | undefined): Seen["instance"] {
  if (instance === undefined) return "absent";
  return instance.state === "pending" || instance.state === "running" ? "coming" : "going";
}
