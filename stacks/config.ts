import { slotsNeeded, planProblems } from "../modules/network/address-plan";
import { overlaps, parseCidr } from "../modules/network/cidr";
import { IPV4_SLOTS, smallestTypeFor } from "../modules/network/instance-slots";
import { describeProblem } from "../modules/shared/problem";
import type { Problem } from "../modules/shared/problem";
import { FIELDS } from "./fields";
import type { EnvironmentConfig, EnvironmentInput } from "./fields";
import { topologyProblems } from "./topology-size";

export type { EnvironmentConfig, EnvironmentInput } from "./fields";

/** Everything that is wrong with a configuration, at once. */
export class ConfigError extends Error {
  public constructor(
    env: string,
    public readonly problems: readonly Problem[],
  ) {
    super(
      `configuration of ${env} has ${problems.length} problem(s):\n${problems.map((p) => `  - ${describeProblem(p)}`).join("\n")}`,
    );
    this.name = "ConfigError";
  }
}

/** Checks and completes a configuration; throws a ConfigError with every problem found. Pure. */
export function parseConfig(input: EnvironmentInput): EnvironmentConfig {
  const { values, problems } = parseFields(input);
  const found = [...problems, ...RULES.flatMap((rule) => (rule.needs.every((name) => name in values) ? rule.check(values) : []))];
  if (found.length > 0) throw new ConfigError(String(input.env), found);
  return values;
}

/** Each field on its own. Values holds the fields that are right; a rule runs when all it needs are there. */
function parseFields(input: EnvironmentInput): { readonly values: EnvironmentConfig; readonly problems: readonly Problem[] } {
  const given = input as Readonly<Record<string, unknown>>;
  const values: Record<string, unknown> = {};
  const problems: Problem[] = Object.keys(given)
    .filter((name) => !(name in FIELDS))
    .map((name) => ({
      field: name,
      value: given[name],
      limit: "no such field",
      fix: `remove it; fields are ${Object.keys(FIELDS).join(", ")}`,
    }));
  for (const [name, { schema, limit, fix }] of Object.entries(FIELDS)) {
    const result = schema.safeParse(given[name]);
    if (result.success) values[name] = result.data;
    else {
      const paths = new Set(result.error.issues.map((issue) => JSON.stringify(issue.path)));
      for (const path of paths)
        problems.push({ ...locate(name, given[name], JSON.parse(path) as (string | number)[]), limit, fix });
    }
  }
  return { values: values as unknown as EnvironmentConfig, problems };
}

function locate(
  name: string,
  value: unknown,
  path: readonly (string | number)[],
): { readonly field: string; readonly value: unknown } {
  return path.reduce<{ field: string; value: unknown }>(
    (at, key) => ({ field: `${at.field}[${key}]`, value: (at.value as Record<string | number, unknown>)[key] }),
    { field: name, value },
  );
}

interface Rule {
  readonly needs: readonly (keyof EnvironmentConfig)[];
  readonly check: (config: EnvironmentConfig) => readonly Problem[];
}

const DEPLOYMENT = ["env", "region", "accountId"] as const;
const ADDRESSES = ["vpcCidr", "zones", "lanesPerZone", "addressesPerLane", "guests", "publicPrefix", "privatePrefix"] as const;

/** What one field alone cannot say. */
const RULES: readonly Rule[] = [
  { needs: ["zones", "region"], check: zoneProblems },
  { needs: ["vpcCidr"], check: vpcSizeProblems },
  { needs: ["vpcCidr", "connectedCidrs"], check: overlapProblems },
  {
    needs: ADDRESSES,
    check: planProblems,
  },
  {
    needs: [...DEPLOYMENT, ...ADDRESSES, "steering", "lastResort"],
    check: topologyProblems,
  },
  { needs: ["instanceType", "zones", "lanesPerZone", "addressesPerLane", "guests"], check: slotProblems },
  {
    needs: ["natsPerZoneMin", "natsPerZoneMax"],
    check: (c) => ordered(c, "at most", "natsPerZoneMin", "natsPerZoneMax"),
  },
  { needs: ["breachFailures", "breachWindow"], check: (c) => ordered(c, "at most", "breachFailures", "breachWindow") },
  {
    needs: ["flowLogGlacierAfterDays", "flowLogExpireAfterDays"],
    // S3 refuses a lifecycle whose objects end on the day on which they go to Glacier.
    check: (c) => ordered(c, "less than", "flowLogGlacierAfterDays", "flowLogExpireAfterDays"),
  },
];

