import fc from "fast-check";
import type { ConnectionRecord } from "../../../lab/crowd/kinds";
import { crowdLines, distribution, summariseCrowd } from "../../../lab/report/crowd";

const churn = { tries: 10, failures: 0, errors: [], outageMs: 21, slowestMs: 4, addresses: [] };
const alive = (stallMs: number): ConnectionRecord => ({ kind: "request", alive: true, stallMs, lost: null, bytes: 100 });
const dead: ConnectionRecord = { kind: "request", alive: false, why: "reset", stallMs: null, lost: null, bytes: 5 };

describe("what a crowd saw", () => {
  test("the dead are counted with why, and their stall does not dilute that of the living", () => {
    const report = summariseCrowd([{ lane: "l1", connections: [alive(10), alive(30), dead], churn }], 3);

    expect(report).toMatchObject({ connections: 3, alive: 2 });
    expect(report.lanes[0]?.kinds.find(({ kind }) => kind === "request")).toEqual({
      kind: "request",
      connections: 3,
      alive: 2,
      deaths: { reset: 1 },
      stallMs: { median: 10, p99: 30, worst: 30 },
      stallsMs: [10, 30],
      lost: null,
      bytes: 205,
    });
  });

  test("lost packets of the dead count too", () => {
    const udp: ConnectionRecord = { kind: "udp", alive: false, why: "silent", stallMs: null, lost: 7, bytes: 0 };
    const report = summariseCrowd([{ lane: "l1", connections: [udp, { ...udp, alive: true, stallMs: 1, lost: 2 }], churn }], 3);

    expect(report.lanes[0]?.kinds.find(({ kind }) => kind === "udp")?.lost).toBe(9);
  });

  test("the lines say what died and why", () => {
    const lines = crowdLines(summariseCrowd([{ lane: "l1", connections: [alive(10), dead], churn }], 3));

    expect(lines[0]).toBe("1 of 2 connections alive; the crowd itself stood still for 3 ms at most");
    expect(lines.join("\n")).toContain("request: 1 of 2 alive, stall 10/10/10 ms (median/p99/worst), 1: reset");
    expect(lines.join("\n")).toContain("new connections: 0 of 10 failed, longest outage 21 ms");
  });
});

describe("a distribution", () => {
  test("has only values that were seen, in order", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 10_000 }), { minLength: 1 }), (values) => {
        const { median, p99, worst } = distribution(values) ?? { median: -1, p99: -1, worst: -1 };

        expect(values).toEqual(expect.arrayContaining([median, p99, worst]));
        expect(median <= p99 && p99 <= worst).toBe(true);
        expect(worst).toBe(Math.max(...values));
        expect(values.filter((value) => value <= median).length * 2).toBeGreaterThanOrEqual(values.length);
      }),
    );
  });

  test("of nothing is nothing", () => {
    expect(distribution([])).toBeUndefined();
  });
});
