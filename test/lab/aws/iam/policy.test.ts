import { loadPolicies, decide } from "../../../../lab/aws/iam/policy";
import { arnMatches } from "../../../../lab/aws/iam/glob";
import { roleWith } from "./samples";

const allow = (condition: unknown) => roleWith({ Effect: "Allow", Action: "ec2:X", Resource: "*", Condition: condition });

function allowed(condition: unknown, context: Readonly<Record<string, readonly string[]>>): boolean {
  const statements = loadPolicies(allow(condition));
  return decide(statements, { action: "ec2:X", resource: "*", context: new Map(Object.entries(context)) }) === "allowed";
}

describe("what the evaluator does not know is an error at load", () => {
  test.each([
    ["an operator", allow({ NumericLessThan: { "aws:RequestedRegion": "1" } }), "condition operator NumericLessThan"],
    [
      "an operator that objects inherit",
      allow({ constructor: { "aws:RequestedRegion": "1" } }),
      "condition operator constructor",
    ],
    ["a condition key", allow({ StringEquals: { "aws:SourceVpc": "vpc-1" } }), "condition key aws:SourceVpc"],
    ["a tag key without a tag", allow({ StringEquals: { "aws:ResourceTag/": "x" } }), "condition key aws:ResourceTag/"],
    [
      "a policy variable in a value",
      allow({ StringEquals: { "aws:PrincipalArn": "${aws:username}" } }),
      "without policy variables",
    ],
    [
      "a policy variable in a resource",
      roleWith({ Effect: "Allow", Action: "s3:X", Resource: "arn:aws:s3:::${aws:username}" }),
      "without policy variables",
    ],
    ["NotAction", roleWith({ Effect: "Allow", NotAction: "iam:*", Resource: "*" }), "element NotAction"],
    ["NotResource", roleWith({ Effect: "Deny", Action: "iam:*", NotResource: "*" }), "element NotResource"],
    ["another effect", roleWith({ Effect: "allow", Action: "iam:*", Resource: "*" }), "Effect must be Allow or Deny, got allow"],
    ["an action without a service", roleWith({ Effect: "Allow", Action: "ReplaceRoute", Resource: "*" }), "got replaceroute"],
    ["a statement without resources", roleWith({ Effect: "Allow", Action: "ec2:X", Resource: [] }), "Resource: is empty"],
    [
      "a document that is text",
      { ...roleWith(), policies: [{ name: "p", document: "{}" }] },
      "a policy must be an object, got string",
    ],
  ])("%s", (_case, role, message) => {
    expect(() => loadPolicies(role)).toThrow(message);
  });

  test("the error says which policy of which role", () => {
    expect(() => loadPolicies(allow({ IpAddress: { "aws:SourceIp": "10.0.0.0/8" } }))).toThrow(
      "policy main of role failover, statement 1, Condition: the lab does not know the condition operator IpAddress",
    );
  });
});

describe("conditions", () => {
  const tag = "aws:resourcetag/a";

  test.each([
    ["StringEquals, the value", { StringEquals: { "aws:ResourceTag/a": ["x", "y"] } }, { [tag]: ["y"] }, true],
    ["StringEquals, another value", { StringEquals: { "aws:ResourceTag/a": "x" } }, { [tag]: ["X"] }, false],
    ["StringEquals, absent key", { StringEquals: { "aws:ResourceTag/a": "x" } }, {}, false],
    ["StringEqualsIfExists, absent key", { StringEqualsIfExists: { "aws:ResourceTag/a": "x" } }, {}, true],
    ["StringEqualsIgnoreCase", { StringEqualsIgnoreCase: { "aws:ResourceTag/a": "x" } }, { [tag]: ["X"] }, true],
    ["StringNotEquals, the value", { StringNotEquals: { "aws:ResourceTag/a": ["x", "y"] } }, { [tag]: ["y"] }, false],
    ["StringNotEquals, absent key", { StringNotEquals: { "aws:ResourceTag/a": "x" } }, {}, true],
    ["StringLike", { StringLike: { "aws:ResourceTag/a": "n?t-*" } }, { [tag]: ["nat-1"] }, true],
    ["StringLike, a dot is a dot", { StringLike: { "aws:ResourceTag/a": "a.c" } }, { [tag]: ["abc"] }, false],
    ["StringNotLike", { StringNotLike: { "aws:ResourceTag/a": "nat-*" } }, { [tag]: ["nat-1"] }, false],
    [
      "ArnLike",
      { ArnLike: { "aws:PrincipalArn": "arn:aws:iam::*:role/a*" } },
      { "aws:principalarn": ["arn:aws:iam::1:role/ab"] },
      true,
    ],
    [
      "ArnLike, another role",
      { ArnLike: { "aws:PrincipalArn": "arn:aws:iam::*:role/b" } },
      { "aws:principalarn": ["arn:aws:iam::1:role/ab"] },
      false,
    ],
    ["Bool", { Bool: { "ec2:Attribute/SourceDestCheck": "false" } }, { "ec2:attribute/sourcedestcheck": ["false"] }, true],
    [
      "Bool given as a JSON boolean",
      { Bool: { "ec2:Attribute/SourceDestCheck": false } },
      { "ec2:attribute/sourcedestcheck": ["true"] },
      false,
    ],
    ["Null true, absent key", { Null: { "aws:ResourceTag/a": "true" } }, {}, true],
    ["Null false, absent key", { Null: { "aws:ResourceTag/a": "false" } }, {}, false],
    ["Null false, present key", { Null: { "aws:ResourceTag/a": "false" } }, { [tag]: ["x"] }, true],
    ["ForAllValues, all", { "ForAllValues:StringEquals": { "ec2:Attribute": ["a", "b"] } }, { "ec2:attribute": ["a"] }, true],
    [
      "ForAllValues, one too many",
      { "ForAllValues:StringEquals": { "ec2:Attribute": ["a"] } },
      { "ec2:attribute": ["a", "b"] },
      false,
    ],
    ["ForAllValues, absent key", { "ForAllValues:StringEquals": { "ec2:Attribute": ["a"] } }, {}, true],
    ["ForAnyValue, one", { "ForAnyValue:StringEquals": { "ec2:Attribute": ["a"] } }, { "ec2:attribute": ["a", "b"] }, true],
    ["ForAnyValue, absent key", { "ForAnyValue:StringEquals": { "ec2:Attribute": ["a"] } }, {}, false],
    ["two keys, one holds", { StringEquals: { "aws:ResourceTag/a": "x", "aws:ResourceTag/b": "y" } }, { [tag]: ["x"] }, false],
  ])("%s", (_case, condition, context, expected) => {
    expect(allowed(condition, context)).toBe(expected);
  });
});

test.each([
  ["arn:aws:ec2:*:1:route-table/*", "arn:aws:ec2:us-east-1:1:route-table/rtb-1", true],
  ["arn:aws:ec2:*", "arn:aws:ec2:us-east-1:1:route-table/rtb-1", false],
  ["arn:aws:ssm:*:*:parameter/a/*", "arn:aws:ssm:us-east-1:1:parameter/a/b:c", true],
  ["arn:aws:ssm:*:parameter/a", "arn:aws:ssm:us-east-1:1:parameter/a", false],
  ["*", "arn:aws:s3:::b/k", true],
  ["arn:aws:s3:::b/k", "*", false],
])("the resource pattern %s on %s: %s", (pattern, arn, expected) => {
  expect(arnMatches(pattern, arn)).toBe(expected);
});
