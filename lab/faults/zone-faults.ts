import { setTimeout as wait } from "node:timers/promises";
import type { Fault } from "./fault";
import { LEAVE, ZONE_LOST } from "./fault";
import { until } from "./until";
import type { AwsActs, FaultWorld } from "./world";

const ZONE = { wholeZone: true, strikes: "server", reach: "zone", by: "AWS" } as const;

const AWAY_WITHIN_MS = 60_000;
/** What waits for a repetition of TCP's has it by then. */
const STALLS_END_MS = 5000;
/** New NATs boot and take the flows, then must have been healthy for five minutes, and a sweep must come. */
const HOME_WITHIN_MS = 600_000;

async function loseZone(world: FaultWorld, zone: string, aws: AwsActs): Promise<void> {
  aws.setDisrupted(zone, true);
  const down = world.natsOf(zone).map((nat) => world.exec(nat, ["ip", "link", "set", "ens5", "down"]));
  await Promise.all([world.cutPublicSubnets(zone), ...down]);
}

async function giveBack(world: FaultWorld, zone: string, aws: AwsActs): Promise<void> {
  aws.setDisrupted(zone, false);
  await world.restorePublicSubnets(zone);
  // Their interfaces were set down for the cut; a real machine's would be up again. New ones take their place.
  for (const nat of world.natsOf(zone)) world.killNode(nat);
}

/** Every lane of the zone has a NAT, and all of them are its own, or none is. */
async function served(world: FaultWorld, zone: string, where: "at home" | "away", withinMs: number): Promise<void> {
  const isServed = async (): Promise<boolean> => {
    const servers = await world.serversOf(zone);
    return servers.every((nat) => nat !== null && (world.zoneOf(nat) === zone) === (where === "at home"));
  };
  await until(`the lanes of ${zone} served ${where}`, isServed, withinMs);
}

/** What may happen to a zone as a whole. */
export const ZONE_FAULTS: readonly Fault[] = [
  {
    ...ZONE,
    name: "lose-zone",
    does: "cuts the zone's public subnets off: every NAT of the zone, and whatever is launched there later; EC2 cannot describe instances meanwhile",
    expects: ZONE_LOST,
    watchSeconds: 20,
    inject: (world, node, aws) => loseZone(world, world.zoneOf(node), aws),
    undo: (world, { zone }, aws) => giveBack(world, zone, aws),
  },
  {
    ...ZONE,
    name: "lose-zone-and-return",
    does: "cuts the zone's public subnets off as lose-zone does, gives them back when its lanes are served from elsewhere, and waits until they are home: every flow moves twice. Judged is the way home",
    expects: LEAVE,
    watchSeconds: 10,
    inject: async (world, node, aws, mark) => {
      // Who was struck is gone by the time the zone is back.
      const zone = world.zoneOf(node);
      await loseZone(world, zone, aws);
      try {
        await served(world, zone, "away", AWAY_WITHIN_MS);
        await wait(STALLS_END_MS);
        await mark();
      } finally {
        await giveBack(world, zone, aws);
      }
      await served(world, zone, "at home", HOME_WITHIN_MS);
    },
  },
];
