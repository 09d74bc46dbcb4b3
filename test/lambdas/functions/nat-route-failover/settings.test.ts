import { readFailoverSettings } from "../../../../lambdas/functions/nat-route-failover/settings";

const PERFECT = {
  HA_NAT_ENV: "test",
  HA_NAT_TOPOLOGY_PARAMETER: "/ha-nat/test/topology",
  HA_NAT_STATE_PARAMETER: "/ha-nat/test/state",
  HA_NAT_QUEUE_URL: "https://sqs.us-east-1.amazonaws.com/123456789012/ha-nat-test-failover.fifo",
  HA_NAT_REJECTED_URL: "https://sqs.us-east-1.amazonaws.com/123456789012/ha-nat-test-failover-rejected",
};

describe("the settings of nat-route-failover", () => {
  test("have defaults for everything but names", () => {
    expect(readFailoverSettings(PERFECT)).toMatchObject({
      env: "test",
      healthzDeadlineMs: 250,
      policy: { cooldownMs: 60_000, returnAfterMs: 300_000, markAfterMs: 30_000, markIntervalMs: 600_000 },
    });
  });

  test("are in milliseconds inside", () => {
    const environment = { ...PERFECT, HA_NAT_COOLDOWN_SECONDS: "10", HA_NAT_RETURN_AFTER_SECONDS: "30" };

    expect(readFailoverSettings(environment).policy).toMatchObject({ cooldownMs: 10_000, returnAfterMs: 30_000 });
  });

  test("take the settle window as it is configured", () => {
    expect(readFailoverSettings({ ...PERFECT, HA_NAT_SETTLE_MS: "1500" }).settleMs).toBe(1500);
  });

  test("name what is missing", () => {
    expect(() => readFailoverSettings({ HA_NAT_ENV: "test" })).toThrow(/HA_NAT_TOPOLOGY_PARAMETER is required/);
  });
});
