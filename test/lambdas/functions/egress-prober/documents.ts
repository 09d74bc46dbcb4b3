import type { Healthz } from "../../../../contract/healthz";

export const healthyDocument: Healthz = {
  schema: 1,
  instanceId: "i-a",
  zone: "use1-az1",
  bootId: "b1",
  at: "2026-01-01T00:00:00.000Z",
  healthy: true,
  reasons: [],
  ruleset: { ok: true, digest: "d", expected: "d" },
  sysctls: { ok: true, wrong: [] },
  selfProbe: { ok: true, consecutiveFailures: 0, lastLatencyMs: 1.5, lastOkAt: "2026-01-01T00:00:00.000Z" },
  heartbeats: { keyLoaded: true, peers: [], dropped: { malformed: 0, foreign: 0, forged: 0, replayed: 0 } },
  conntrack: { count: 0, max: 65536, insertFailed: 0, drop: 0 },
  counters: { "snat_use1-az1-l1": { packets: 1, bytes: 60 } },
  replication: { state: "off" },
};
