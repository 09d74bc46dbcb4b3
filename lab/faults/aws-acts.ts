import type { Fault } from "./fault";
import { LEAVE, UNTOUCHED } from "./fault";
import { stop } from "./stop";
import { until } from "./until";
import type { FaultWorld } from "./world";

const LEAVES = { wholeZone: false, strikes: "server", reach: "nat", by: "AWS", expects: LEAVE, watchSeconds: 20 } as const;

/** Shorter than Spot's two minutes, so that a run sees the instance go. */
const SPOT_AFTER_MS = 15_000;
const THROTTLED_SHARE = 0.2;

const GONE_WITHIN_MS = 180_000;

/** What it leaves behind is seen only once it is gone. */
async function gone(world: FaultWorld, zone: string, instanceId: string): Promise<void> {
  const isGone = async (): Promise<boolean> => world.natsOf(zone).every((nat) => world.instanceOf(nat) !== instanceId);
  await until(`the end of ${instanceId}`, isGone, GONE_WITHIN_MS);
}

/** How a NAT is asked to go, and AWS's own weather. */
export const AWS_ACTS: readonly Fault[] = [
  {
    ...LEAVES,
    name: "drain",
    does: "asks the NAT to hand over its lanes (nat-drain)",
    by: "kernel",
    watchSeconds: 5,
    inject: async (world, node) => void (await world.exec(node, ["/opt/ha-nat/bin/nat-drain"])),
    undo: stop,
  },
  {
    ...LEAVES,
    name: "spot-notice",
    does: `gives notice that Spot takes the NAT back, and takes it ${SPOT_AFTER_MS / 1000} s later`,
    watchSeconds: 5,
    inject: async (world, node, aws) => {
      const [zone, instanceId] = [world.zoneOf(node), world.instanceOf(node)];
      aws.noticeSpot(instanceId, SPOT_AFTER_MS);
      await gone(world, zone, instanceId);
    },
  },
  {
    ...LEAVES,
    name: "rebalance",
    does: "recommends to rebalance the NAT; nothing else ever happens to it",
    inject: async (world, node, aws) => aws.noticeRebalance(world.instanceOf(node)),
    undo: stop,
  },
  {
    ...LEAVES,
    name: "instance-refresh",
    does: "replaces every NAT of the zone's group, launch before terminate (StartInstanceRefresh)",
    reach: "zone",
    watchSeconds: 5,
    inject: (world, node, aws) => aws.refreshGroupOf(world.instanceOf(node)),
  },
  {
    ...LEAVES,
    name: "terminate",
    does: "terminates the NAT through its group (TerminateInstanceInAutoScalingGroup), by its lifecycle hook",
    watchSeconds: 5,
    inject: async (world, node, aws) => {
      const [zone, instanceId] = [world.zoneOf(node), world.instanceOf(node)];
      await aws.terminate(instanceId);
      await gone(world, zone, instanceId);
    },
  },
  {
    ...LEAVES,
    name: "throttle",
    does: `lets EC2 refuse ${THROTTLED_SHARE * 100} % of all calls (RequestLimitExceeded)`,
    expects: UNTOUCHED,
    inject: async (_world, _node, aws) => aws.throttle(THROTTLED_SHARE),
    undo: async (_world, _struck, aws) => aws.throttle(undefined),
  },
];
