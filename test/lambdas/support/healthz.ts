import type { Healthz } from "../../../contract/healthz";

/** What decisions read of the answer of `i-a`, which is well. */
export const healthzWith = (difference: Partial<Healthz> = {}): Healthz =>
  ({
    instanceId: "i-a",
    at: "2026-03-01T12:00:00.000Z",
    healthy: true,
    reasons: [],
    replication: { state: "synced", peers: [] },
    ruleset: { ok: true },
    sysctls: { ok: true },
    selfProbe: { consecutiveFailures: 0 },
    ...difference,
  }) as unknown as Healthz;
