import { parseSettings } from "../../../../lambdas/functions/nat-health-probe/settings";

const environment = {
  HA_NAT_ENV: "test",
  HA_NAT_TOPOLOGY_PARAMETER: "/ha-nat/test/topology",
  HA_NAT_PEERS_PARAMETER: "/ha-nat/test/peers",
  HA_NAT_QUEUE_URL: "https://sqs.us-east-1.amazonaws.com/123456789012/ha-nat-test-failover.fifo",
  HA_NAT_LIFECYCLE_FUNCTION: "ha-nat-test-asg-lifecycle-handler",
  HA_NAT_LAUNCH_DEADLINE_SECONDS: "240",
  HA_NAT_PROBE_INTERVAL_SECONDS: "5",
  HA_NAT_PROBE_DEADLINE_MS: "2000",
  HA_NAT_BREACH_FAILURES: "2",
  HA_NAT_BREACH_WINDOW: "3",
};

test("settings come from the environment, units in their names", () => {
  expect(parseSettings(environment)).toMatchObject({ env: "test", probeIntervalSeconds: 5, breachFailures: 2, breachWindow: 3 });
});

test("k above n is refused: a breach could never be seen", () => {
  expect(() => parseSettings({ ...environment, HA_NAT_BREACH_FAILURES: "4" })).toThrow(
    "HA_NAT_BREACH_FAILURES must not exceed HA_NAT_BREACH_WINDOW, got 4 of 3",
  );
});

test("every missing variable is named at once", () => {
  expect(() => parseSettings({})).toThrow(/HA_NAT_ENV[^]*HA_NAT_BREACH_WINDOW/);
});
