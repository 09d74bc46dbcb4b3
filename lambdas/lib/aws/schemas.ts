import { en } from "zod/locales";
import * as z from "zod/mini";
import type { Healthz, ReplicationHealth } from "../../../contract/healthz";
import { LEAVE_CAUSES } from "../../../contract/parameters";
import type { FleetRecord, Peers, Topology } from "../../../contract/parameters";
import type { ProberResponse } from "../../../contract/prober";

/** A schema whose output is a contract type: the compiler notices when one of the two changes alone. */
export type Schema<T> = z.ZodMiniType<T>;

/** Without it, Zod Mini says "Invalid input" of every fault; with it, what was expected and what was found. */
z.config(en());

/** Of every document. One of a newer release is not read by halves: its other fields may mean something else. */
const schemaVersion = z.literal(1, {
  error: ({ input }) =>
    `is ${JSON.stringify(input) ?? "missing"}, must be 1; deploy this function from the release that wrote it`,
});
const text = z.string().check(z.minLength(1));
const count = z.number();
export const isoTime = z.string().check(z.refine((value) => !Number.isNaN(Date.parse(value)), "must be an ISO time"));

export const topologySchema: Schema<Topology> = z.object({
  schema: schemaVersion,
  env: text,
  region: text,
  vpcId: text,
  zones: z.record(z.string(), z.object({ asgName: text, publicSubnetId: text })),
  lanes: z.array(
    z.object({
      lane: text,
      zone: text,
      routeTableId: text,
      addresses: z.array(z.object({ allocationId: text, publicIp: text, floating: text })).check(z.minLength(1)),
      guests: z.record(z.string(), text),
      proberFunction: text,
      lastResort: z.exactOptional(z.object({ natGatewayId: text, publicIp: text })),
    }),
  ),
  targetGroupArn: z.exactOptional(text),
  guarded: z.exactOptional(
    z.object({
      networkAcl: z.object({
        networkAclId: text,
        entries: z.array(
          z.object({
            number: count,
            egress: z.boolean(),
            protocol: text,
            action: z.enum(["allow", "deny"]),
            cidr: text,
            ports: z.exactOptional(z.object({ from: count, to: count })),
          }),
        ),
      }),
      securityGroup: z.object({ ingress: z.array(text), egress: z.array(text) }),
    }),
  ),
});

export const peersSchema: Schema<Peers> = z.object({
  schema: schemaVersion,
  peers: z.array(z.object({ instanceId: text, name: text, zone: text, address: text, eniId: text })),
});

const said = {
  at: isoTime,
  because: z.enum(LEAVE_CAUSES),
  force: z.boolean(),
  by: z.enum(["nat", "operator", "control-plane"]),
};

export const fleetRecordSchema: Schema<FleetRecord> = z.object({
  schema: schemaVersion,
  updatedAt: isoTime,
  lanes: z.record(
    z.string(),
    z.object({
      servedBy: z.nullable(text),
      movedAt: z.nullable(isoTime),
      homeHealthySince: z.nullable(isoTime),
      mendedAt: z.exactOptional(isoTime),
    }),
  ),
  marks: z.record(z.string(), z.object({ instanceId: text, at: isoTime })),
  brokenSince: z.exactOptional(z.record(z.string(), isoTime)),
  leaving: z.exactOptional(z.record(z.string(), isoTime)),
  refusals: z.exactOptional(z.record(z.string(), z.object({ at: isoTime, because: z.string() }))),
  notices: z.exactOptional(
    z.record(z.string(), z.object({ ...said, bootId: z.exactOptional(text), lasting: z.exactOptional(z.object(said)) })),
  ),
  hold: z.exactOptional(z.object({ until: isoTime, by: z.string(), because: z.string() })),
});

const replicationSchema: Schema<ReplicationHealth> = z.object({
  state: z.enum(["alone", "syncing", "synced", "degraded"]),
  reasons: z.array(z.string()),
  announced: count,
  sent: count,
  injected: count,
  refused: count,
  lost: count,
  dropped: z.object({ malformed: count, foreign: count, forged: count, replayed: count, otherVersion: count }),
  sendLagMs: z.nullable(count),
  injectLagMs: z.nullable(count),
  restarts: count,
  loopMaxMs: z.nullable(count),
  peers: z.array(
    z.object({ instanceId: text, synced: z.boolean(), flows: z.nullable(count), sweptSecondsAgo: z.nullable(count) }),
  ),
});

export const healthzSchema: Schema<Healthz> = z.object({
  schema: schemaVersion,
  instanceId: text,
  zone: text,
  bootId: text,
  at: isoTime,
  healthy: z.boolean(),
  reasons: z.array(z.string()),
  ruleset: z.object({ ok: z.boolean(), digest: z.string(), expected: z.string() }),
  sysctls: z.object({ ok: z.boolean(), wrong: z.array(z.string()) }),
  selfProbe: z.object({
    ok: z.boolean(),
    consecutiveFailures: count,
    lastLatencyMs: z.nullable(count),
    lastOkAt: z.nullable(isoTime),
    wellSince: z.exactOptional(z.nullable(isoTime)),
  }),
  heartbeats: z.object({
    keyLoaded: z.boolean(),
    peers: z.array(z.object({ instanceId: text, heard: z.boolean(), silentForMs: z.nullable(count) })),
    dropped: z.object({ malformed: count, foreign: count, forged: count, replayed: count }),
  }),
  conntrack: z.object({ count, max: count, insertFailed: count, drop: count }),
  counters: z.record(z.string(), z.object({ packets: count, bytes: count })),
  replication: z.union([z.object({ state: z.literal("off") }), replicationSchema]),
});

export const proberResponseSchema: Schema<ProberResponse> = z.object({
  schema: schemaVersion,
  lane: text,
  zone: text,
  probe: z.exactOptional(
    z.object({
      results: z.array(
        z.object({
          target: text,
          check: z.enum(["dns", "tcp", "tls"]),
          ok: z.boolean(),
          latencyMs: count,
          error: z.exactOptional(z.string()),
        }),
      ),
      publicAddress: z.nullable(text),
    }),
  ),
  healthz: z.exactOptional(
    z.array(
      z.discriminatedUnion("outcome", [
        z.object({ instanceId: text, outcome: z.literal("answered"), healthz: healthzSchema }),
        z.object({ instanceId: text, outcome: z.enum(["timeout", "refused", "malformed"]), error: z.string() }),
      ]),
    ),
  ),
});

/** A document that is there and cannot be believed. It is the same when it is read again, unlike a read that failed. */
export class MalformedDocument extends Error {}

/**
 * Parses JSON text against a schema.
 * @param what names the document in the error, e.g. `parameter /ha-nat/prod/peers`.
 * @throws MalformedDocument naming the document and every field that is wrong.
 */
export function parseDocument<T>(what: string, json: string, schema: Schema<T>): T {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw new MalformedDocument(`${what} must be JSON, got ${JSON.stringify(json.slice(0, 60))}`, { cause: error });
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new MalformedDocument(`${what} is not as agreed: ${faultsOf("document", result.error)}`);
}

/** @param whole stands for the value itself where no field of it is at fault. */
export function faultsOf(whole: string, { issues }: z.core.$ZodError): string {
  return issues.map(({ path, message }) => `${path.join(".") || whole}: ${message}`).join("; ");
}
