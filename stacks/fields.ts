/** Every field of an environment's configuration: what is allowed, and what to do otherwise. What it does: field-words.ts. */
import * as z from "zod";
import { parseAddress, parseCidr } from "../modules/network/cidr";
import { IPV4_SLOTS } from "../modules/network/instance-slots";

/** A field's schema with the words for its error. */
export interface Field<S extends z.ZodType = z.ZodType> {
  readonly schema: S;
  readonly limit: string;
  readonly fix: string;
}

const field = <S extends z.ZodType>(schema: S, limit: string, fix: string): Field<S> => ({ schema, limit, fix });

const whole = (min: number, max: number, name: string) =>
  field(z.number().int().min(min).max(max), `a whole number from ${min} to ${max}`, `set ${name} between ${min} and ${max}`);

const wholeOr = (min: number, max: number, name: string, otherwise: number) => {
  const { schema, ...words } = whole(min, max, name);
  return { ...words, schema: schema.default(otherwise) };
};

const cidr = z.string().refine((text) => parseCidr(text) !== undefined);
const hostPort = z.string().refine((text) => {
  const [address, port, rest] = text.split(":");
  return rest === undefined && parseAddress(address ?? "") !== undefined && Number(port) > 0 && Number(port) < 65536;
});

/** What CloudWatch Logs accepts as retention, in days. */
export const LOG_RETENTION_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
] as const;

