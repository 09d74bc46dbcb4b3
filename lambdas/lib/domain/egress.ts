import type { BringAddress, BringPublicAddress } from "./actions";
import { isServer } from "./fleet";
import type { Association, Lane, Nat, Server, World } from "./fleet";
import { perArray } from "./per-array";

type EgressAction = BringAddress | BringPublicAddress;

/**
 * What makes the lane's addresses match the NAT that serves it. At home every floating address is on the server and carries its EIP;
 * away, the zone's guest address is on the server and carries the first EIP. Nothing is ever unassigned first.
 */
export function bringEgress(lane: Lane, server: Server, world: World, because: string): readonly EgressAction[] {
  if (server.zone === lane.zone)
    return lane.addresses.flatMap((address) => bring(lane, server, { ...address, address: address.floating }, world, because));
  const guest = lane.guests[server.zone];
  const [first] = lane.addresses;
  // `guests: false`: the configuration gave up the public address at zone loss.
  if (guest === undefined || first === undefined) return [];
  return bring(lane, server, { ...first, address: guest }, world, because);
}

interface Wanted {
  readonly allocationId: string;
  readonly publicIp: string;
  readonly address: string;
  readonly association: Association;
}

function bring(lane: Lane, server: Server, wanted: Wanted, world: World, because: string): readonly EgressAction[] {
  const { address, association } = wanted;
  const eniId = server.eni.eniId;
  const there = server.eni.addresses.includes(address);
  const actions: EgressAction[] = [];
  if (!there) actions.push({ kind: "bring-address", lane: lane.lane, address, eniId, because });
  if (!carries(association, wanted, server, world, there)) {
    const { allocationId, publicIp } = wanted;
    actions.push({ kind: "bring-public-address", lane: lane.lane, allocationId, publicIp, address, eniId, because });
  }
  return actions;
}

/** Interface by the private address that it holds. */
const holders = perArray((nats: readonly Nat[]) => {
  const held = new Map<string, string>();
  for (const { eni } of nats.filter(isServer))
    for (const address of eni.addresses) if (!held.has(address)) held.set(address, eni.eniId);
  return held;
});

/** The EIP is on the address, or comes along when the address moves from the interface that holds both. */
function carries(association: Association, wanted: Wanted, server: Server, world: World, there: boolean): boolean {
  if (association === null || association.address !== wanted.address) return false;
  if (there) return association.eniId === server.eni.eniId;
  return association.eniId === holders(world.nats).get(wanted.address);
}
