import type { Peer, Peers } from "../../../contract/parameters";
import { NAT_LETTERS, natName } from "../../../contract/project";
import type { GroupMember, ObservedInstance } from "./fleet";

/** In service, or on the way there. Not `Terminating…`, `Standby` or `Detaching`, nor a warm pool's. */
const STAYING = /^(Pending(:Wait|:Proceed)?|InService)$/;
const RUNNING = new Set(["pending", "running"]);

/** A launch-before-terminate refresh of a full zone has more NATs than letters for a while; the alphabet goes on. */
const SPARE_LETTERS = [..."efghijklmnopqrstuvwxyz"];

/**
 * Who the NATs are, from what Auto Scaling and EC2 say now: level-triggered, so that whoever writes last writes the same.
 * A NAT keeps its name as long as it lives; a new one takes the lowest letter of its zone that is free. Sorted by name.
 *
 * @param needed instances that stay listed while they run, whatever their group says: the flows of one that a lane leads to must be copied.
 */
export function derivePeers(
  current: Peers,
  members: readonly GroupMember[],
  instances: readonly ObservedInstance[],
  needed: ReadonlySet<string>,
): Peers {
  const listed = new Set([
    ...needed,
    ...members.filter(({ lifecycle }) => STAYING.test(lifecycle)).map(({ instanceId }) => instanceId),
  ]);
  const names = new Map(current.peers.map(({ instanceId, name }) => [instanceId, name]));
  const nats = instances
    .filter(({ instanceId, state }) => listed.has(instanceId) && RUNNING.has(state))
    .toSorted((a, b) => compare(a.instanceId, b.instanceId));
  const taken = new Set<string>();
  const named = new Map<string, string>();
  for (const { instanceId, zone } of nats) {
    const name = names.get(instanceId);
    if (name === undefined || taken.has(name) || !lettersOf(zone).includes(name)) continue;
    taken.add(name);
    named.set(instanceId, name);
  }
  const peers = nats.flatMap((nat): readonly Peer[] => {
    const { instanceId, zone, eni } = nat;
    const name = named.get(instanceId) ?? lettersOf(zone).find((free) => !taken.has(free));
    if (eni === null || name === undefined) return [];
    taken.add(name);
    return [{ instanceId, name, zone, address: eni.primary, eniId: eni.eniId }];
  });
  return { schema: 1, peers: peers.toSorted((a, b) => compare(a.name, b.name)) };
}

export function samePeers(a: Peers, b: Peers): boolean {
  const text = ({ peers }: Peers): string =>
    JSON.stringify(peers.map(({ instanceId, name, zone, address, eniId }) => [instanceId, name, zone, address, eniId]));
  return text(a) === text(b);
}

/**
 * The peers without those that are gone, and with members that nobody published: a look that lacked one has it missing until the next hook.
 * Whoever else is listed stays as it is.
 */
export function mendPeers(
  current: Peers,
  gone: readonly string[],
  members: readonly GroupMember[],
  instances: readonly ObservedInstance[],
): Peers {
  const kept = current.peers.filter(({ instanceId }) => !gone.includes(instanceId));
  const ids = new Set(kept.map(({ instanceId }) => instanceId));
  const names = new Set(kept.map(({ name }) => name));
  const derived = derivePeers({ schema: 1, peers: kept }, members, instances, ids);
  // A name that is taken belongs to one that this look lacks: the next one has both.
  const missing = derived.peers.filter(({ instanceId, name }) => !ids.has(instanceId) && !names.has(name));
  return { schema: 1, peers: [...kept, ...missing].toSorted((a, b) => compare(a.name, b.name)) };
}

function lettersOf(zone: string): readonly string[] {
  return [...NAT_LETTERS, ...SPARE_LETTERS].map((letter) => natName(zone, letter));
}

/** IDs and names: no two are the same. */
function compare(a: string, b: string): number {
  return a < b ? -1 : 1;
}
