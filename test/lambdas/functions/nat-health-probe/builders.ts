import type { Healthz } from "../../../../contract/healthz";
import type { LifecycleRequest } from "../../../../contract/lifecycle";
import type { FailoverMessage } from "../../../../contract/messages";
import type { ProbeResult, ProberResponse } from "../../../../contract/prober";
import type { Services } from "../../../../lambdas/functions/nat-health-probe/handler";
import { NO_MEMORY } from "../../../../lambdas/functions/nat-health-probe/decide";
import { NOTHING_SWEPT } from "../../../../lambdas/functions/nat-health-probe/sweep";
import type { Fleet } from "../../../../lambdas/functions/nat-health-probe/observe";
import type { Dimensions, Log } from "../../../../lambdas/lib/domain/ports";
import { topology } from "../../support/topology";

export const healthz: Healthz = {
  schema: 1,
  instanceId: "i-a",
  zone: "z1",
  bootId: "b1",
  at: "2026-01-01T00:00:00.000Z",
  healthy: true,
  reasons: [],
  ruleset: { ok: true, digest: "d", expected: "d" },
  sysctls: { ok: true, wrong: [] },
  selfProbe: { ok: true, consecutiveFailures: 0, lastLatencyMs: 1, lastOkAt: null },
  heartbeats: { keyLoaded: true, peers: [], dropped: { malformed: 0, foreign: 0, forged: 0, replayed: 0 } },
  conntrack: { count: 0, max: 65536, insertFailed: 0, drop: 0 },
  counters: {},
  replication: { state: "off" },
};

const peer = (zone: string, letter: string, address: string) => ({
  instanceId: `i-${zone}${letter}`,
  name: `${zone}-${letter}`,
  zone,
  address,
  eniId: `eni-${zone}${letter}`,
});

/** Two zones, a lane each; two NATs in z1, one in z2. */
export const healthyFleet: Fleet = {
  topology,
  peers: { schema: 1, peers: [peer("z1", "a", "10.0.0.4"), peer("z1", "b", "10.0.0.5"), peer("z2", "a", "10.0.1.4")] },
};

export const check = (target: string, name: ProbeResult["check"], ok = true, latencyMs = 5): ProbeResult =>
  ok ? { target, check: name, ok, latencyMs } : { target, check: name, ok, latencyMs, error: "timed out" };

export const answer = (zone: string, changes: Partial<ProberResponse> = {}): ProberResponse => ({
  schema: 1,
  lane: `${zone}-l1`,
  zone,
  probe: {
    results: [check("1.1.1.1", "tcp"), check("aws.amazon.com", "dns"), check("aws.amazon.com", "tls", true, 20)],
    publicAddress: "198.51.100.1",
  },
  healthz: healthyFleet.peers.peers.map(({ instanceId }) => ({
    instanceId,
    outcome: "answered",
    healthz: { ...healthz, instanceId },
  })),
  ...changes,
});

export const silentLog: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  with: () => silentLog,
};

/** A world in memory: everything healthy, time passes by sleeping and by 100 ms a prober call. Records what was done. */
export function world(changes: Partial<Services> = {}) {
  const sent: FailoverMessage[] = [];
  const handed: LifecycleRequest[] = [];
  const metrics: { name: string; value: number; dimensions: Dimensions }[] = [];
  const asked: { name: string; request: unknown; deadlineMs: number }[] = [];
  const time = { now: Date.parse("2026-01-01T00:00:01Z"), rounds: 0 };
  const services: Services = {
    settings: {
      env: "test",
      topologyParameter: "/t",
      peersParameter: "/p",
      queueUrl: "https://q",
      lifecycleFunction: "handler",
      launchDeadlineSeconds: 240,
      probeIntervalSeconds: 5,
      probeDeadlineMs: 1_000,
      healthzDeadlineMs: 250,
      breachFailures: 2,
      breachWindow: 3,
    },
    env: "test",
    log: silentLog,
    metrics: {
      put: (name, value, _unit, ...sets) => sets.forEach((dimensions) => metrics.push({ name, value, dimensions })),
    },
    clock: { now: () => new Date(time.now) },
    sleep: async (ms) => {
      time.now += ms;
      time.rounds += 1;
    },
    memory: { current: NO_MEMORY },
    swept: { current: NOTHING_SWEPT },
    readMembers: async () =>
      healthyFleet.peers.peers.map(({ instanceId }) => ({ instanceId, lifecycle: "InService", health: "Healthy" })),
    askHandler: async (request) => void handed.push(request),
    readFleet: async () => healthyFleet,
    askProber: async ({ proberFunction: name }, request, deadlineMs) => {
      asked.push({ name, request, deadlineMs });
      return answer(name.slice("prober-".length));
    },
    readTargetHealth: async () => [{ instanceId: "i-z1a", state: "healthy", reason: "" }],
    send: async (message) => void sent.push(message),
    ...changes,
  };
  const end = time.now + 60_000;
  const invocation = { requestId: "r1", remainingMs: () => end - time.now };
  return { services, invocation, sent, handed, metrics, asked, time };
}
