import { handle } from "../../../../lambdas/functions/nat-route-failover/handler";
import type { FleetRecord } from "../../../../contract/parameters";
import { isServer, serverOf } from "../../../../lambdas/lib/domain/fleet";
import { resortOf } from "../../../../lambdas/lib/domain/last-resort";
import { bringEgress } from "../../../../lambdas/lib/domain/egress";
import { FAULTS, portsOf, Saboteur } from "../../support/saboteur";
import type { Fault } from "../../support/saboteur";
import { ago, lane, PERFECT, RECORD, withGateway, worldWith } from "./support/builders";
import { Cloud, silence } from "./support/cloud";
import { batch, delivered, leave, suspicion, SWEEP } from "./support/messages";

/** Visibility timeout and maxReceiveCount of the queue. */
const VISIBILITY_MS = 25_000;
const TRIES = 10;

interface Scenario {
  readonly cloud: () => Cloud;
  readonly message: object;
  readonly sender?: string;
  /** A message of the same batch that is rejected. */
  readonly beside?: string;
  /** Evidence that is missing holds: a message is consumed, and the next sweep looks again. */
  readonly holds?: true;
}

const breach = { ...SWEEP, kind: "breach", lane: "az1-l1", failed: 3, of: 3, targets: ["a", "b"] };
const remembering = (cloud: Cloud, record: Partial<FleetRecord>): Cloud => {
  cloud.record = { ...RECORD, ...record };
  return cloud;
};

const SCENARIOS: Readonly<Record<string, Scenario>> = {
  "a NAT is dead": {
    cloud: () => silence("az1-a"),
    message: suspicion({ reporter: "i-az1-b", suspect: "i-az1-a" }),
    sender: "i-az1-b",
  },
  "a NAT is dead, and somebody talks nonsense": { cloud: () => silence("az1-a"), message: SWEEP, beside: "{" },
  "a zone is lost": { cloud: () => silence("az1-a", "az1-b"), message: SWEEP },
  "two lanes have no route": {
    cloud: () => new Cloud(worldWith({}, [lane("az1-l1", null), lane("az2-l1", null)])),
    message: SWEEP,
  },
  "a lane's probes fail and its NAT is well": { cloud: () => new Cloud(), message: breach },
  "a NAT leaves": {
    cloud: () => new Cloud(),
    message: leave({ reporter: "i-az1-a", instanceId: "i-az1-a" }),
    sender: "i-az1-a",
  },
  "a NAT has been broken for long": {
    cloud: () => remembering(silence("az1-a"), { brokenSince: { "i-az1-a": ago(30_000) } }),
    message: SWEEP,
  },
  "no NAT is left, and there are NAT Gateways": {
    cloud: () => {
      const cloud = silence("az1-a", "az1-b", "az2-a", "az2-b");
      cloud.world = { ...PERFECT, lanes: PERFECT.lanes.map((known) => withGateway(known, {})) };
      return cloud;
    },
    message: SWEEP,
    holds: true,
  },
  "an operator holds": {
    cloud: () => silence("az1-a"),
    message: { ...SWEEP, kind: "hold", by: "ana", because: "migration", until: ago(-3_600_000) },
    sender: "ana",
  },
};

/** Delivers the message until it is consumed, as the queue does: each time to a new process. The first one meets the fault. */
async function deliver(
  cloud: Cloud,
  { message, sender = "ana", beside }: Scenario,
  fault?: { readonly fault: Fault; readonly at: number },
) {
  const sentAt = cloud.now.getTime();
  const past = new Cloud(cloud.world);
  past.record = cloud.record;
  for (let receives = 1; receives <= TRIES; receives += 1) {
    const saboteur = new Saboteur(receives === 1 ? fault : undefined);
    const services = saboteur.watch(cloud.services(), past.services());
    const records = [message, ...(beside === undefined ? [] : [beside])].map((body) =>
      delivered(body, { sender, sentAt, receives }),
    );
    const consumed = await handle(batch(...records), services).then(
      () => !saboteur.isDead,
      () => false,
    );
    if (consumed) return { receives, calls: saboteur.calls };
    cloud.now = new Date(cloud.now.getTime() + untilDeliveredAgain(cloud));
  }
  throw new Error("the message was dead-lettered");
}

/** As the run asked for with its last call; one that was killed asked for nothing. */
function untilDeliveredAgain({ calls }: Cloud): number {
  const asked = /^again in (\d+) s/.exec(calls.at(-1) ?? "")?.[1];
  return asked === undefined ? VISIBILITY_MS : Number(asked) * 1000;
}

