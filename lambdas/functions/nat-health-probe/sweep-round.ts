import type { LifecycleRequest } from "../../../contract/lifecycle";
import type { GroupMember } from "../../lib/domain/fleet";
import type { Log } from "../../lib/domain/ports";
import type { Fleet, Seen } from "./observe";
import { decideSweep } from "./sweep";
import type { SweepMemory } from "./sweep";

export interface Sweeper {
  readonly readMembers: (groupNames: readonly string[]) => Promise<readonly GroupMember[]>;
  /** asg-lifecycle-handler, asynchronously: nobody waits for it. */
  readonly askHandler: (request: LifecycleRequest) => Promise<void>;
  readonly swept: { current: SweepMemory };
  readonly log: Log;
}

/** Looks for what was left behind and has it finished. Never throws: the probes of the minute matter more, and the next minute looks again. */
export async function sweepRound(fleet: Fleet, seen: Seen, now: number, launchMs: number, s: Sweeper): Promise<void> {
  try {
    const members = await s.readMembers(Object.values(fleet.topology.zones).map(({ asgName }) => asgName));
    const targets = (seen.targets ?? []).map(({ instanceId }) => instanceId);
    const { memory, asks } = decideSweep(s.swept.current, { members, peers: fleet.peers, targets }, now, { launchMs });
    for (const { request, because } of asks) {
      s.log.warn("left behind", { ...request, because });
      await s.askHandler(request);
    }
    s.swept.current = memory;
  } catch (error) {
    s.log.warn("what was left behind could not be looked for", { error });
  }
}
