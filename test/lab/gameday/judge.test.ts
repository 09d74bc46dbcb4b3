import { FAILOVER, LEAVE, UNTOUCHED, ZONE_LOST } from "../../../lab/faults/fault";
import { heard, judge, whyVoid } from "../../../lab/gameday/judge";
import { crowdRun, laneCrowd } from "./samples";

const dead = { connections: 100, alive: 99, deaths: { "read ECONNRESET": 1 } };

describe("the judgement of a run", () => {
  test("is good when everything stayed within its limits", () => {
    const lanes = [laneCrowd("l1", { stallsMs: [900, 2999] }, { outageMs: 2999, failures: 3 }), laneCrowd("l2")];

    expect(judge(FAILOVER, crowdRun(lanes))).toEqual([]);
  });

  test.each([
    ["one connection died", { kind: dead }, /1 of 100 connections died \(1 request: read ECONNRESET\)/],
    ["one stalled too long", { kind: { stallsMs: [10, 3001] } }, /stalled for 3001 ms, the limit is 3000 ms/],
    ["new ones came back too late", { churn: { outageMs: 3001 } }, /no new connection for 3001 ms/],
    ["new ones never came back", { churn: { outageMs: null } }, /new connections do not come back/],
    ["it left from another address", { churn: { addresses: ["192.0.2.7"] } }, /left from 192\.0\.2\.7/],
    ["there was nobody to judge by", { kind: { connections: 0, alive: 0 } }, /no connections to judge by/],
  ])("is bad when %s", (_what, { kind = {}, churn = {} }: { kind?: object; churn?: object }, sentence) => {
    const reasons = judge(FAILOVER, crowdRun([laneCrowd("l1", kind, churn), laneCrowd("l2")]));

    expect(reasons).toEqual([expect.stringMatching(sentence)]);
    expect(reasons[0]).toMatch(/^lane l1: /);
  });

  test("is bad when the fault itself failed, however well the crowd fared", () => {
    const run = { ...crowdRun([laneCrowd("l1"), laneCrowd("l2")]), failure: "nat-drain ended with 3: refused" };

    expect(judge(LEAVE, run)).toEqual(["the fault did not go as it should: nat-drain ended with 3: refused"]);
  });

  test("is none when the machine was too busy", () => {
    const run = crowdRun([laneCrowd("l1")]);

    expect(whyVoid(run)).toBeUndefined();
    expect(whyVoid({ ...run, crowd: { ...run.crowd, lagMs: 101 } })).toContain("stood still for 101 ms");
    expect(whyVoid({ ...run, droppedByMachine: 1 })).toContain("dropped 1 packets");
  });

  test("of a planned leave allows no failed new connection", () => {
    const lanes = [laneCrowd("l1", {}, { failures: 1, errors: ["no answer by the deadline"] })];

    expect(judge(LEAVE, crowdRun(lanes))).toEqual([expect.stringContaining("1 of 500 new connections failed: no answer")]);
  });

  test("of a lost zone asks nothing of what was established there, and everything of the others", () => {
    const lanes = [laneCrowd("l1", { ...dead, stallsMs: [9000] }, { outageMs: 9999 }), laneCrowd("l2", { kind: "udp", lost: 1 })];

    expect(judge(ZONE_LOST, crowdRun(lanes))).toEqual(["lane l2 (not the fault's): 1 packets were lost"]);
  });

  test("asks of a fault that touches no lane that nobody notices, whatever the fault may do to its own", () => {
    const lanes = [laneCrowd("l1", { stallsMs: [201] }), laneCrowd("l2")];

    expect(judge(FAILOVER, crowdRun(lanes, []))).toEqual([expect.stringContaining("stalled for 201 ms, the limit is 200 ms")]);
    expect(judge(UNTOUCHED, crowdRun(lanes))).toHaveLength(1);
  });

  test("tells whose agent heard a knock that only the ruleset could keep from it", () => {
    const nat = { healthy: true, replication: "synced", flows: 7, reasons: [] } as const;
    const nats = [
      { ...nat, node: "nat-z1-a", malformed: 0 },
      { ...nat, node: "nat-z1-b", malformed: null },
      { ...nat, node: "nat-z2-a", malformed: 2 },
    ];

    expect(heard(nats)).toEqual(["2 packets that are of no NAT came to the agent of nat-z2-a"]);
  });
});
