import type { Facts } from "../../../instance/agent/facts";
import type { Snapshot } from "../../../instance/agent/healthz";

export const facts: Facts = {
  readAt: 1_000,
  ruleset: { ok: true, digest: "aa", expected: "aa" },
  sysctls: { ok: true, wrong: [] },
  conntrack: { count: 50, max: 200, insertFailed: 3, drop: 4 },
  counters: { snat_use1_az1_l1: { packets: 5, bytes: 300 }, forward_drop: { packets: 1, bytes: 60 } },
  faults: [],
};
/** A healthy NAT. */
export const snapshot: Snapshot = {
  identity: { instanceId: "i-1", address: "10.0.0.10" },
  zone: "use1-az1",
  bootId: "b",
  now: 2_000,
  date: new Date("2026-11-21T00:00:00Z"),
  lanes: ["use1-az1-l1"],
  facts,
  selfProbe: { summary: { ok: true, consecutiveFailures: 0, lastLatencyMs: 2, lastOkAt: "2026-11-21T00:00:00Z" }, reason: null },
  keyLoaded: true,
  peers: [{ instanceId: "i-2", hearing: "awaited", silentForMs: null, says: null }],
  dropped: { malformed: 1, foreign: 0, forged: 2, replayed: 0 },
  allowances: null,
  loopMaxMs: 6,
  replication: { state: "off" },
};
