import { FAILOVER } from "../../../lab/faults/fault";
import { merged } from "../../../lab/gameday/merge";
import { page } from "../../../lab/gameday/page";
import { plotOutages, plotStalls } from "../../../lab/gameday/plot";
import type { Aftermath, FaultRecord, GamedayRecord } from "../../../lab/gameday/record";
import { FORMER_PACE, runRecord, stallFigures, stallsOf } from "../../../lab/gameday/record";
import { crowdRun, laneCrowd } from "./samples";

const whole: Aftermath = { knocked: 100, open: [], reasons: [], repairedAfterSeconds: 12 };

function record(outages: readonly (number | null)[], aftermath: Aftermath = whole): FaultRecord {
  const crowds = outages.map((outageMs) =>
    crowdRun([
      laneCrowd("l1", { connections: 500, alive: 499, deaths: { reset: 1 }, stallsMs: [100, 1500] }, { outageMs }),
      laneCrowd("l2", { stallsMs: [9999] }),
    ]),
  );
  return {
    ...{ fault: "kill-nat", does: "kills it", by: "kernel", expects: FAILOVER },
    runs: crowds.map((run) => runRecord(run, aftermath)),
    voided: 1,
    ...stallFigures(crowds.flatMap(stallsOf)),
  };
}

const day = (...faults: readonly FaultRecord[]): GamedayRecord => ({
  ...{ env: "prod", latency: "default", kernel: "6.18", cores: 2, faults },
});

describe("the record of a run", () => {
  test("has the figures of the lanes that the fault is about, and the others apart", () => {
    const [run] = record([1200]).runs;

    expect(run).toMatchObject({ connections: 500, alive: 499, outageMs: 1200, others: { connections: 2, alive: 2, lost: 0 } });
    expect(run?.stallMs?.worst).toBe(1500);
  });

  test("has no outage when a lane did not come back", () => {
    expect(record([null]).runs[0]?.outageMs).toBeNull();
  });
});

describe("the page", () => {
  test("never rounds up to all", () => {
    expect(page(day(record([1200, 1400])))).toContain("99.8 % (998 of 1000)");
  });

  test("says at which paces which rows were played", () => {
    const older = record([1200]);
    const slower = { ...older, fault: "hang-nat", paceMs: { ...FORMER_PACE, churn: 40 } };
    const former = "request 100, upload 100, push 50, udp 50, icmp 50, churn 20";

    expect(page(day(older))).toContain(`to the next: ${former}.`);
    const both = `${former} (kill-nat); request 100, upload 100, push 50, udp 50, icmp 50, churn 40 (hang-nat).`;
    expect(page(day(older, slower))).toContain(both);
  });

  test("says what did not come back, what was not held, and who answered the scan", () => {
    const bad = { ...whole, open: ["tcp 198.51.100.1:22"], reasons: ["tcp 198.51.100.1:22 answered"] };
    const text = page(day(record([1200, null], bad)));

    expect(text).toContain("1200 / 1200, 1 did not come back");
    expect(text).toContain("Not held: tcp 198.51.100.1:22 answered.");
    expect(text).toContain("(1 were)");
    expect(text).toContain("No run of the table is void.");
    expect(text).toContain("200 knocks");
    expect(text).toContain("2 answers");
    expect(text).toContain("| 0 of 2 |");
  });

  test("says which rows have void runs that count", () => {
    const busy = {
      ...whole,
      reasons: ["lane l2: 3 packets were lost", "void: the crowd's own processes stood still for 120 ms"],
    };
    const calm = { ...record([1200]), fault: "drain" };

    expect(page(day(record([1200, 1300], busy), calm))).toContain("Void runs in the table: kill-nat 2 of 2.");
  });

  test("is the same for the same record, plots included", () => {
    const once = day(record([1200, 1400]));

    expect(page(once)).toBe(page(structuredClone(once)));
    expect(plotStalls(once.faults)).toBe(plotStalls(structuredClone(once.faults)));
    expect(plotOutages(once.faults)).toMatch(/^<svg .*kill-nat.*<\/svg>\n$/s);
  });
});

describe("the stalls of a fault", () => {
  test("are few points, of which the last is the worst of all", () => {
    const { stallMs, stallCurve } = stallFigures(Array.from({ length: 5040 }, (_, index) => 5040 - index));

    expect(stallMs).toEqual({ median: 2520, p99: 4990, worst: 5040 });
    expect(stallCurve).toHaveLength(200);
    expect(stallCurve.at(0)).toEqual([26, 0.0052]);
    expect(stallCurve.at(-1)).toEqual([5040, 1]);
  });

  test("are those there are when there are few, and none when nobody lived", () => {
    expect(stallFigures([3, 1]).stallCurve).toEqual([
      [1, 0.5],
      [3, 1],
    ]);
    expect(stallFigures([])).toEqual({ stallMs: null, stallCurve: [] });
  });
});

describe("a day's record beside an older one", () => {
  const named = (fault: string, outageMs: number): FaultRecord => ({ ...record([outageMs]), fault });

  test("takes the place of what it has played again; the rest stays, in the catalogue's order", () => {
    const older = day(named("hang-nat", 1), named("kill-nat", 2));
    const { faults } = merged(older, day(named("drain", 3), named("kill-nat", 4)));

    expect(faults.map(({ fault, runs }) => [fault, runs[0]?.outageMs])).toEqual([
      ["kill-nat", 4],
      ["hang-nat", 1],
      ["drain", 3],
    ]);
  });

  test.each([["env"], ["latency"], ["kernel"]] as const)("does not stand beside one of another %s", (field) => {
    const older = { ...day(named("hang-nat", 1)), [field]: "other" };

    expect(merged(older, day(named("drain", 3))).faults.map(({ fault }) => fault)).toEqual(["drain"]);
    expect(merged(undefined, day(named("drain", 3))).faults.map(({ fault }) => fault)).toEqual(["drain"]);
  });
});
