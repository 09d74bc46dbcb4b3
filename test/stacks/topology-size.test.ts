import { ConfigError, parseConfig } from "../../stacks/config";
import { environments } from "../../stacks/environments";
import type { EnvironmentInput } from "../../stacks/config";
import { topologyBytes } from "../../stacks/topology-size";
import { synthesise } from "./support";

const ZONES = ["use1-az1", "use1-az2", "use1-az4", "use1-az5"];
const [, prod] = environments({});
const LARGE = { zones: ZONES, instanceType: "c7gn.16xlarge", publicPrefix: 24, privatePrefix: 24 } as const;

function configOf(change: Partial<EnvironmentInput>) {
  if (prod === undefined) throw new Error("no prod");
  return parseConfig({ ...prod, ...change });
}

/** The document of the parameter, with IDs as AWS makes them where Terraform has references. */
function written(change: Partial<EnvironmentInput>): number {
  const parameters = Object.values(synthesise("prod", change).all("aws_ssm_parameter"));
  const topology = parameters.find(({ name }) => String(name).endsWith("/topology"))?.value as string;
  const stand: Readonly<Record<string, string>> = {
    aws_eip: "eipalloc-0123456789abcdef0",
    aws_vpc: "vpc-0123456789abcdef0",
    aws_subnet: "subnet-0123456789abcdef0",
    aws_route_table: "rtb-0123456789abcdef0",
    aws_network_acl: "acl-0123456789abcdef0",
    aws_nat_gateway: "nat-0123456789abcdef0",
    aws_lb_target_group: "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/ha-nat-prod-nat/0123456789abcdef",
    public_ip: "100.100.100.100",
    cidr_block: "10.50.0.0/16",
  };
  return topology.replaceAll(/\$\{([a-z_]+)\.[^.]+\.([a-z_]+)\}/g, (all, type: string, what: string) => {
    const value = stand[what] ?? stand[type];
    if (value === undefined) throw new Error(`no stand-in for ${all}`);
    return value;
  }).length;
}

test.each<[string, Partial<EnvironmentInput>]>([
  ["prod", {}],
  ["without load balancer and guests", { steering: "eip", guests: false }],
  ["with NAT Gateways", { lastResort: "nat-gateway" }],
  ["with many lanes", { ...LARGE, lanesPerZone: 4 }],
])("the size of the topology is known before Terraform fills it in: %s", (_title, change) => {
  const bytes = topologyBytes(configOf(change));

  expect(bytes).toBeGreaterThanOrEqual(written(change));
  expect(bytes - written(change)).toBeLessThan(20);
});

test.each<[Partial<EnvironmentInput>, string, RegExp, RegExp]>([
  [
    { lanesPerZone: 4, addressesPerLane: 2 },
    "lanesPerZone",
    /at most 8192 bytes .*4 zones × 4 lane\(s\) × 2 address\(es\) make up to 8\d{3}/,
    /fewer lanesPerZone or addressesPerLane$/,
  ],
  [
    { lanesPerZone: 3, addressesPerLane: 3, lastResort: "nat-gateway" },
    "lanesPerZone",
    /make up to 8\d{3}/,
    /or lastResort: none$/,
  ],
])("%j is refused: no parameter holds its topology", (change, field, limit, fix) => {
  const config = () => configOf({ ...LARGE, ...change });

  expect(config).toThrow(ConfigError);
  expect(config).toThrow(limit);
  try {
    config();
  } catch (error) {
    expect((error as ConfigError).problems).toMatchObject([
      { field, limit: expect.stringMatching(limit), fix: expect.stringMatching(fix) },
    ]);
  }
});

test("as many lanes with one address, and as many addresses with three lanes, are accepted", () => {
  expect(configOf({ ...LARGE, lanesPerZone: 4 }).lanesPerZone).toBe(4);
  expect(configOf({ ...LARGE, lanesPerZone: 3, addressesPerLane: 2 }).addressesPerLane).toBe(2);
});
