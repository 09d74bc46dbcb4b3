import { setTimeout as wait } from "node:timers/promises";
import { MinuteMaximum, watchLoopDelay } from "../../instance/agent/loop-delay";

describe("the longest of a minute", () => {
  test("is not known before the first second, and forgotten after the sixtieth", () => {
    const minute = new MinuteMaximum();
    expect(minute.get()).toBeNull();

    minute.add(50);
    for (let second = 0; second < 59; second++) minute.add(2);
    expect(minute.get()).toBe(50);

    minute.add(3);
    expect(minute.get()).toBe(3);
  });
});

describe("what holds the event loop", () => {
  const hold = (ms: number) => {
    const until = performance.now() + ms;
    while (performance.now() < until);
  };

  test("is seen also right after a second is over, and kept for the minute", async () => {
    const loop = watchLoopDelay();
    // In the same turn as the second's own timer, which was set before it: a monitor that begins anew then would not see it.
    const timer = setInterval(() => hold(300), 1000);
    await wait(1200);
    clearInterval(timer);
    await wait(2200);
    loop.stop();

    expect(loop.maxMs()).toBeGreaterThanOrEqual(300);
    expect(loop.maxMs()).toBeLessThan(1000);
  });
});
