import { handle } from "../../../../lambdas/functions/nat-route-failover/handler";
import { patienceWithin } from "../../../../lambdas/functions/nat-route-failover/patience";
import type { Waiter } from "../../../../lambdas/lib/domain/ports";
import { Cloud } from "./support/cloud";
import { batch, delivered, leave } from "./support/messages";

const LIFE_MS = 10_000;
const CALL_MS = 400;

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

const delay = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** As the real one, which the fake time does not reach. */
const waiter: Waiter = {
  until: async (condition, { intervalMs, deadlineMs }) => {
    const end = Date.now() + deadlineMs;
    for (;;) {
      if (await condition()) return true;
      if (Date.now() >= end) return false;
      await delay(Math.min(intervalMs, end - Date.now()));
    }
  },
};

/** A NAT asks to leave, each call takes its time, and EC2 never shows the move. @returns the calls, each with when it began. */
async function stuckLeave(begunAtMs = 0) {
  const cloud = new Cloud();
  cloud.isStuck = true;
  const begun = Date.now() - begunAtMs;
  const calls: (readonly [string, number])[] = [];
  cloud.latencyMs = (name) => {
    calls.push([name, Date.now() - begun]);
    return CALL_MS;
  };
  const services = cloud.services();
  const patient = { ...services, waiter, settings: { ...services.settings, settleMs: 3_000 } };
  const message = delivered(leave({ instanceId: "i-az1-a", reporter: "i-az1-a" }), { sender: "i-az1-a" });
  const outcome = handle(batch(message), patient, { remainingMs: () => begun + LIFE_MS - Date.now() }).then(
    () => "done",
    (error: unknown) => String(error),
  );
  await jest.advanceTimersByTimeAsync(60_000);
  return { cloud, calls, outcome: await outcome };
}

test("a run that waits for EC2 in vain writes down what it heard before it is killed, and asks for its messages again", async () => {
  const { cloud, calls, outcome } = await stuckLeave();
  const [, savedAt = Infinity] = calls.find(([name]) => name === "save") ?? [];
  const [last, lastAt = Infinity] = calls.at(-1) ?? [];

  expect(savedAt + CALL_MS).toBeLessThan(LIFE_MS);
  expect(Object.keys(cloud.record.notices ?? {})).toEqual(["i-az1-a"]);
  expect(outcome).toMatch("not as planned");
  expect(last).toMatch(/^again in/);
  expect(lastAt + CALL_MS).toBeLessThan(LIFE_MS);
});

test("a run without time waits for nothing: the address follows at once, nothing counts as confirmed, and the record is written", async () => {
  const { cloud, calls, outcome } = await stuckLeave(6_500);
  const acts = calls.map(([name]) => name).slice(calls.findIndex(([name]) => name.startsWith("replace")));

  expect(acts.slice(0, 3)).toEqual(["replace rtb-az1-l1", "bring floating-az1-l1", "save"]);
  expect(outcome).toMatch("not as planned");
  expect(cloud.record.lanes["az1-l1"]?.servedBy).toBe("i-az1-a");
});

test.each([
  [9_000, 2_000],
  [3_000, 500],
  [2_500, undefined],
])("with %d ms left a settle window of 2 s is %s ms", (leftMs, patienceMs) => {
  expect(patienceWithin(2_000, () => leftMs)()).toBe(patienceMs);
});
