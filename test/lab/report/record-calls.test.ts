import { readCalls, unite } from "../../../lab/report/record-calls";

const call = (principal: string, service: string, operation: string, errorCode?: string) =>
  JSON.stringify({ service, operation, principal, status: errorCode === undefined ? 200 : 403, errorCode });

const LOG = [
  "starting",
  call("ha-nat-test-nat-route-failover/s", "ec2", "ReplaceRoute"),
  call("ha-nat-test-nat-route-failover/s", "lambda", "Invoke"),
  call("ha-nat-test-nat-route-failover/s", "ec2", "DeleteRoute", "UnauthorizedOperation"),
  call("ha-nat-test-nat/i-1", "s3", "HeadObject"),
  call("ha-nat-test-nat/i-1", "ssm", "GetParameters", "ThrottlingException"),
  call("lab-operator/operator", "ec2", "DisassociateAddress"),
  call("AKIASTRANGER", "ec2", "DescribeInstances", "AuthFailure"),
  '{"service":"ec2","operation":"Rep',
].join("\n");

test("a lab's log tells which role made which calls, as IAM names them; people and strangers are left out", () => {
  expect(readCalls(LOG, "test").calls).toEqual({
    "nat-route-failover": ["ec2:ReplaceRoute", "lambda:InvokeFunction"],
    nat: ["s3:GetObject", "ssm:GetParameters"],
  });
});

test("what a role was denied is told, and is no recorded call", () => {
  expect(readCalls(LOG, "test").denied).toEqual(["nat-route-failover ec2:DeleteRoute"]);
});

test("recordings are united in one order, whichever came first", () => {
  const one = { b: ["y", "x"], a: ["z"] };
  const other = { b: ["w", "x"] };

  expect(JSON.stringify(unite([one, other]))).toBe('{"a":["z"],"b":["w","x","y"]}');
  expect(unite([other, one])).toEqual(unite([one, other]));
});
