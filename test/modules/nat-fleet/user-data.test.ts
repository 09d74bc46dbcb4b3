import { readFileSync } from "node:fs";
import { join } from "node:path";
import { planAddresses } from "../../../modules/network/address-plan";
import { natConfig } from "../../../modules/nat-fleet/nat-config";
import { MAX_USER_DATA_BYTES, renderUserData } from "../../../modules/nat-fleet/user-data";

const template = readFileSync(join(__dirname, "../../../instance/user-data.sh"), "utf8");
const deployment = { env: "prod", region: "us-east-1", accountId: "123456789012" };
const plan = (lanesPerZone: number, guests = true) =>
  planAddresses({
    vpcCidr: "10.0.0.0/16",
    zones: ["use1-az1", "use1-az2", "use1-az3", "use1-az4"],
    lanesPerZone,
    addressesPerLane: 1,
    guests,
    publicPrefix: 25,
    privatePrefix: 22,
  });
const settings = {
  addressSelection: "client",
  selfProbeTargets: ["1.1.1.1:443", "8.8.8.8:53"],
  replication: { flows: "all", scope: "zone" },
} as const;
const values = (lanes: number) => ({
  config: natConfig(deployment, plan(lanes), "use1-az1", settings),
  artifactUri: "s3://bucket/key",
  artifactSha256: "ab".repeat(32),
  region: "us-east-1",
});

test("the largest fleet's user data is within EC2's limit and 25 lines, and holds the configuration on one line", () => {
  const text = renderUserData(template, values(4));

  expect(Buffer.byteLength(text)).toBeLessThan(MAX_USER_DATA_BYTES);
  expect(text.trimEnd().split("\n").length).toBeLessThanOrEqual(25);
  expect(text.split("\n")).toContain(JSON.stringify(values(4).config));
});

test("a placeholder that is missing, left over or unknown is named", () => {
  expect(() => renderUserData(template.replaceAll("@REGION@", "x"), values(1))).toThrow("lacks the placeholder @REGION@");
  expect(() => renderUserData(`${template}\n@NEW_THING@`, values(1))).toThrow("unknown placeholder @NEW_THING@");
});

test("user data over EC2's limit is refused with its size", () => {
  expect(() => renderUserData(`${template}\n#${"x".repeat(MAX_USER_DATA_BYTES)}`, values(1))).toThrow(
    /has \d+ bytes, EC2 takes 16384/,
  );
});

test("a value that looks like a replacement pattern is taken as it is", () => {
  expect(renderUserData(template, { ...values(1), artifactUri: "s3://b/$&" })).toContain("s3://b/$&");
});

test("a zone serves its own lanes by floating addresses and foreign ones by the guest address it holds for them", () => {
  const config = values(1).config;
  const foreign = plan(1).zones[1]?.lanes[0];

  expect(config.lanes.map(({ lane, home }) => [lane, home])).toEqual([
    ["use1-az1-l1", true],
    ["use1-az2-l1", false],
    ["use1-az3-l1", false],
    ["use1-az4-l1", false],
  ]);
  expect(config.lanes[1]?.addresses).toEqual([foreign?.guests["use1-az1"]]);
  expect(config.selfProbeTargets).toEqual([
    { address: "1.1.1.1", port: 443 },
    { address: "8.8.8.8", port: 53 },
  ]);
});

test("without guests a zone knows its own lanes only", () => {
  expect(natConfig(deployment, plan(2, false), "use1-az1", settings).lanes.map((lane) => lane.home)).toEqual([true, true]);
});

test("only public and probe subnets may ask for health", () => {
  const { healthSourceCidrs } = values(1).config;

  expect(healthSourceCidrs).toHaveLength(8);
  expect(
    plan(1)
      .zones.flatMap((zone) => zone.lanes.map((lane) => lane.privateCidr))
      .filter((cidr) => healthSourceCidrs.includes(cidr)),
  ).toEqual([]);
});
