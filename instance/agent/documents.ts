import * as z from "zod/mini";
import type { NatConfig } from "../../contract/nat-config";
import type { FleetRecord, HeartbeatKeys, Peers } from "../../contract/parameters";
import type { LeaveRequest } from "./leaving";

/** A document of ours that cannot be used: every fault with its field, value and limit. */
export class DocumentError extends Error {
  override readonly name = "DocumentError";
}

const text = z.string("must be a text").check(z.minLength(1, "must not be empty"));
const address = z.string("must be an IPv4 address").check(z.regex(/^\d{1,3}(\.\d{1,3}){3}$/, "must be an IPv4 address"));
const prefix = z.string("must be an IPv4 prefix").check(z.regex(/^\d{1,3}(\.\d{1,3}){3}\/\d{1,2}$/, "must be an IPv4 prefix"));
const some = <T extends z.ZodMiniType>(item: T, least: number) =>
  z.array(item, "must be a list").check(z.minLength(least, `must have at least ${least}`));
const whole = (low: number, high: number) => {
  const limit = `must be a whole number from ${low} to ${high}`;
  return z.int(limit).check(z.gte(low, limit), z.lte(high, limit));
};

const natConfig = z.object({
  schema: z.literal(1, "must be 1, the only schema this payload reads"),
  env: text,
  region: text,
  zone: text,
  vpcCidrs: some(prefix, 1),
  healthSourceCidrs: some(prefix, 1),
  lanes: some(
    z.object({
      lane: text,
      home: z.boolean(),
      homeZone: text,
      clientCidrs: some(prefix, 1),
      addresses: some(address, 1),
      addressesByZone: z.record(z.string(), some(address, 1), "must name the lane's addresses per zone"),
    }),
    1,
  ),
  addressSelection: z.enum(["client", "flow"], 'must be "client" or "flow"'),
  queueUrl: z.string("must be a URL").check(z.regex(/^https?:\/\/\S+$/, "must be a URL")),
  peersParameter: text,
  heartbeatKeyParameter: text,
  stateParameter: text,
  selfProbeTargets: some(z.object({ address, port: whole(1, 65535) }), 2),
  timing: z.object({
    heartbeatIntervalMs: whole(20, 10_000),
    selfProbeIntervalMs: whole(20, 10_000),
    selfProbeTimeoutMs: whole(20, 10_000),
    missThreshold: whole(1, 100),
    observerBackoffMs: whole(0, 60_000),
    peersRefreshMs: whole(100, 600_000),
  }),
  replication: z.object({
    flows: z.enum(["all", "long-lived", "off"], 'must be "all", "long-lived" or "off"'),
    scope: z.enum(["zone", "fleet"], 'must be "zone" or "fleet"'),
  }),
});

const peers = z.object({
  schema: z.literal(1, "must be 1"),
  peers: z.array(z.object({ instanceId: text, name: text, zone: text, address, eniId: text }), "must be a list"),
});

const key = z.string("must be a text").check(z.regex(/^[A-Za-z0-9+/]{43}=$/, "must be 32 bytes in base64"));
const heartbeatKeys = z.object({ schema: z.literal(1, "must be 1"), current: key, previous: z.optional(key) });

/** What a NAT needs of the `state` parameter: who serves which lane since when, and what became of its wish to leave. */
export type FleetStanding = Pick<FleetRecord, "refusals" | "leaving"> & {
  readonly lanes: Readonly<Record<string, Pick<FleetRecord["lanes"][string], "servedBy" | "movedAt">>>;
};

const fleetStanding = z.object({
  schema: z.literal(1, "must be 1"),
  lanes: z.record(z.string(), z.object({ servedBy: z.nullable(text), movedAt: z.nullable(text) }), "must name the lanes"),
  leaving: z.exactOptional(z.record(z.string(), text)),
  refusals: z.exactOptional(z.record(z.string(), z.object({ at: text, because: text }))),
});

const leaveRequest = z.object({
  schema: z.literal(1, "must be 1"),
  id: text,
  because: z.enum(["drain", "shutdown"], 'must be "drain" or "shutdown"'),
  force: z.boolean("must be true or false"),
  until: whole(0, Number.MAX_SAFE_INTEGER),
});

export function parseNatConfig(json: string): NatConfig {
  return parse("nat.json", natConfig, json);
}

export function parsePeers(json: string): Peers {
  return parse("peers", peers, json);
}

export function parseFleetStanding(json: string): FleetStanding {
  return parse("state", fleetStanding, json);
}

export function parseLeaveRequest(json: string): LeaveRequest {
  return parse("leave.json", leaveRequest, json);
}

/** The keys' values never reach an error. */
export function parseHeartbeatKeys(json: string): HeartbeatKeys {
  const { schema, current, previous } = parse("heartbeat-key", heartbeatKeys, json, () => "(not shown)");
  return previous === undefined ? { schema, current } : { schema, current, previous };
}

function parse<T>(what: string, schema: z.ZodMiniType<T>, json: string, show = shown): T {
  let document: unknown;
  try {
    document = JSON.parse(json);
  } catch {
    throw new DocumentError(`${what} is not JSON: ${json.length} characters`);
  }
  const result = schema.safeParse(document);
  if (result.success) return result.data;
  throw new DocumentError(
    result.error.issues
      .map(({ path, message }) => `${what}: ${path.join(".") || "document"} is ${show(at(document, path))}; ${message}`)
      .join("\n"),
  );
}

function at(document: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, step) => (typeof value === "object" && value !== null ? (value as Record<PropertyKey, unknown>)[step] : undefined),
    document,
  );
}

function shown(value: unknown): string {
  return value === undefined ? "missing" : JSON.stringify(value).slice(0, 80);
}
