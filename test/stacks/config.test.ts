import { ConfigError, azIdPrefix, parseConfig } from "../../stacks/config";
import type { EnvironmentInput } from "../../stacks/config";
import { environments } from "../../stacks/environments";

const good: EnvironmentInput = {
  env: "test",
  region: "us-east-1",
  accountId: "123456789012",
  zones: ["use1-az1", "use1-az2"],
  vpcCidr: "10.40.0.0/16",
  natsPerZoneMin: 1,
  natsPerZoneMax: 2,
  instanceType: "t4g.small",
};

function problemsOf(change: Readonly<Record<string, unknown>>) {
  try {
    parseConfig({ ...good, ...change });
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map((problem) => ({ ...problem, text: error.message }));
    throw error;
  }
  return [];
}

test("every environment of the repository is right", () => {
  expect(environments({}).map((input) => parseConfig(input).env)).toEqual(["test", "prod"]);
});

test("an account ID that is set to nothing, as a pipeline does without its variable, is not set", () => {
  expect(environments({ HA_NAT_ACCOUNT_ID_TEST: "", HA_NAT_ACCOUNT_ID_PROD: "" })).toEqual(environments({}));
});

test("an account ID from the environment is checked like any other field", () => {
  const [input] = environments({ HA_NAT_ACCOUNT_ID_TEST: "12345" });

  expect(() => parseConfig(input ?? good)).toThrow('accountId: got "12345"; allowed: 12 digits; fix:');
});