/** Where every lane is, with its addresses; who is marked, who leaves, who holds. */
function state({ world, record }: Cloud) {
  return {
    lanes: world.lanes.map((known) => ({
      lane: known.lane,
      route: known.route,
      at: known.addresses.map((one) => one.association),
    })),
    marked: Object.values(record.marks).map(({ instanceId }) => instanceId),
    leaving: Object.keys(record.notices ?? {}),
    hold: record.hold?.by,
    servedBy: Object.entries(record.lanes)
      .map(([name, { servedBy }]) => `${name} ${servedBy ?? "-"}`)
      .toSorted(),
  };
}

/** What is not as it must be, whatever happened. */
function wrongs(cloud: Cloud): readonly string[] {
  if (cloud.record.hold !== undefined) return [];
  return cloud.world.lanes.flatMap((known) => {
    if (resortOf(known) !== undefined) return [];
    const server = serverOf(known, cloud.world.nats);
    if (server === undefined || !isServer(server)) return [`${known.lane} has no NAT`];
    const answer = cloud.answers.get(server.instanceId) ?? "healthy";
    const dead = answer === "healthy" ? [] : [`${known.lane} is at ${server.instanceId}, which is ${answer}`];
    return [...dead, ...bringEgress(known, server, cloud.world, "").map((action) => `${known.lane} misses ${action.address}`)];
  });
}

test("every call that the function can make is made in one of the scenarios", async () => {
  const made = await Promise.all(Object.values(SCENARIOS).map(async (one) => (await deliver(one.cloud(), one)).calls));

  // Its first delivery is tried again only when a call fails.
  expect([...new Set(made.flat()), "deliverAgain"].toSorted()).toEqual(portsOf(new Cloud().services()).toSorted());
});

describe.each(Object.entries(SCENARIOS))("%s:", (_name, scenario) => {
  const undisturbed = async () => {
    const cloud = scenario.cloud();
    const { calls } = await deliver(cloud, scenario);
    return { cloud, calls };
  };

  test("undisturbed, the message is consumed at once and leaves nothing to do", async () => {
    const { cloud, calls } = await undisturbed();
    const writes = cloud.writes();

    await handle(batch(delivered(SWEEP)), cloud.services());

    expect(wrongs(cloud)).toEqual([]);
    expect(cloud.writes()).toEqual(writes);
    expect(new Set(calls).size).toBeGreaterThan(5);
  });

  test.each(FAULTS)("each call in turn %s: a later delivery brings about the same, and leaves nothing to do", async (fault) => {
    const { cloud: wanted, calls } = await undisturbed();
    const faults: string[] = [];
    for (const [at, call] of calls.entries()) {
      const cloud = scenario.cloud();
      const told = (what: string) => faults.push(`${call} (call ${at + 1}): ${what}`);
      await deliver(cloud, scenario, { fault, at });
      if (scenario.holds) await handle(batch(delivered(SWEEP, { sentAt: cloud.now.getTime() })), cloud.services());
      wrongs(cloud).forEach(told);
      if (JSON.stringify(state(cloud)) !== JSON.stringify(state(wanted)))
        told(`leads elsewhere: ${JSON.stringify(state(cloud))}`);
      const writes = cloud.writes().length;
      await handle(batch(delivered(SWEEP, { sentAt: cloud.now.getTime() })), cloud.services());
      if (cloud.writes().length !== writes) told(`left work: ${cloud.writes().slice(writes).join(", ")}`);
    }

    expect(faults).toEqual([]);
  });

  test("delivered twice, it does the same once", async () => {
    const { cloud: wanted } = await undisturbed();
    const { cloud } = await undisturbed();
    const moves = cloud.calls.filter((call) => /^(create|replace|mark)/.test(call));

    await deliver(cloud, scenario);

    expect(state(cloud)).toEqual(state(wanted));
    expect(cloud.calls.filter((call) => /^(create|replace|mark)/.test(call))).toEqual(moves);
  });

  test("delivered after two minutes it is dropped, and the sweep sees to what can be seen", async () => {
    const cloud = scenario.cloud();
    const { message, sender = "ana" } = scenario;

    await handle(batch(delivered(message, { sender, sentAt: cloud.now.getTime() - 120_001 })), cloud.services());
    expect(cloud.calls).toEqual([]);

    await handle(batch(delivered(SWEEP)), cloud.services());
    expect(wrongs(cloud)).toEqual([]);
  });
});
