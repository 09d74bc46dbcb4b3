import { compilePattern } from "../../../lab/loops/pattern";

const event = {
  source: "aws.cloudwatch",
  "detail-type": "CloudWatch Alarm State Change",
  resources: ["arn:aws:cloudwatch:us-east-1:123456789012:alarm:ha-nat-test-NATReachability-1"],
  detail: { state: { value: "ALARM" }, count: 3, "instance-id": "i-1" },
};

test.each<[string, unknown, boolean]>([
  ["a value of the list", { source: ["aws.ec2", "aws.cloudwatch"] }, true],
  ["another value", { source: ["aws.ec2"] }, false],
  ["a nested value", { detail: { state: { value: ["ALARM"] } } }, true],
  ["all fields must match", { source: ["aws.cloudwatch"], detail: { state: { value: ["OK"] } } }, false],
  [
    "an element of an array by its prefix",
    { resources: [{ prefix: "arn:aws:cloudwatch:us-east-1:123456789012:alarm:ha-nat-" }] },
    true,
  ],
  ["no element has the prefix", { resources: [{ prefix: "arn:aws:sns" }] }, false],
  ["a suffix", { "detail-type": [{ suffix: "State Change" }] }, true],
  ["a number", { detail: { count: [3] } }, true],
  ["a number is not its text", { detail: { count: ["3"] } }, false],
  ["a field that exists", { detail: { count: [{ exists: true }] } }, true],
  ["a field that does not", { detail: { nothing: [{ exists: false }] } }, true],
  ["a missing field matches no value", { detail: { nothing: ["x"] } }, false],
  ["anything but these", { detail: { state: { value: [{ "anything-but": ["OK"] }] } } }, true],
  ["anything but this one", { detail: { state: { value: [{ "anything-but": "ALARM" }] } } }, false],
  ["a nested pattern where the event has none", { detail: { state: { value: { deep: ["x"] } } } }, false],
])("%s", (_what, pattern, expected) => {
  expect(compilePattern("test", pattern)(event)).toBe(expected);
});

test.each<[string, unknown, RegExp]>([
  [
    "an unknown operator",
    { detail: { count: [{ numeric: [">", 1] }] } },
    /rule test\.detail\.count: the lab does not know \{"numeric"/,
  ],
  ["$or", { $or: [{ source: ["a"] }] }, /does not know \$or/],
  ["two operators at once", { source: [{ prefix: "a", suffix: "b" }] }, /does not know/],
  ["anything-but with an operator", { source: [{ "anything-but": { prefix: "a" } }] }, /does not know/],
  ["a bare value", { source: "aws.ec2" }, /a pattern is an object/],
  ["an empty list", { source: [] }, /empty list/],
  ["no pattern", undefined, /a pattern is an object/],
])("%s is an error when the rule is loaded", (_what, pattern, message) => {
  expect(() => compilePattern("test", pattern)).toThrow(message);
});
