import { handle } from "../../../../lambdas/functions/nat-route-failover/handler";
import { decide } from "../../../../lambdas/functions/nat-route-failover/decide";
import type { World } from "../../../../lambdas/lib/domain/fleet";
import { floatingOf, lane, nat, NOW, POLICY, RECORD, SILENT } from "./support/builders";
import { Cloud } from "./support/cloud";
import { batch, delivered, SWEEP } from "./support/messages";

const zoneNames = (count: number) => Array.from({ length: count }, (_, index) => `az${index + 1}`);

/** A lane and two NATs a zone; everything right. */
function fleet(zones: number): World {
  const names = zoneNames(zones);
  return {
    lanes: names.map((zone) => lane(`${zone}-l1`, `${zone}-a`, names.slice(0, 6))),
    nats: names.flatMap((zone) => [nat(`${zone}-a`, {}, floatingOf(`${zone}-l1`)), nat(`${zone}-b`)]),
  };
}

/** A cloud whose state is written down, so that a quiet look has nothing to write. */
async function settled(zones: number): Promise<Cloud> {
  const cloud = new Cloud(fleet(zones));
  await handle(batch(delivered(SWEEP)), cloud.services());
  cloud.calls.length = 0;
  return cloud;
}

/** Paginated reads; questions to probers (one a lane, each about every NAT); writes. */
function counted({ calls }: Cloud) {
  const questions = calls.filter((call) => call.startsWith("ask")).length;
  const writes = calls.filter((call) => /^(create|replace|bring|associate|save|mark)/.test(call)).length;
  return { reads: calls.length - questions - writes, questions, writes };
}

describe.each([2, 10, 100])("calls of AWS in a fleet of %i lanes:", (lanes) => {
  test("a quiet look makes five reads, asks each lane's prober once, and writes nothing", async () => {
    const cloud = await settled(lanes);

    await handle(batch(delivered(SWEEP)), cloud.services());

    expect(counted(cloud)).toEqual({ reads: 5, questions: lanes, writes: 0 });
  });

  test.each([1, 2])(
    "a failover of %i of them makes three reads more, two writes for each of these lanes and one besides",
    async (dead) => {
      const cloud = await settled(lanes);
      for (const zone of zoneNames(dead)) cloud.answers.set(`i-${zone}-a`, "timeout");

      await handle(batch(delivered(SWEEP)), cloud.services());

      // Who is silent by surprise is asked about once more.
      expect(counted(cloud)).toEqual({ reads: 8, questions: 2 * lanes, writes: 2 * dead + 1 });
    },
  );
});

test("a decision costs no more a lane in a fleet forty times as large", () => {
  const broken = (zones: number) => {
    const { lanes, nats } = fleet(zones);
    return { lanes, nats: nats.map((known, index) => (index % 8 === 0 ? { ...known, evidence: SILENT } : known)) };
  };
  /** Processor time, the least of several: what else the machine does can only add. */
  const costPerLane = (zones: number): number => {
    const costs = Array.from({ length: 5 }, () => {
      const worlds = Array.from({ length: 4000 / zones }, () => broken(zones));
      const started = process.cpuUsage();
      for (const world of worlds) decide({ world, record: RECORD, now: NOW, policy: POLICY });
      return process.cpuUsage(started).user;
    });
    return Math.min(...costs);
  };

  costPerLane(100);
  // About 1; about 6 when a single rule walks through all NATs for every zone.
  expect(costPerLane(4000) / costPerLane(100)).toBeLessThan(2.5);
});
