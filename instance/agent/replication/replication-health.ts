import type { ReplicationHealth } from "../../../contract/healthz";
import type { FleetPeer } from "./fleet";
import type { PeerSync } from "./peer-sync";

/** A walk may fail by a moment's want of memory; the next one repairs. */
const FAILED_WALKS_MAX = 1;

/**
 * State and reasons from what is held of the peers that are heard: a dead one cannot be copied, so it does not count. `failedWalks`: through our own table, in a
 * row; what peers hold of ours grows old, and what they say is gone stays here.
 */
export function replicationHealth(
  heard: readonly FleetPeer[],
  syncs: ReadonlyMap<string, PeerSync>,
  failedWalks: number,
  now: number,
): Pick<ReplicationHealth, "state" | "reasons" | "peers"> {
  const known = heard.flatMap(({ instanceId }) => {
    const sync = syncs.get(instanceId);
    return sync === undefined ? [] : [{ instanceId, sync }];
  });
  const waiting = known.filter(({ sync }) => !sync.synced);
  const isBlind = failedWalks > FAILED_WALKS_MAX;
  const blind = isBlind ? [`connection tracking cannot be read: the last ${failedWalks} walks through it failed`] : [];
  const behind = waiting.map(({ instanceId, sync }) => whyBehind(instanceId, sync));
  const reasons = [...blind, ...behind];
  const peers = known.map(({ instanceId, sync }) => ({
    instanceId,
    synced: sync.synced,
    flows: sync.flows,
    sweptSecondsAgo: sync.sweptAt === null ? null : Math.round((now - sync.sweptAt) / 1000),
  }));
  if (known.length === 0) return { state: "alone", reasons, peers };
  if (isBlind || waiting.some(({ sync }) => sync.wasSynced)) return { state: "degraded", reasons, peers };
  return { state: waiting.length === 0 ? "synced" : "syncing", reasons, peers };
}

function whyBehind(instanceId: string, { silentForMs, unread, wasSynced }: PeerSync): string {
  if (unread !== null) return `packets of ${instanceId} cannot be read: ${unread}`;
  if (silentForMs !== null)
    return `nothing of ${instanceId} for ${Math.floor(silentForMs / 1000)} s; a full sweep is asked for when it speaks again`;
  return wasSynced ? `packets of ${instanceId} were lost; asked for a full sweep` : `no full sweep of ${instanceId} yet`;
}
