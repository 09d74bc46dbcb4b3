import { decide, judge } from "../../../../lambdas/functions/eip-recover/decide";
import type { Drift } from "../../../../lambdas/lib/domain/drift";

const drift = (subject: string, difference: Partial<Drift> = {}): Drift => ({
  ...{ kind: "address", subject, before: "elsewhere", after: "right" },
  ...difference,
});

test("7: what both looks found is repaired, whatever else the first one found", () => {
  const drifts = [drift("az1-l1")];

  expect(decide(drifts, [drift("az2-l1"), ...drifts, drift("az3-l1")])).toEqual({ kind: "repair", drifts });
});

describe("what was reported is left", () => {
  const reported = drift("az1-l1");

  test.each<[string, readonly Drift[]]>([
    ["while it strays as it did", [reported]],
    ["while it strays elsewhere", [drift("az1-l1", { before: "somewhere else" })]],
    ["while it strays, whatever else does", [drift("az2-l1"), reported, drift("az3-l1")]],
  ])("%s", (_when, now) => {
    expect(judge([reported], now)).toEqual({ mended: [], left: [reported] });
  });

  test.each<[string, readonly Drift[]]>([
    ["nothing strays", []],
    ["another lane's does", [drift("az2-l1")]],
    ["another address of the lane does", [drift("az1-l1", { after: "right, the other" })]],
    ["something else of the lane is wrong", [drift("az1-l1", { kind: "default-route" })]],
  ])("and mended when %s", (_when, now) => {
    expect(judge([reported], now)).toEqual({ mended: [reported], left: [] });
  });
});
