import { healthyFleet, verify } from "./support/fleet";

// Programs are started; a busy machine takes its time.
jest.setTimeout(60_000);

const good = healthyFleet();
const ALARM = { AlarmName: "ha-nat-test-NATReachability", StateValue: "ALARM" };
const refresh = (Status: string, more: object = {}) => ({
  InstanceRefreshes: [
    { AutoScalingGroupName: "asg-use1-az1", Status, StartTime: "2026-11-22T10:00:00+00:00", ...more },
    { AutoScalingGroupName: "asg-use1-az1", Status: "Failed", StartTime: "2026-11-01T10:00:00+00:00", EndTime: "2026-11-01" },
  ],
});
const ENDED = { EndTime: "2026-11-22T10:05:00+00:00" };

/** Alarms that ring at the first look, and what they say from the second one on. */
function waiting(seconds: string, alarms: readonly object[], refreshes: object) {
  return verify(good, ["test", "--wait", seconds], {
    env: { HA_NAT_LOOK_AGAIN_SECONDS: "0.1" },
    answers: {
      "cloudwatch-describe-alarms": { MetricAlarms: [ALARM] },
      "cloudwatch-describe-alarms.then": { MetricAlarms: alarms },
      "autoscaling-describe-instance-refreshes": refreshes,
    },
  });
}

describe("verify_nat.sh --wait", () => {
  test("looks again until all is right, and says what it waits for", async () => {
    const seen = await waiting("60", [{ ...ALARM, StateValue: "OK" }], refresh("Successful", ENDED));

    expect({ status: seen.status, said: seen.stderr.match(/not yet.*/g) }).toEqual({
      status: 0,
      said: [expect.stringMatching(/^not yet, \d+ s left: ha-nat-test-NATReachability ALARM$/)],
    });
    expect(seen.calls.filter((call) => call.startsWith("cloudwatch"))).toHaveLength(2);
    expect(seen.stdout.trim().split("\n").at(-1)).toMatch(/^ok: /);
  });

  test("gives up at the deadline and names the fault", async () => {
    const seen = await waiting("1", [ALARM], { InstanceRefreshes: [] });

    expect(seen.status).toBe(1);
    expect(seen.stdout).toContain("FAIL ha-nat-test-NATReachability: ALARM");
  });

  test.each([
    ["is pending", refresh("Pending"), /^FAIL refresh: asg-use1-az1: Pending, 0 %$/m],
    ["runs", refresh("InProgress", { PercentageComplete: 50 }), /^FAIL refresh: asg-use1-az1: InProgress, 50 %$/m],
    [
      "ended badly",
      refresh("Failed", { ...ENDED, StatusReason: "no capacity" }),
      /^FAIL refresh: asg-use1-az1: Failed \(no capacity\); start it anew/m,
    ],
  ])("does not judge a fleet whose refresh %s", async (_title, refreshes, words) => {
    const seen = await waiting("1", [{ ...ALARM, StateValue: "OK" }], refreshes);

    expect(seen.status).toBe(1);
    expect(seen.stdout).toMatch(words);
  });

  test("asks for refreshes only when it is to wait", async () => {
    const { status, calls } = await verify(good, ["test"]);

    expect(status).toBe(0);
    expect(calls.join()).not.toContain("autoscaling");
  });

  test.each([[["test", "--wait"]], [["test", "--wait", "soon"]], [["test", "--wait", "0"]], [["--wait", "test"]]])(
    "refuses %j with the limit",
    async (args) => {
      const { status, stderr } = await verify(good, args);

      expect(status).toBe(2);
      expect(stderr).toMatch(/--wait takes seconds, 1 to 9999, got '.*'; usage: verify_nat\.sh/);
    },
  );
});
