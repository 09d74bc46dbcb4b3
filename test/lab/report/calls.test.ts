import type { CallRecord } from "../../../lab/aws/call-log";
import { kindOf, tallyCalls, tallyLines } from "../../../lab/report/calls";

const record = (principal: string, service: string, operation: string, errorCode?: string): CallRecord => ({
  ...{ service, operation, principal, errorCode, status: errorCode === undefined ? 200 : 400 },
  ...{ startedAt: "2026-01-01T00:00:00.000Z", durationMs: 1 },
});

describe("calls of the AWS API, counted", () => {
  test("are by function and operation, whichever instance of the NATs it was", () => {
    const failover = "ha-nat-test-nat-route-failover/ha-nat-test-nat-route-failover";

    const tally = tallyCalls(
      [
        record(failover, "ec2", "ReplaceRoute", "RequestLimitExceeded"),
        record(failover, "ec2", "ReplaceRoute"),
        record(failover, "ec2", "DescribeInstances"),
        record("ha-nat-test-nat/i-01", "sqs", "SendMessage"),
        record("ha-nat-test-nat/i-02", "sqs", "SendMessage"),
      ],
      "test",
    );

    expect(tally.counts).toEqual([
      { by: "nat-route-failover", call: "ec2:DescribeInstances", kind: "read", count: 1 },
      { by: "nat-route-failover", call: "ec2:ReplaceRoute", kind: "write", count: 2 },
      { by: "NATs", call: "sqs:SendMessage", kind: "message", count: 2 },
    ]);
    expect(tally.totals).toEqual({ read: 1, write: 2, message: 2, invocation: 0, metric: 0 });
    expect(tally.failed).toBe(1);
    expect(tallyLines(tally)).toContain("nat-route-failover      2  write       ec2:ReplaceRoute");
  });

  test.each([
    ["ssm:GetParameters", "read"],
    ["ssm:PutParameter", "write"],
    ["ssm:SendCommand", "write"],
    ["lambda:Invoke", "invocation"],
    ["monitoring:PutMetricData", "metric"],
    ["logs:PutLogEvents", "metric"],
  ])("%s is a %s", (call, kind) => expect(kindOf(call)).toBe(kind));
});
