import { handle } from "../../../../lambdas/functions/asg-lifecycle-handler/handler";
import type { Services } from "../../../../lambdas/functions/asg-lifecycle-handler/services";
import { Death, FAULTS, portsOf, Saboteur } from "../../support/saboteur";
import type { Fault } from "../../support/saboteur";
import { event, instance, member, peer, peersOf, world } from "./builders";

/** Lambda tries an asynchronous event twice more, a minute later and two minutes after that. */
const TRIES = 3;
const AGAIN_MS = 60_000;
const TIMEOUT_MS = 300_000;

type World = ReturnType<typeof world>;

const beside = (it: World, lifecycle: string): World => {
  it.state.members = [member("i-1", lifecycle), member("i-0")];
  it.state.instances = [instance("i-1", "z1"), instance("i-0", "z1")];
  return it;
};
const led = (it: World, to: string): World => {
  for (const id of it.state.routes.keys()) it.state.routes.set(id, { state: "active", eniId: `eni-${to}` });
  return it;
};

const SCENARIOS = {
  "the first NAT of a fleet launches": { raw: event("launch"), begin: () => world() },
  "a NAT launches beside another": {
    raw: event("launch"),
    begin: () => {
      const it = led(beside(world(), "Pending:Wait"), "i-0");
      it.state.peers = peersOf(peer("i-0", "z1-a"));
      return it;
    },
  },
  "a NAT that serves a lane terminates": {
    raw: event("terminate"),
    begin: () => {
      const it = led(beside(world(), "Terminating:Wait"), "i-1");
      it.state.peers = peersOf(peer("i-0", "z1-a"), peer("i-1", "z1-b"));
      return it;
    },
  },
  "a NAT launches that Systems Manager reaches after half a minute": {
    raw: event("launch"),
    begin: () => {
      const it: World = world({
        check: {
          start: async () => {
            if (it.state.now - it.begun < 30_000) return { started: false, because: "i-1 is not online" };
            return { started: true, commandId: "c1" };
          },
          result: async () => ({ state: "passed", replication: "alone" }),
        },
      });
      return it;
    },
  },
  "a peer and a target are left over": {
    raw: { schema: 1, kind: "sweep-stale" },
    begin: () => {
      const it = beside(world(), "InService");
      it.state.peers = peersOf(peer("i-0", "z1-a"), peer("i-1", "z1-b"), peer("i-gone", "z1-c"));
      it.state.targets = ["i-0", "i-1", "i-gone"];
      return it;
    },
  },
} as const;

type Scenario = (typeof SCENARIOS)[keyof typeof SCENARIOS];

async function deliver(it: World, past: World, { raw }: Scenario, fault?: { readonly fault: Fault; readonly at: number }) {
  const begun = it.state.now;
  for (let tries = 1; tries <= TRIES; tries += 1) {
    const saboteur = new Saboteur(tries === 1 ? fault : undefined);
    const sleep = async (ms: number) => (saboteur.isDead ? Promise.reject(new Death()) : it.services.sleep(ms));
    const watched: Services = { ...saboteur.watch(it.services, past.services), sleep };
    const started = it.state.now;
    const invocation = { requestId: `r${tries}`, remainingMs: () => started + TIMEOUT_MS - it.state.now };
    const done = await handle(raw, watched, invocation).then(
      () => !saboteur.isDead,
      () => false,
    );
    if (done) return { calls: saboteur.calls, tookMs: it.state.now - begun };
    it.state.now += AGAIN_MS;
  }
  throw new Error("the event was dead-lettered");
}

/** What is left behind: who is a peer, where lanes lead, how the hook was answered and what became of the target. */
const outcome = ({ state, did }: World) => ({
  peers: state.peers,
  routes: [...state.routes],
  answers: [...new Set(did.filter((what) => /^(CONTINUE|ABANDON)/.test(what)))],
  target: did.filter((what) => /^(de)?register/.test(what)).at(-1),
  prepared: did.some((what) => what.startsWith("source/dest off")),
});

test("every call that the function can make is made in one of the scenarios", async () => {
  const made = await Promise.all(
    Object.values(SCENARIOS).map(async (one) => (await deliver(one.begin(), one.begin(), one)).calls),
  );

  expect([...new Set(made.flat())].toSorted()).toEqual(portsOf(world().services).toSorted());
});

describe.each(Object.entries(SCENARIOS))("%s:", (_name, scenario) => {
  test.each(FAULTS)("each call in turn %s: the hook is answered the same, and all is left the same", async (fault) => {
    const wanted = scenario.begin();
    const { calls } = await deliver(wanted, scenario.begin(), scenario);
    const faults: string[] = [];
    for (const [at, call] of calls.entries()) {
      const it = scenario.begin();
      await deliver(it, scenario.begin(), scenario, { fault, at });
      if (JSON.stringify(outcome(it)) !== JSON.stringify(outcome(wanted)))
        faults.push(`${call} (call ${at + 1}): ${JSON.stringify(outcome(it))}`);
    }

    expect(new Set(calls).size).toBeGreaterThan(6);
    expect(faults).toEqual([]);
  });

  test("delivered twice, it leaves the same", async () => {
    const it = scenario.begin();
    await deliver(it, scenario.begin(), scenario);
    const once = outcome(it);

    await deliver(it, scenario.begin(), scenario);

    expect(outcome(it)).toEqual(once);
  });
});
