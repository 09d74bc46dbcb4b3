import { NO_MEMORY } from "../../../../lambdas/functions/nat-health-probe/decide";
import { handle } from "../../../../lambdas/functions/nat-health-probe/handler";
import { Death, FAULTS, portsOf, Saboteur } from "../../support/saboteur";
import type { Fault } from "../../support/saboteur";
import { tickAt } from "../../support/events";
import { NOTHING_SWEPT } from "../../../../lambdas/functions/nat-health-probe/sweep";
import type { SweepMemory } from "../../../../lambdas/functions/nat-health-probe/sweep";
import { answer, healthyFleet, world } from "./builders";

const TICK = tickAt(new Date("2026-01-01T00:00:00Z"));
const TICK_MS = 60_000;
const GONE = healthyFleet.peers.peers[0]?.instanceId ?? "";

/**
 * The prober of z2 does not answer, and a peer is in no group for the second minute; ticks of the schedule, the first with the fault. Each
 * tick's rounds are a new process's; what the minutes' looks remember is lost only with a process that died.
 */
async function ticks(count: number, fault?: { readonly fault: Fault; readonly at: number }) {
  const it = world({
    readMembers: async () =>
      healthyFleet.peers.peers.slice(1).map(({ instanceId }) => ({ instanceId, lifecycle: "InService", health: "Healthy" })),
  });
  let swept = { current: { ...NOTHING_SWEPT, stale: [`peer ${GONE}`] } as SweepMemory };
  const askProber = async (...args: Parameters<typeof it.services.askProber>) => {
    if (args[0].proberFunction === "prober-z2") throw new Error("The operation was aborted due to timeout");
    return answer("z1");
  };
  const begun = it.time.now;
  let calls: readonly string[] = [];
  for (let tick = 0; tick < count; tick += 1) {
    it.time.now = begun + tick * TICK_MS;
    const end = it.time.now + TICK_MS;
    const saboteur = new Saboteur(tick === 0 ? fault : undefined);
    const sleep = async (ms: number) => (saboteur.isDead ? Promise.reject(new Death()) : it.services.sleep(ms));
    const services = { ...it.services, askProber, memory: { current: NO_MEMORY }, swept };
    const watched = { ...saboteur.watch(services), sleep };
    // An error goes to Lambda, which tries again within the minute: here the next tick is what helps.
    await handle(TICK, watched, { requestId: `r${tick}`, remainingMs: () => end - it.time.now }).catch(() => undefined);
    if (saboteur.isDead) swept = { current: NOTHING_SWEPT };
    if (tick === 0) calls = saboteur.calls;
  }
  return { calls, sent: it.sent, handed: it.handed, ports: portsOf(it.services) };
}

test("every call that the function can make is made", async () => {
  const { calls, ports } = await ticks(1);

  expect([...new Set(calls)].toSorted()).toEqual(ports.toSorted());
});

describe("a lane is broken, a peer is left over, and", () => {
  test.each(FAULTS)("each call in turn %s: the next tick tells the breach and sweeps, if this one did not", async (fault) => {
    const { calls } = await ticks(1);
    const faults: string[] = [];
    for (const [at, call] of calls.entries()) {
      const { sent } = await ticks(2, { fault, at });
      const breaches = sent.filter((message) => message.kind === "breach");
      if (breaches.length === 0) faults.push(`${call} (call ${at + 1}): no breach`);
      if (breaches.some((message) => message.lane !== "z2-l1"))
        faults.push(`${call} (call ${at + 1}): a breach of a lane that is well`);
      if (!sent.some(({ kind }) => kind === "sweep")) faults.push(`${call} (call ${at + 1}): no sweep`);
    }

    expect(calls.length).toBeGreaterThan(30);
    expect(faults).toEqual([]);
  });

  test.each(FAULTS)(
    "each call in turn %s: within two more ticks the peer is swept, and nothing else asked for",
    async (fault) => {
      const { calls } = await ticks(1);
      const wanted = JSON.stringify({ schema: 1, kind: "sweep-stale" });
      const faults: string[] = [];
      for (const [at, call] of calls.entries()) {
        const { handed } = await ticks(3, { fault, at });
        if (handed.length === 0 || handed.some((asked) => JSON.stringify(asked) !== wanted))
          faults.push(`${call} (call ${at + 1}): ${JSON.stringify(handed)}`);
      }

      expect(faults).toEqual([]);
    },
  );

  test("a message that was sent and whose answer was lost is sent again as the same message", async () => {
    const { calls } = await ticks(1);
    const { sent } = await ticks(1, { fault: "timed out", at: calls.indexOf("send") });
    const sweeps = sent.filter(({ kind }) => kind === "sweep").map(({ correlationId }) => correlationId);

    expect(new Set(sweeps).size).toBe(1);
  });
});
