import type { ReplicationHealth } from "../../../contract/healthz";
import type { FleetPeer } from "./fleet";
import type { PeerSync } from "./peer-sync";

/** State and reasons from what is held of the peers that are heard: a dead one cannot be copied, so it does not count. */
export function replicationHealth(
  heard: readonly FleetPeer[],
  syncs: ReadonlyMap<string, PeerSync>,
  now: number,
): Pick<ReplicationHealth, "state" | "reasons" | "peers"> {
  const known = heard.flatMap(({ instanceId }) => {
    const sync = syncs.get(instanceId);
    return sync === undefined ? [] : [{ instanceId, sync }];
  });
  const waiting = known.filter(({ sync }) => !sync.synced);
  const reasons = waiting.map(({ instanceId, sync }) =>
    sync.wasSynced ? `packets of ${instanceId} were lost; asked for a full sweep` : `no full sweep of ${instanceId} yet`,
  );
  const peers = known.map(({ instanceId, sync }) => ({
    instanceId,
    synced: sync.synced,
    flows: sync.flows,
    sweptSecondsAgo: sync.sweptAt === null ? null : Math.round((now - sync.sweptAt) / 1000),
  }));
  if (known.length === 0) return { state: "alone", reasons, peers };
  if (waiting.length === 0) return { state: "synced", reasons, peers };
  return { state: waiting.some(({ sync }) => sync.wasSynced) ? "degraded" : "syncing", reasons, peers };
}
