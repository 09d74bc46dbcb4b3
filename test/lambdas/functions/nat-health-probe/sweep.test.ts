import fc from "fast-check";
import { handle } from "../../../../lambdas/functions/nat-health-probe/handler";
import { decideSweep, NOTHING_SWEPT } from "../../../../lambdas/functions/nat-health-probe/sweep";
import type { SweepLook, SweepMemory } from "../../../../lambdas/functions/nat-health-probe/sweep";
import { tickAt } from "../../support/events";
import { healthyFleet, world } from "./builders";

const LIMITS = { launchMs: 240_000 };
const member = (instanceId: string, lifecycle = "InService") => ({ instanceId, lifecycle, health: "Healthy" as const });
const ids = healthyFleet.peers.peers.map(({ instanceId }) => instanceId);
const RIGHT: SweepLook = { members: ids.map((id) => member(id)), peers: healthyFleet.peers, targets: ids };

/** Asks of looks at these milliseconds, one list each. */
function asksAt(look: SweepLook, ...times: readonly number[]) {
  let memory: SweepMemory = NOTHING_SWEPT;
  return times.map((now) => {
    const decided = decideSweep(memory, look, now, LIMITS);
    memory = decided.memory;
    return decided.asks.map(({ request }) => request);
  });
}

describe("an instance that waits at its hook", () => {
  const waiting = (lifecycle: string) => ({ ...RIGHT, members: [...RIGHT.members, member("i-new", lifecycle)] });

  test.each([
    ["1, 3: for launch", "launch", "Pending:Wait", 300_000],
    ["2, 3: for terminate", "terminate", "Terminating:Wait", 90_000],
  ] as const)(
    "%s, is taken up when its handler can no longer be at work, and again as much later",
    (_row, transition, lifecycle, ms) => {
      const asked = { schema: 1, kind: "finish-hook", transition, instanceId: "i-new" };

      expect(asksAt(waiting(lifecycle), 0, ms - 1, ms, ms + 60_000, 2 * ms)).toEqual([[], [], [asked], [], [asked]]);
    },
  );

  test.each(["Pending", "Pending:Proceed", "Terminating:Proceed", "Standby", "Warmed:Pending:Wait"])(
    "is none when it is %s",
    (lifecycle) => {
      expect(asksAt(waiting(lifecycle), 0, 10_000_000)).toEqual([[], []]);
    },
  );

  test("begins anew when it waits for something else", () => {
    const first = decideSweep(NOTHING_SWEPT, waiting("Pending:Wait"), 0, LIMITS);
    const second = decideSweep(first.memory, waiting("Terminating:Wait"), 300_000, LIMITS);

    expect(second.asks).toEqual([]);
  });
});

describe("a peer or target whose instance is in no group", () => {
  test.each([
    ["4, 6: a peer", { ...RIGHT, members: RIGHT.members.slice(1), targets: ids.slice(1) }],
    ["4, 6: a target", { ...RIGHT, targets: [...ids, "i-gone"] }],
  ])("%s is swept when two looks find it", (_what, look) => {
    expect(asksAt(look, 0, 60_000)).toEqual([[], [{ schema: 1, kind: "sweep-stale" }]]);
  });

  test("is none while its instance leaves, comes or stands by", () => {
    const members = ids.map((id, index) => member(id, ["Terminating:Wait", "Pending:Wait", "Standby"][index]));

    expect(asksAt({ ...RIGHT, members }, 0, 1, 2)).toEqual([[], [], []]);
  });
});

describe("a member that is no peer", () => {
  const [, ...others] = RIGHT.peers.peers;
  const look = { ...RIGHT, peers: { ...RIGHT.peers, peers: others } };

  test("5, 6: is published when two looks find it in service", () => {
    expect(asksAt(look, 0, 60_000)).toEqual([[], [{ schema: 1, kind: "sweep-stale" }]]);
  });

  test.each(["Pending:Wait", "Terminating:Wait", "Standby"])("is none while it is %s", (lifecycle) => {
    const members = RIGHT.members.map((one) => (one.instanceId === ids[0] ? { ...one, lifecycle } : one));

    expect(asksAt({ ...look, members }, 0, 1, 2)).toEqual([[], [], []]);
  });
});

test("what is asked for says what was found and for how long, and is remembered by name", () => {
  const members = [...RIGHT.members.slice(1), member("i-late"), member("i-new", "Pending:Wait")];
  const look = { members, peers: RIGHT.peers, targets: ["i-x"] };
  const stale = [`peer ${ids[0]}`, "target i-x", "no peer i-late"];

  const first = decideSweep(NOTHING_SWEPT, look, 1_000, LIMITS);
  const second = decideSweep(first.memory, look, 301_000, LIMITS);

  expect(NOTHING_SWEPT).toEqual({ waitingSince: {}, stale: [] });
  expect(first).toEqual({ memory: { waitingSince: { "i-new Pending:Wait": 1_000 }, stale }, asks: [] });
  expect(second.asks.map(({ because }) => because)).toEqual([
    "i-new is Pending:Wait for 300 s",
    `left over, or left out: ${stale.join(", ")}`,
  ]);
});

test("a fleet in order has nothing left behind, however often it is looked at", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(10_000_000)), (times) => {
      expect(asksAt(RIGHT, ...times.toSorted((a, b) => a - b)).flat()).toEqual([]);
    }),
  );
});

describe("the minute's tick", () => {
  const tick = tickAt(new Date("2026-01-01T00:00:00Z"));

  test("has the handler finish an orphaned hook, by what the look of minutes ago remembered", async () => {
    const readMembers = async () => [...RIGHT.members, member("i-new", "Terminating:Wait")];
    const { services, invocation, handed } = world({ readMembers });
    services.swept.current = { waitingSince: { "i-new Terminating:Wait": Date.parse("2025-12-31T23:58:00Z") }, stale: [] };

    await handle(tick, services, invocation);

    expect(handed).toEqual([{ schema: 1, kind: "finish-hook", transition: "terminate", instanceId: "i-new" }]);
  });

  test("7: goes on probing when the groups cannot be read, and forgets nothing", async () => {
    const readMembers = async () => Promise.reject(new Error("Throttling"));
    const { services, invocation, asked, handed } = world({ readMembers });
    const before = { waitingSince: { "i-new Pending:Wait": 1 }, stale: ["peer i-x"] };
    services.swept.current = before;

    await handle(tick, services, invocation);

    expect(asked.length).toBeGreaterThan(10);
    expect(handed).toEqual([]);
    expect(services.swept.current).toEqual(before);
  });

  test("looks again when the handler could not be asked", async () => {
    const readMembers = async () => RIGHT.members.slice(1);
    const { services, invocation } = world({ readMembers, askHandler: async () => Promise.reject(new Error("TooManyRequests")) });
    services.swept.current = { waitingSince: {}, stale: [`peer ${ids[0]}`] };

    await handle(tick, services, invocation);

    expect(services.swept.current.stale).toEqual([`peer ${ids[0]}`]);
  });
});
