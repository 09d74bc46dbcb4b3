import { createLatency, logNormal, seededRandom } from "../../../../lab/aws/latency";
import { CallLog, type CallRecord } from "../../../../lab/aws/call-log";

function percentiles(sample: () => number): { readonly p50: number; readonly p99: number } {
  const sorted = Array.from({ length: 20_000 }, sample).sort((left, right) => left - right);
  return { p50: sorted[10_000] ?? 0, p99: sorted[19_800] ?? 0 };
}

describe("latency", () => {
  test.each([
    ["a call of EC2", (latency: ReturnType<typeof createLatency>) => latency.callDelay("ec2", "ReplaceRoute"), 150, 400],
    ["the effect of an EC2 write", (latency: ReturnType<typeof createLatency>) => latency.effectDelay("ReplaceRoute"), 300, 1000],
    [
      "a call of another service",
      (latency: ReturnType<typeof createLatency>) => latency.callDelay("ssm", "GetParameters"),
      4,
      15,
    ],
  ])("%s takes as long as the percentiles say", (_case, ask, p50, p99) => {
    const latency = createLatency("default", seededRandom(42));

    const seen = percentiles(() => ask(latency));

    expect(Math.abs(seen.p50 / p50 - 1)).toBeLessThan(0.05);
    expect(Math.abs(seen.p99 / p99 - 1)).toBeLessThan(0.1);
  });

  test("zero is no time at all", () => {
    const latency = createLatency("zero");

    expect([latency.callDelay("ec2", "X"), latency.effectDelay("X"), latency.isThrottled("ec2", "X")]).toEqual([0, 0, false]);
  });

  test("throttled refuses a fifth of EC2's calls and nobody else's", () => {
    const latency = createLatency("throttled", seededRandom(3));
    const refused = (service: string) =>
      Array.from({ length: 5000 }, () => latency.isThrottled(service, "X")).filter(Boolean).length;

    expect(Math.abs(refused("ec2") / 5000 - 0.2)).toBeLessThan(0.02);
    expect(refused("ssm")).toBe(0);
  });

  test("the weather changes while it runs, and comes back as it was", () => {
    const latency = createLatency("default", seededRandom(3));
    const refused = () => Array.from({ length: 5000 }, () => latency.isThrottled("ec2", "X")).filter(Boolean).length;
    latency.setLatency("zero");
    latency.throttle(0.5);

    expect([latency.callDelay("ec2", "X"), latency.effectDelay("X")]).toEqual([0, 0]);
    expect(Math.abs(refused() / 5000 - 0.5)).toBeLessThan(0.03);
    latency.setLatency(undefined);
    latency.throttle(undefined);
    expect(latency.callDelay("ec2", "X")).toBeGreaterThan(0);
    expect(refused()).toBe(0);
  });

  test("the same seed gives the same times, also at the edge of the generator", () => {
    const first = seededRandom(7);
    const second = seededRandom(7);

    expect(Array.from({ length: 5 }, first)).toEqual(Array.from({ length: 5 }, second));
    expect(logNormal({ p50: 150, p99: 400 }, () => 0)).toBeGreaterThan(0);
  });
});

test("the call log keeps the newest calls and forgets the oldest", () => {
  const log = new CallLog(3);
  const record = (operation: string): CallRecord => ({
    service: "ec2",
    operation,
    principal: "p",
    status: 200,
    errorCode: undefined,
    startedAt: "2026-01-01T00:00:00.000Z",
    durationMs: 1,
  });

  for (const operation of ["a", "b", "c", "d", "e", "f", "g"]) log.add(record(operation));

  expect(log.records().map(({ operation }) => operation)).toEqual(["e", "f", "g"]);
});
