import type { SabotageReport } from "../../../lab/aws/sabotage";
import { caseWords, enumerateCases, kindWords, neverMet, SABOTAGES } from "../../../lab/chaos/cases";

const FAILOVER = "ha-nat-test-nat-route-failover";
const calls = (...operations: readonly string[]) => operations.map((operation) => ({ functionName: FAILOVER, operation }));
const report = (over: Partial<SabotageReport>): SabotageReport => ({ calls: [], events: [], met: undefined, ...over });
const filter = { functions: [FAILOVER], sabotages: SABOTAGES, alike: 2 };
const words = (recorded: SabotageReport, over: Partial<typeof filter> = {}) =>
  enumerateCases(recorded, { ...filter, ...over }).map((plan) => caseWords(plan, "test"));

describe("what can go wrong once", () => {
  test("is every recorded call in every way; only what reads can be stale", () => {
    expect(words(report({ calls: calls("ec2:DescribeInstances", "ec2:ReplaceRoute") }))).toEqual([
      "ec2:DescribeInstances of nat-route-failover: killed before",
      "ec2:DescribeInstances of nat-route-failover: killed after",
      "ec2:DescribeInstances of nat-route-failover: throttled",
      "ec2:DescribeInstances of nat-route-failover: timed out",
      "ec2:DescribeInstances of nat-route-failover: stale",
      "ec2:ReplaceRoute of nat-route-failover: killed before",
      "ec2:ReplaceRoute of nat-route-failover: killed after",
      "ec2:ReplaceRoute of nat-route-failover: throttled",
      "ec2:ReplaceRoute of nat-route-failover: timed out",
    ]);
  });

  test("is every event: twice, late, never", () => {
    expect(words(report({ events: [{ functionName: FAILOVER }] }))).toEqual([
      "event of nat-route-failover: twice",
      "event of nat-route-failover: late",
      "event of nat-route-failover: never",
    ]);
  });

  test("counts calls of one operation, and leaves a loop's out after the first few", () => {
    const recorded = report({ calls: calls("lambda:Invoke", "ssm:PutParameter", "lambda:Invoke", "lambda:Invoke") });

    expect(words(recorded, { sabotages: ["throttled"] })).toEqual([
      "lambda:Invoke of nat-route-failover: throttled",
      "ssm:PutParameter of nat-route-failover: throttled",
      "lambda:Invoke #2 of nat-route-failover: throttled",
    ]);
  });

  test("is nothing of a function that the occasion is not about", () => {
    const others = [{ functionName: "ha-nat-test-eip-recover", operation: "ec2:DescribeAddresses" }];

    expect(words(report({ calls: others, events: others }))).toEqual([]);
  });
});

describe("what was never met", () => {
  const call = (occurrence: number, what: "throttled" | "stale") => {
    const plan = { kind: "call", functionName: FAILOVER, operation: "ec2:DescribeInstances", occurrence, what } as const;
    return kindWords(plan, "test");
  };

  test("is a kind of which no case of any occasion was", () => {
    const played = [
      { kind: call(1, "throttled"), isMet: false },
      { kind: call(1, "stale"), isMet: false },
      { kind: call(2, "throttled"), isMet: true },
      { kind: call(2, "stale"), isMet: false },
    ];

    expect(neverMet(played)).toEqual(["ec2:DescribeInstances of nat-route-failover: stale"]);
  });

  test("is nothing where nothing was played", () => expect(neverMet([])).toEqual([]));
});
