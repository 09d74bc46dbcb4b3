import type { FleetRecord, Notice } from "../../../../contract/parameters";
import { markUnhealthy } from "../../../../lambdas/lib/domain/marking";
import { ago, nat, NOW, PERFECT, POLICY, RECORD, SILENT, worldWith } from "../../functions/nat-route-failover/support/builders";

const silent = worldWith({ "az1-a": { evidence: SILENT, leaving: true } });
const noticed = (because: Notice["because"]): FleetRecord => ({
  ...RECORD,
  brokenSince: { "i-az1-a": ago(POLICY.markAfterMs) },
  notices: { "i-az1-a": { at: ago(60_000), because, force: false, by: "nat" } },
});
const asked = new Map([["i-az1-a", "its ruleset stays wrong"]]);

describe("a NAT that is not healthy for a known reason", () => {
  test.each(["drain", "shutdown"] as const)("(%s) is not replaced, be it seen broken or asked for", (because) => {
    expect(markUnhealthy(silent, noticed(because), NOW, POLICY)).toEqual([]);
    expect(markUnhealthy(PERFECT, noticed(because), NOW, POLICY, asked)).toEqual([]);
  });

  test.each(["rebalance", "spot-interruption", "terminating"] as const)(
    "is replaced when that (%s) does not explain it",
    (because) => {
      expect(markUnhealthy(silent, noticed(because), NOW, POLICY)).toMatchObject([{ instanceId: "i-az1-a" }]);
    },
  );

  test("does not save another one of its zone", () => {
    const { lanes, nats } = silent;
    const three = {
      lanes,
      nats: [...nats.map((one) => (one.instanceId === "i-az1-b" ? { ...one, evidence: SILENT } : one)), nat("az1-c")],
    };
    const record = { ...noticed("drain"), brokenSince: { "i-az1-a": ago(60_000), "i-az1-b": ago(60_000) } };

    expect(markUnhealthy(three, record, NOW, POLICY)).toMatchObject([{ instanceId: "i-az1-b" }]);
  });
});