describe("a wrong field is named with its value, limit and fix", () => {
  test.each<[string, Readonly<Record<string, unknown>>, string, unknown, readonly [RegExp, RegExp]]>([
    ["one AZ", { zones: ["use1-az1"] }, "zones", ["use1-az1"], [/2 to 4 AZ IDs/, /at least two/]],
    [
      "a zone name",
      { zones: ["us-east-1a", "use1-az2"] },
      "zones[0]",
      "us-east-1a",
      [/not zone names/, /describe-availability-zones/],
    ],
    ["a zone of another region", { zones: ["use1-az1", "euw1-az1"] }, "zones[1]", "euw1-az1", [/use1-az1/, /change region/]],
    ["the zone that has no NAT's type", { zones: ["use1-az1", "use1-az3"] }, "zones[1]", "use1-az3", [/arm64/, /use1-az4/]],
    ["a zone twice", { zones: ["use1-az1", "use1-az1"] }, "zones[1]", "use1-az1", [/once/, /remove one/]],
    ["host bits", { vpcCidr: "10.40.0.1/16" }, "vpcCidr", "10.40.0.1/16", [/without host bits/, /10\.0\.0\.0\/16/]],
    ["a VPC over /16", { vpcCidr: "10.0.0.0/15" }, "vpcCidr", "10.0.0.0/15", [/\/16 to \/28/, /use a \/16/]],
    ["a VPC too small to carve", { vpcCidr: "10.40.0.0/24" }, "vpcCidr", "10.40.0.0/24", [/\/18 or larger/, /use a \/18/]],
    [
      "a connected network that overlaps",
      { connectedCidrs: ["10.40.128.0/17"] },
      "vpcCidr",
      "10.40.0.0/16",
      [/10\.40\.128\.0\/17/, /another network/],
    ],
    ["link-local", { vpcCidr: "169.254.0.0/16" }, "vpcCidr", "169.254.0.0/16", [/169\.254/, /another network/]],
    ["a private prefix over /28", { privatePrefix: 29 }, "privatePrefix", 29, [/16 to 28/, /between 16 and 28/]],
    ["a public prefix under /16", { publicPrefix: 15 }, "publicPrefix", 15, [/16 to 28/, /between 16 and 28/]],
    [
      "a public subnet too small for its addresses",
      { publicPrefix: 28, vpcCidr: "10.40.0.0/16" },
      "publicPrefix",
      28,
      [/\/27 or larger/, /to 27/],
    ],
    [
      "too few IPv4 slots",
      { instanceType: "t4g.micro" },
      "instanceType",
      "t4g.micro",
      [/2 IPv4 addresses.*3 are needed/, /smallest type that fits is t4g\.small/],
    ],
    [
      "more addresses than slots",
      { addressesPerLane: 4 },
      "instanceType",
      "t4g.small",
      [/4 IPv4 addresses.*6 are needed/, /t4g\.medium/],
    ],
    ["an unknown instance type", { instanceType: "m5.huge" }, "instanceType", "m5.huge", [/t4g\.small/, /instance-slots/]],
    ["no NAT", { natsPerZoneMin: 0 }, "natsPerZoneMin", 0, [/1 to 4/, /between 1 and 4/]],
    ["five NATs", { natsPerZoneMax: 5 }, "natsPerZoneMax", 5, [/1 to 4/, /between 1 and 4/]],
    ["min over max", { natsPerZoneMin: 3 }, "natsPerZoneMin", 3, [/at most natsPerZoneMax \(2\)/, /lower natsPerZoneMin/]],
    ["no lane", { lanesPerZone: 0 }, "lanesPerZone", 0, [/1 to 4/, /between 1 and 4/]],
    ["five lanes", { lanesPerZone: 5 }, "lanesPerZone", 5, [/1 to 4/, /between 1 and 4/]],
    ["one probe target", { probeTargets: ["1.1.1.1"] }, "probeTargets", ["1.1.1.1"], [/at least 2/, /second target/]],
    [
      "one self-probe target",
      { selfProbeTargets: ["1.1.1.1:443"] },
      "selfProbeTargets",
      ["1.1.1.1:443"],
      [/at least 2/, /second target/],
    ],
    [
      "k over n",
      { breachFailures: 4, breachWindow: 3 },
      "breachFailures",
      4,
      [/at most breachWindow \(3\)/, /raise breachWindow/],
    ],
    [
      "flow logs that end on the day on which they go to Glacier",
      { flowLogGlacierAfterDays: 90, flowLogExpireAfterDays: 90 },
      "flowLogGlacierAfterDays",
      90,
      [/less than flowLogExpireAfterDays \(90\)/, /lower flowLogGlacierAfterDays or raise flowLogExpireAfterDays/],
    ],
    ["a retention CloudWatch does not know", { logRetentionDays: 31 }, "logRetentionDays", 31, [/30, 60/, /next larger/]],
    [
      "a malformed e-mail",
      { alertEmails: ["ops@example.com", "ops"] },
      "alertEmails[1]",
      "ops",
      [/e-mail/, /oncall@example\.com/],
    ],
    ["an account ID", { accountId: "1234" }, "accountId", "1234", [/12 digits/, /get-caller-identity/]],
    ["a field that does not exist", { instanceTyp: "x" }, "instanceTyp", "x", [/no such field/, /fields are env/]],
    ["nothing where something must be", { vpcCidr: undefined }, "vpcCidr", undefined, [/IPv4 network/, /10\.0\.0\.0\/16/]],
  ])("%s", (_, change, field, value, [limit, fix]) => {
    const problem = problemsOf(change).find((found) => found.field === field);

    expect(problem?.value).toEqual(value);
    expect(problem?.limit).toMatch(limit);
    expect(problem?.fix).toMatch(fix);
    expect(problem?.text).toContain(`${field}: got ${value === undefined ? "nothing" : JSON.stringify(value)}; allowed: `);
  });
});

test("all problems are told at once, also those of rules whose fields are right", () => {
  const fields = problemsOf({ natsPerZoneMin: 3, alertEmails: ["x"], zones: ["use1-az1"], vpcCidr: "10.0.0.0/29" }).map(
    (p) => p.field,
  );

  expect(fields).toEqual(expect.arrayContaining(["natsPerZoneMin", "alertEmails[0]", "zones", "vpcCidr"]));
});

test("guests: false needs fewer slots", () => {
  const zones = ["use1-az1", "use1-az2", "use1-az4"];

  expect(problemsOf({ zones, addressesPerLane: 2, instanceType: "c7g.medium" })).not.toEqual([]);
  expect(problemsOf({ zones, addressesPerLane: 2, instanceType: "c7g.medium", guests: false })).toEqual([]);
});

test.each([
  ["us-east-1", "use1"],
  ["eu-central-1", "euc1"],
  ["ap-northeast-1", "apne1"],
  ["ap-south-1", "aps1"],
  ["us-gov-west-1", "usgw1"],
])("AZ IDs of %s begin with %s", (region, prefix) => {
  expect(azIdPrefix(region)).toBe(prefix);
});
