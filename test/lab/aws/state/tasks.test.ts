import { Effects } from "../../../../lab/aws/state/effects";
import { Journal } from "../../../../lab/aws/state/journal";
import { Signal, Tasks } from "../../../../lab/aws/state/tasks";
import { ManualClock, turn } from "../../../support/manual-clock";

function tasks(): { readonly clock: ManualClock; readonly tasks: Tasks; readonly reports: string[] } {
  const clock = new ManualClock();
  const reports: string[] = [];
  return { clock, reports, tasks: new Tasks(clock, (task, error) => reports.push(`${task}: ${String(error)}`)) };
}

test("stop wakes every sleeper, leaves no timer and is no error", async () => {
  const { clock, tasks: all, reports } = tasks();
  for (const ms of [10, 1000, Infinity]) all.spawn("sleeper", () => all.sleep(ms));
  all.spawn("waiter", async () => void (await all.wait(5000, new Signal())));

  await all.stop();

  expect(clock.pending).toBe(0);
  expect(reports).toEqual([]);
});

test("a task's error is reported by its name, and nothing starts after stop", async () => {
  const { tasks: all, reports } = tasks();
  all.spawn("loop", async () => {
    throw new Error("no kernel");
  });
  await turn();
  await all.stop();
  all.spawn("late", async () => {
    throw new Error("never runs");
  });
  await turn();

  expect(reports).toEqual(["loop: Error: no kernel"]);
});

test("a signal wakes its waiters before the time, once", async () => {
  const { clock, tasks: all } = tasks();
  const signal = new Signal();
  const results: boolean[] = [];
  all.spawn("waiter", async () => {
    results.push(await all.wait(1000, signal));
    results.push(await all.wait(1000, signal));
  });
  await turn();
  signal.notify();
  await clock.advance(2000);

  expect(results).toEqual([true, false]);
  await all.stop();
});

test("an effect that fails is reported and does not hold up the next on its object", async () => {
  const { clock, tasks: all, reports } = tasks();
  const effects = new Effects(all, () => 100);
  const applied: string[] = [];
  effects.schedule("route a", "eni-1", async () => {
    throw new Error("the ENI is gone");
  });
  effects.schedule("route a", "eni-2", async () => void applied.push("eni-2"));

  expect(effects.wanted("route a")).toBe("eni-2");
  await clock.advance(200);

  expect(applied).toEqual(["eni-2"]);
  expect(reports).toEqual(["effect on route a: Error: the ENI is gone"]);
  expect(effects.wanted("route a")).toBeUndefined();
  await all.stop();
});

test("the journal is bounded, numbered without gaps and tells its listeners", () => {
  const journal = new Journal(new ManualClock(), 2);
  const heard: number[] = [];
  const end = journal.listen((record) => heard.push(record.number));
  for (const task of ["a", "b", "c"]) journal.add({ kind: "fault", task, error: "none" });
  end();
  journal.add({ kind: "fault", task: "d", error: "none" });

  expect(journal.since(0).map((record) => record.number)).toEqual([3, 4]);
  expect(journal.since(3)).toHaveLength(1);
  expect(journal.count).toBe(4);
  expect(heard).toEqual([1, 2, 3]);
});
