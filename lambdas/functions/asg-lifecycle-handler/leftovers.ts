import { lifecycleHookName } from "../../../contract/lifecycle";
import type { Topology } from "../../../contract/parameters";
import { staleEntries } from "../../lib/domain/leftovers";
import { mendPeers, samePeers } from "../../lib/domain/peers";
import type { Asked, LifecycleEvent } from "./event";
import type { Services } from "./services";

/**
 * The hook that an instance waits at, as its event named it when somebody still worked on it.
 * @returns undefined when it waits no longer: then there is nothing left to finish.
 */
export async function orphanedHook(
  { transition, instanceId }: Asked & { readonly kind: "finish-hook" },
  topology: Topology,
  services: Services,
): Promise<LifecycleEvent | undefined> {
  const waits = transition === "launch" ? "Pending:Wait" : "Terminating:Wait";
  for (const { asgName } of Object.values(topology.zones)) {
    const members = await services.fleet.members([asgName]);
    if (!members.some((member) => member.instanceId === instanceId && member.lifecycle === waits)) continue;
    services.log.warn("taking up an orphaned hook", { instanceId, transition, group: asgName });
    return { kind: transition, hook: { group: asgName, hook: lifecycleHookName(topology.env, transition), instanceId } };
  }
  services.log.info("ignored", { because: `${instanceId} does not wait at its ${transition} hook` });
  return undefined;
}

/**
 * Takes out peers and targets of instances that neither Auto Scaling nor EC2 has any more, and publishes members that nobody published; all
 * others stay as they are.
 */
export async function sweepStale(topology: Topology, services: Services): Promise<void> {
  const { targetGroupArn } = topology;
  const [members, instances, published, targets] = await Promise.all([
    services.fleet.members(Object.values(topology.zones).map(({ asgName }) => asgName)),
    services.fleet.instances(),
    services.readPeers(),
    targetGroupArn === undefined ? [] : services.readTargets(targetGroupArn),
  ]);
  const stale = staleEntries({ members, instances, peers: published, targets });
  services.log.info("sweeping", { ...stale });
  const mended = mendPeers(published, stale.peers, members, instances);
  if (!samePeers(published, mended)) {
    const before = published.peers.map(({ instanceId }) => instanceId);
    const added = mended.peers.map(({ instanceId }) => instanceId).filter((id) => !before.includes(id));
    await services.writePeers(mended);
    if (stale.peers.length > 0) services.log.warn("stale peers", { before, gone: stale.peers });
    if (added.length > 0) services.log.warn("missing peers", { before, added });
  }
  if (targetGroupArn === undefined) return;
  for (const instanceId of stale.targets) {
    await services.deregister(targetGroupArn, instanceId);
    services.log.warn("stale target", { before: targets, gone: instanceId });
  }
}