const DIRECTIONS: Readonly<Record<string, string>> = {
  east: "e",
  west: "w",
  north: "n",
  south: "s",
  central: "c",
  northeast: "ne",
  northwest: "nw",
  southeast: "se",
  southwest: "sw",
  gov: "g",
};

/** `us-east-1` → `use1`: how AWS forms the first half of an AZ ID. */
export function azIdPrefix(region: string): string {
  return region
    .split("-")
    .map((word) => DIRECTIONS[word] ?? word)
    .join("");
}

/** Zones that launch none of the arm64 types we know, so that a NAT there would never come up. */
const OLD_ZONES: Readonly<Record<string, string>> = {
  "use1-az3": "use1-az1, use1-az2, use1-az4, use1-az5 or use1-az6",
};

function zoneProblems({ zones, region }: EnvironmentConfig): readonly Problem[] {
  const prefix = `${azIdPrefix(region)}-az`;
  return zones.flatMap((zone, index) => {
    const at = { field: `zones[${index}]`, value: zone };
    if (zones.indexOf(zone) !== index) return [{ ...at, limit: "each zone once", fix: `remove one of the two ${zone}` }];
    const others = OLD_ZONES[zone];
    if (others !== undefined)
      return [
        { ...at, limit: "a zone that has the arm64 types NATs run on; EC2 refuses them in this old one", fix: `use ${others}` },
      ];
    return zone.startsWith(prefix)
      ? []
      : [{ ...at, limit: `an AZ ID of ${region}: ${prefix}1, ${prefix}2, …`, fix: `use ${prefix}N, or change region` }];
  });
}

function vpcSizeProblems({ vpcCidr }: EnvironmentConfig): readonly Problem[] {
  const prefix = parseCidr(vpcCidr)?.prefix ?? 0;
  return prefix >= 16 && prefix <= 28
    ? []
    : [{ field: "vpcCidr", value: vpcCidr, limit: "a prefix from /16 to /28 (AWS)", fix: "use a /16" }];
}

const LINK_LOCAL = "169.254.0.0/16";

function overlapProblems({ vpcCidr, connectedCidrs }: EnvironmentConfig): readonly Problem[] {
  const vpc = parseCidr(vpcCidr);
  return [LINK_LOCAL, ...connectedCidrs]
    .filter((other) => {
      const network = parseCidr(other);
      return vpc && network && overlaps(vpc, network);
    })
    .map((other) => ({
      field: "vpcCidr",
      value: vpcCidr,
      limit: `no overlap with ${other}`,
      fix: "choose another network for the VPC",
    }));
}

function slotProblems(config: EnvironmentConfig): readonly Problem[] {
  const needed = slotsNeeded(config);
  const has = IPV4_SLOTS[config.instanceType] ?? 0;
  if (needed <= has) return [];
  const fits = smallestTypeFor(needed, config.instanceType);
  const bigger = fits === undefined ? "no known type has as many" : `the smallest type that fits is ${fits}`;
  return [
    {
      field: "instanceType",
      value: config.instanceType,
      limit: `${has} IPv4 addresses per interface, but ${needed} are needed (1 primary + ${config.lanesPerZone} lane(s) × ${config.addressesPerLane} address(es)${config.guests ? ` + ${config.lanesPerZone * (config.zones.length - 1)} guest(s)` : ""})`,
      fix: `${bigger}; or use fewer lanesPerZone or addressesPerLane${config.guests ? ", or guests: false" : ""}`,
    },
  ];
}

type Field = keyof EnvironmentConfig;

function ordered(config: EnvironmentConfig, how: "at most" | "less than", low: Field, high: Field): readonly Problem[] {
  const [value, limit] = [config[low] as number, config[high] as number];
  if (how === "at most" ? value <= limit : value < limit) return [];
  return [{ field: low, value, limit: `${how} ${high} (${limit})`, fix: `lower ${low} or raise ${high}` }];
}
