import type { Peers } from "../../../contract/parameters";
import type { GroupMember } from "./fleet";

export interface Listed {
  readonly members: readonly GroupMember[];
  /** EC2's own list; empty where it was not asked. */
  readonly instances: readonly { readonly instanceId: string; readonly state: string }[];
  readonly peers: Peers;
  /** Instance IDs that the target group has. */
  readonly targets: readonly string[];
}

export interface Stale {
  readonly peers: readonly string[];
  readonly targets: readonly string[];
}

/** Instance IDs that are listed although the instance is in no group, whatever its state there, and EC2 does not run it. */
export function staleEntries({ members, instances, peers, targets }: Listed): Stale {
  const running = instances.filter(({ state }) => state === "pending" || state === "running");
  const known = new Set([...members, ...running].map(({ instanceId }) => instanceId));
  return {
    peers: peers.peers.map(({ instanceId }) => instanceId).filter((id) => !known.has(id)),
    targets: targets.filter((id) => !known.has(id)),
  };
}