export const FIELDS = {
  env: field(
    z.string().regex(/^[a-z][a-z0-9]{1,7}$/),
    "2 to 8 lower-case letters and digits, a letter first",
    "choose a short name like prod",
  ),
  region: field(z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/), "an AWS region", "write it like us-east-1"),
  accountId: field(z.string().regex(/^\d{12}$/), "12 digits", "copy it from `aws sts get-caller-identity`"),
  zones: field(
    z
      .array(z.string().regex(/^[a-z]{3,5}\d-az\d$/))
      .min(2)
      .max(4),
    "2 to 4 AZ IDs like use1-az1 (not zone names like us-east-1a)",
    "list at least two AZ IDs from `aws ec2 describe-availability-zones`",
  ),
  vpcCidr: field(cidr, "an IPv4 network without host bits", "write it like 10.0.0.0/16"),
  connectedCidrs: field(z.array(cidr).default([]), "IPv4 networks without host bits", "write each like 10.1.0.0/16"),
  publicPrefix: wholeOr(16, 28, "publicPrefix", 26),
  privatePrefix: wholeOr(16, 28, "privatePrefix", 20),
  lanesPerZone: wholeOr(1, 4, "lanesPerZone", 1),
  addressesPerLane: wholeOr(1, 8, "addressesPerLane", 1),
  guests: field(z.boolean().default(true), "true or false", "set guests: false to give up the public address at zone loss"),
  replicate: field(
    z.enum(["all", "long-lived", "off"]).default("all"),
    "all, long-lived or off",
    "choose one of them; what each costs is in docs/decisions",
  ),
  replicateTo: field(
    z.enum(["zone", "fleet"]).default("fleet"),
    "zone or fleet",
    "choose one of them; what each costs is in docs/decisions",
  ),
  addressSelection: field(z.enum(["client", "flow"]).default("client"), "client or flow", "choose one of them"),
  natsPerZoneMin: whole(1, 4, "natsPerZoneMin"),
  natsPerZoneMax: whole(1, 4, "natsPerZoneMax"),
  scaleAtMbps: field(
    z.number().int().min(1).max(200_000).default(300),
    "a whole number from 1 to 200000: Mbit/s that a NAT sends on average when a zone has as many as it needs",
    "take 60 % of the instance type's baseline bandwidth (c7g.medium: 520 Mbit/s)",
  ),
  scaleAtConntrackPercent: field(
    z.number().int().min(1).max(90).default(50),
    "a whole number from 1 to 90: percent of a NAT's connection table that its own lanes' flows take on average, likewise",
    "leave room for the copies of the other NATs' flows, and for a crowd",
  ),
  instanceType: field(
    z.string().refine((type) => type in IPV4_SLOTS),
    `one of ${Object.keys(IPV4_SLOTS).join(", ")}`,
    "choose one of these arm64 types, or add yours with its IPv4 addresses per interface to modules/network/instance-slots.ts",
  ),
  imageId: field(
    z
      .string()
      .regex(/^(ami-[0-9a-f]{8,17}|resolve:ssm:\/\S+)$/)
      .default("resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64"),
    "ami-… or resolve:ssm:/path",
    "give the ID of an arm64 image or the parameter that holds it",
  ),
  steering: field(z.enum(["nlb", "eip"]).default("nlb"), "nlb or eip", "eip saves the load balancer and its second opinion"),
  /**
   * A NAT Gateway per zone, where lanes go when no NAT is healthy anywhere. About $33 a month each, used or not, and $0.045 a GB when used;
   * its public address is its own, so connections are cut and the address changes, there and back.
   */
  lastResort: field(
    z.enum(["none", "nat-gateway"]).default("none"),
    "none or nat-gateway (one per zone: $33 a month each and $0.045 a GB; connections are cut and the public address changes)",
    "none holds lanes where they are while no NAT is healthy; docs/decisions has what nat-gateway costs",
  ),
  securityGroup: field(
    z.enum(["untracked", "strict"]).default("untracked"),
    "untracked or strict",
    "strict does not promise that connections survive",
  ),
  probeTargets: field(
    z
      .array(z.string().regex(/^[a-z0-9.-]{4,253}$/))
      .min(2)
      .default(["1.1.1.1", "aws.amazon.com"]),
    "at least 2 names or IPv4 addresses",
    "add a second target, run by someone else than the first",
  ),
  selfProbeTargets: field(
    z.array(hostPort).min(2).default(["1.1.1.1:443", "8.8.8.8:443"]),
    "at least 2 of the form IPv4:port",
    "add a second target like 8.8.8.8:443",
  ),
  probeIntervalSeconds: wholeOr(2, 30, "probeIntervalSeconds", 10),
  probeDeadlineMs: wholeOr(250, 10_000, "probeDeadlineMs", 2000),
  breachFailures: wholeOr(1, 10, "breachFailures", 2),
  breachWindow: wholeOr(1, 10, "breachWindow", 3),
  cooldownSeconds: wholeOr(10, 3600, "cooldownSeconds", 60),
  returnAfterSeconds: wholeOr(5, 86_400, "returnAfterSeconds", 300),
  settleMs: wholeOr(0, 3000, "settleMs", 2000),
  healthzDeadlineMs: wholeOr(50, 2000, "healthzDeadlineMs", 250),
  launchDeadlineSeconds: wholeOr(30, 290, "launchDeadlineSeconds", 240),
  logRetentionDays: field(
    z.literal([...LOG_RETENTION_DAYS]).default(30),
    `what CloudWatch Logs accepts: ${LOG_RETENTION_DAYS.join(", ")} days`,
    "choose the next larger of these",
  ),
  flowLogGlacierAfterDays: wholeOr(1, 3650, "flowLogGlacierAfterDays", 90),
  flowLogExpireAfterDays: wholeOr(2, 3650, "flowLogExpireAfterDays", 400),
  alertEmails: field(z.array(z.email()).default([]), "e-mail addresses", "write each like oncall@example.com"),
  tags: field(z.record(z.string(), z.string()).default({}), "text by tag key", 'write it like { CostCentre: "42" }'),
} as const;

type Fields = typeof FIELDS;
type Optional = { [K in keyof Fields]: undefined extends z.input<Fields[K]["schema"]> ? K : never }[keyof Fields];

/** What `environments.ts` writes down: fields with a default may be left out. */
export type EnvironmentInput = { readonly [K in Exclude<keyof Fields, Optional>]: z.input<Fields[K]["schema"]> } & {
  readonly [K in Optional]?: z.input<Fields[K]["schema"]>;
};

/** What the modules read: complete and checked. */
export type EnvironmentConfig = { readonly [K in keyof Fields]: z.output<Fields[K]["schema"]> };
