import { handle } from "../../../../lambdas/functions/eip-recover/handler";
import { busEvent } from "../../support/events";
import { Death, FAULTS, portsOf, Saboteur } from "../../support/saboteur";
import type { Fault } from "../../support/saboteur";
import { lane, NOW, worldWith } from "../nat-route-failover/support/builders";
import { Cloud } from "../nat-route-failover/support/cloud";
import { recovering, stolen, tick } from "./recovering";

/** Lambda tries an asynchronous event twice more; then the schedule has its next turn. */
const TRIES = 3;
const TICK_MS = 240_000;

const scattered = () =>
  worldWith(
    {},
    [lane("az1-l1", "az1-a"), lane("az2-l1", "az2-a")].map((served) => ({
      ...served,
      addresses: served.addresses.map((address) => ({ ...address, association: null })),
    })),
  );

const call = busEvent("aws.ec2", "AWS API Call via CloudTrail", NOW, {
  eventName: "AssociateAddress",
  eventTime: "2026-03-01T11:59:00Z",
  userIdentity: { arn: "arn:aws:iam::123456789012:user/eve" },
  requestParameters: { allocationId: "eipalloc-az1-l1" },
});

interface Scenario {
  readonly raw: object;
  readonly now: () => Cloud;
  /** What a stale answer tells. */
  readonly before: () => Cloud;
}

const SCENARIOS: Readonly<Record<string, Scenario>> = {
  "an address is stolen": { raw: tick, now: () => new Cloud(stolen()), before: () => new Cloud(stolen()) },
  "an address is stolen, and EC2 may still show where it was": {
    raw: tick,
    now: () => new Cloud(stolen()),
    before: () => new Cloud(),
  },
  "every lane has lost its address": { raw: tick, now: () => new Cloud(scattered()), before: () => new Cloud(scattered()) },
  "CloudTrail tells who moves an address": { raw: call, now: () => new Cloud(stolen()), before: () => new Cloud(stolen()) },
  "all is right again, and EC2 may still show what was wrong": {
    raw: tick,
    now: () => new Cloud(),
    before: () => new Cloud(stolen()),
  },
};

interface Sabotage {
  readonly fault: Fault;
  readonly at: number;
}

/** One event, tried until it is taken; the first try meets the fault. */
async function deliver(cloud: Cloud, { raw, before }: Scenario, sabotage?: Sabotage) {
  const { services, sent } = recovering(cloud);
  const past = recovering(before()).services;
  for (let tries = 1; tries <= TRIES; tries += 1) {
    const saboteur = new Saboteur(tries === 1 ? sabotage : undefined);
    const sleep = async (ms: number) => (saboteur.isDead ? Promise.reject(new Death()) : services.sleep(ms));
    const done = await handle(raw, { ...saboteur.watch(services, past), sleep }).then(
      () => !saboteur.isDead,
      () => false,
    );
    if (done) return { sent, calls: saboteur.calls };
    cloud.now = new Date(cloud.now.getTime() + 60_000);
  }
  throw new Error("the event was dead-lettered");
}

/** The next turn of the schedule, undisturbed. @returns what it asks for. */
async function nextTick(cloud: Cloud) {
  cloud.now = new Date(cloud.now.getTime() + TICK_MS);
  const { services, sent } = recovering(cloud);
  await handle(tick, services);
  return sent;
}

/** What no fault may change: where all leads, and what was written on the way there. */
const outcome = (cloud: Cloud) =>
  JSON.stringify({
    lanes: cloud.world.lanes.map(({ route, addresses }) => ({ route, at: addresses.map(({ association }) => association) })),
    writes: [...new Set(cloud.writes())].filter((write) => !write.startsWith("save")),
  });

test("every call that the function can make is made in one of the scenarios", async () => {
  const made = await Promise.all(Object.values(SCENARIOS).map(async (one) => (await deliver(one.now(), one)).calls));

  expect([...new Set(made.flat())].toSorted()).toEqual(portsOf(recovering(new Cloud()).services).toSorted());
});

describe.each(Object.entries(SCENARIOS))("%s:", (_name, scenario) => {
  test.each(FAULTS)("each call in turn %s: the next tick finds all addresses right, and no other was moved", async (fault) => {
    const wanted = scenario.now();
    const { calls, sent: asked } = await deliver(wanted, scenario);
    const faults: string[] = [];
    for (const [at, name] of calls.entries()) {
      const cloud = scenario.now();
      const told = (what: string) => faults.push(`${name} (call ${at + 1}): ${what}`);
      const { sent } = await deliver(cloud, scenario, { fault, at });
      await nextTick(cloud);
      if (outcome(cloud) !== outcome(wanted)) told(`leads elsewhere: ${outcome(cloud)}`);
      if (asked.length === 0 && sent.length > 0) told("asked for what nobody needs");
      if ((await nextTick(cloud)).length > 0) told("left work");
      if (!cloud.metrics.at(-1)?.startsWith("DriftLeft 0")) told(`says at the end: ${cloud.metrics.at(-1) ?? "nothing"}`);
    }

    expect(calls.length).toBeGreaterThan(3);
    expect(faults).toEqual([]);
  });
});
