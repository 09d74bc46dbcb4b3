import type { LaneTopology, Topology } from "../../../contract/parameters";
import type { DefaultRoute, ObservedInstance } from "../../lib/domain/fleet";
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
  const [members, instances, published, routes] = await Promise.all([
    services.fleet.members(zones.map(([, { asgName }]) => asgName)),
    services.fleet.instances(),
    services.readPeers(),
    services.routes.defaultRoutes(topology.lanes.map(({ routeTableId }) => routeTableId)),
  ]);
  const owners = new Map(instances.map((instance) => [instance.eni?.eniId, instance]));
  const own = instances.find((instance) => instance.instanceId === instanceId);
  const led = topology.lanes.map((lane): Led => {
    const route = routes.get(lane.routeTableId);
    const eniId = route?.state === "active" ? route.eniId : null;
    return { lane, route, server: eniId === null ? undefined : owners.get(eniId) };
  });
  const serving = new Set(led.flatMap(({ server }) => (server === undefined ? [] : [server.instanceId])));
  return {
    lifecycle: members.find((member) => member.instanceId === instanceId)?.lifecycle ?? null,
    instance: stateOf(own),
    published,
    derived: derivePeers(published, members, instances, serving),
    lanes: led
      .filter(({ lane, route }) => lane.zone === home && route !== undefined && !rests(lane, route))
      .map(({ lane, server }) => ({ lane: lane.lane, servedBy: server?.instanceId ?? null })),
    serves: led.filter(({ server }) => server?.instanceId === instanceId).map(({ lane }) => lane.lane),
    stranded: led.filter((each) => isStranded(each, own)).map(({ lane }) => lane.lane),
  };
}

/** A lane and the NAT that its default route leads to. */
interface Led {
  readonly lane: LaneTopology;
  readonly route: DefaultRoute | undefined;
  readonly server: ObservedInstance | undefined;
}

/** It is served, and returns when a NAT has been healthy for longer than a hook waits: this one must come first. */
function rests({ lastResort }: LaneTopology, route: DefaultRoute | undefined): boolean {
  return route !== undefined && resortOf({ lastResort, route }) !== undefined;
}

/** Another NAT serves it and has not got its address, while this one has one of its addresses: what a move that broke off leaves. */
function isStranded({ lane, server }: Led, own: ObservedInstance | undefined): boolean {
  if (server === undefined || server.instanceId === own?.instanceId) return false;
  const floating = lane.addresses.map((address) => address.floating);
  const guest = lane.guests[server.zone];
  const wanted = server.zone === lane.zone ? floating : guest === undefined ? [] : [guest];
  const isOn = (instance: ObservedInstance | undefined, address: string) => instance?.eni?.addresses.includes(address) === true;
  return (
    wanted.some((address) => !isOn(server, address)) &&
    [...floating, ...Object.values(lane.guests)].some((address) => isOn(own, address))
  );
}

function stateOf(instance: ObservedInstance | undefined): Seen["instance"] {
  if (instance === undefined) return "absent";
  return instance.state === "pending" || instance.state === "running" ? "coming" : "going";
}
