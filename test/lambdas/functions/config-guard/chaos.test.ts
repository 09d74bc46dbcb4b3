import { handle } from "../../../../lambdas/functions/config-guard/handler";
import { tickAt } from "../../support/events";
import { Death, FAULTS, portsOf, Saboteur } from "../../support/saboteur";
import type { Fault } from "../../support/saboteur";
import { lane, NOW, worldWith } from "../nat-route-failover/support/builders";
import { ACL, AGENT, DENY, entry, RULESET, Site } from "./site";

const tick = tickAt(NOW);
/** Lambda tries an asynchronous event twice more; then the schedule has its next turn. */
const TRIES = 3;
const TICK_MS = 240_000;

const siteWith = (change: (site: Site) => void): Site => {
  const site = new Site();
  change(site);
  return site;
};

const routeless = () =>
  siteWith((site) => {
    site.cloud.world = worldWith({}, [{ ...lane("az1-l1", "az1-a"), route: { state: "missing" } }]);
  });
const rewired = () =>
  siteWith((site) => {
    site.acls = [{ ...ACL, entries: [entry(100), { ...DENY, action: "allow" }, entry(50, { cidr: "0.0.0.0/0" })] }];
    site.checked.add("i-az1-a").add("i-az2-b");
  });

interface Scenario {
  readonly begin: () => Site;
  /** What a stale answer tells; what was there when the run began, when not said. */
  readonly past?: () => Site;
}

const SCENARIOS: Readonly<Record<string, Scenario>> = {
  "the network was changed": { begin: rewired },
  "the network was changed, and EC2 may still show how it was": { begin: rewired, past: () => new Site() },
  "a default route was deleted": { begin: routeless },
  "a default route is there again, and EC2 may still show none": { begin: () => new Site(), past: routeless },
  "NATs were changed, which a repair helps": {
    begin: () =>
      siteWith((site) => {
        site.faults.set("i-az1-a", [RULESET]).set("i-az1-b", [AGENT]).set("i-az2-b", [RULESET]);
      }),
  },
  "NATs were changed, which no repair helps": {
    begin: () =>
      siteWith((site) => {
        for (const id of ["i-az1-b", "i-az2-b"]) {
          site.faults.set(id, [RULESET]);
          site.hopeless.add(id);
        }
      }),
  },
};

interface Sabotage {
  readonly fault: Fault;
  readonly at: number;
}

/** One tick, tried until it is taken; the first try meets the fault. */
async function deliver(site: Site, { begin, past = begin }: Scenario, sabotage?: Sabotage): Promise<readonly string[]> {
  for (let tries = 1; tries <= TRIES; tries += 1) {
    const saboteur = new Saboteur(tries === 1 ? sabotage : undefined);
    const services = site.services();
    const sleep = async (ms: number) => (saboteur.isDead ? Promise.reject(new Death()) : services.sleep(ms));
    const watched = { ...saboteur.watch(services, past().services()), sleep };
    const done = await handle(tick, watched, site.invocation).then(
      () => !saboteur.isDead,
      () => false,
    );
    if (done) return saboteur.calls;
    site.cloud.now = new Date(site.cloud.now.getTime() + 60_000);
  }
  throw new Error("the event was dead-lettered");
}

/** The next turn of the schedule, undisturbed. */
async function nextTick(site: Site, scenario: Scenario): Promise<void> {
  site.cloud.now = new Date(site.cloud.now.getTime() + TICK_MS);
  await deliver(site, scenario);
}

/** What no fault may change: what is there afterwards, and whom it was done to on the way there. */
const outcome = ({ acls, checked, faults, repairs, sent, cloud }: Site) => ({
  acls: acls.map(({ entries }) => entries.toSorted((a, b) => a.number - b.number)),
  checked: [...checked],
  faults: [...faults.keys()],
  routes: cloud.world.lanes.map(({ route }) => route),
  repaired: [...new Set(repairs)].toSorted(),
  repairsAsked: sent.some(({ kind }) => kind === "repair"),
  replaced: [...new Set(cloud.calls.filter((call) => call.startsWith("mark")))].toSorted(),
});

function differs(site: Site, wanted: Site): boolean {
  const [{ replaced, ...one }, { replaced: expected, ...other }] = [outcome(site), outcome(wanted)];
  if (JSON.stringify(one) !== JSON.stringify(other)) return true;
  const strangers = replaced.filter((mark) => !expected.includes(mark));
  return strangers.length > 0 || replaced.length !== expected.length;
}

test("every call that the function can make is made in one of the scenarios", async () => {
  const made = await Promise.all(Object.values(SCENARIOS).map(async (one) => deliver(one.begin(), one)));

  expect([...new Set(made.flat())].toSorted()).toEqual(portsOf(new Site().services()).toSorted());
});

describe.each(Object.entries(SCENARIOS))("%s:", (_name, scenario) => {
  const undisturbed = async () => {
    const site = scenario.begin();
    const calls = await deliver(site, scenario);
    await nextTick(site, scenario);
    return { site, calls };
  };

  test.each(FAULTS)("each call in turn %s: the next tick has put the same right, and touched nothing else", async (fault) => {
    const { site: wanted, calls } = await undisturbed();
    const faults: string[] = [];
    for (const [at, call] of calls.entries()) {
      const site = scenario.begin();
      await deliver(site, scenario, { fault, at });
      await nextTick(site, scenario);
      if (differs(site, wanted)) faults.push(`${call} (call ${at + 1}): ${JSON.stringify(outcome(site))}`);
    }

    expect(calls.length).toBeGreaterThan(10);
    expect(faults).toEqual([]);
  });

  test("what was put right is left alone by the tick after", async () => {
    const { site } = await undisturbed();
    const before = outcome(site);
    const left = site.cloud.metrics.at(-1);

    await nextTick(site, scenario);

    expect(outcome(site)).toEqual(before);
    expect(left).toMatch(site.hopeless.size === 0 ? /^DriftLeft 0 / : /^DriftLeft 2 /);
  });
});
