import type { ReplicationHealth } from "../../contract/healthz";
import { buildHealthz } from "../../instance/agent/healthz";
import { emfDocument } from "../../instance/agent/metrics";
import { snapshot } from "./support/snapshot";

describe("the metrics", () => {
  const now = buildHealthz(snapshot);

  test("ports: their use as it was found, and the refusals of all lanes since the last document", () => {
    const refusing = (first: number, second: number) => ({
      ...now,
      counters: {
        "ports_exhausted_use1-az1-l1": { packets: first, bytes: 0 },
        "ports_exhausted_use1-az2-l1": { packets: second, bytes: 0 },
      },
    });

    const busiest = { protocol: "tcp", address: "10.0.0.20", destination: "203.0.113.10", port: 443, count: 48_384 } as const;
    expect(emfDocument(refusing(5, 7), refusing(1, 2), "test", busiest)).toMatchObject({
      PortsExhausted: 9,
      PortsUsedPercent: 75,
      Busiest: busiest,
    });
    // A ruleset that was loaded anew counts from zero.
    expect(emfDocument(refusing(0, 0), refusing(1, 2), "test", null)).toMatchObject({ PortsExhausted: 0 });
    expect(emfDocument(now, null, "test", null)).not.toHaveProperty("PortsUsedPercent");
  });

  test("counters are what was added since the last document", () => {
    const before = { ...now, conntrack: { ...now.conntrack, insertFailed: 1 } };

    expect(emfDocument(now, before, "test", null)).toMatchObject({
      Env: "test",
      InstanceId: "i-1",
      Zone: "use1-az1",
      ConntrackUsedPercent: 25,
      ConntrackCount: 50,
      ConntrackInsertFailed: 2,
      ConntrackDropped: 0,
      SelfProbeOk: 1,
      SelfProbeLatency: 2,
      PeerPacketsDropped: 0,
    });
    expect(emfDocument(now, null, "test", null)).toMatchObject({ ConntrackInsertFailed: 0, PeerPacketsDropped: 3 });
  });

  test("what the connection table dropped is one number, and its parts are in the line", () => {
    const dropping = (drop: number, earlyDrop: number, chainTooLong: number) => ({
      ...now,
      conntrack: { ...now.conntrack, drop, earlyDrop, chainTooLong },
    });

    expect(emfDocument(dropping(14, 8, 3), dropping(4, 3, 2), "test", null)).toMatchObject({
      ConntrackDropped: 16,
      Parts: { ConntrackDropped: { drop: 10, earlyDrop: 5, chainTooLong: 1 } },
    });
    const before = { ...now, conntrack: { ...now.conntrack, drop: 1 } };
    expect(emfDocument(now, before, "test", null)).toMatchObject({ ConntrackDropped: 3 });
  });

  test("what was not read the last time has added nothing since", () => {
    const unread = buildHealthz({ ...snapshot, facts: null });

    expect(emfDocument(now, unread, "test", null)).toMatchObject({
      ConntrackInsertFailed: 0,
      ConntrackDropped: 0,
      Parts: { Counters: { "snat_use1-az1-l1": 0 } },
    });
  });

  test("packets above an allowance of the instance are one number, by allowance in the line; nothing where nobody counts them", () => {
    const held = (allowances: Readonly<Record<string, number>>) => ({ ...now, allowances });

    expect(emfDocument(held({ bw_in: 7, pps: 3 }), held({ bw_in: 5, pps: 3 }), "test", null)).toMatchObject({
      AllowanceExceeded: 2,
      Parts: { AllowanceExceeded: { bw_in: 2, pps: 0 } },
    });
    expect(emfDocument(held({ bw_in: 7 }), now, "test", null)).toMatchObject({ AllowanceExceeded: 0 });
    expect(emfDocument(now, held({ bw_in: 7 }), "test", null)).not.toHaveProperty("AllowanceExceeded");
  });

  test("each counter of the ruleset is in the line, so what was dropped by which rule can be asked of the logs", () => {
    const before = { ...now, counters: { ...now.counters, forward_drop: { packets: 0, bytes: 0 } } };

    expect(emfDocument(now, before, "test", null)).toMatchObject({ Parts: { Counters: { forward_drop: 1 } } });
  });

  test("replication is reported by whether it is ready, its lag and what was lost since; nothing where there is none", () => {
    const replication: ReplicationHealth = {
      state: "degraded",
      reasons: ["packets of i-2 were lost"],
      announced: 5,
      sent: 5,
      injected: 5,
      refused: 0,
      lost: 7,
      dropped: { malformed: 0, foreign: 0, forged: 0, replayed: 0, otherVersion: 0 },
      sendLagMs: 20,
      injectLagMs: 3,
      restarts: 0,
      loopMaxMs: 4,
      peers: [],
    };
    const behind = { ...now, replication };
    const synced = {
      ...now,
      replication: { ...replication, state: "synced" as const, lost: 4, sendLagMs: null, injectLagMs: null },
    };

    expect(emfDocument(behind, synced, "test", null)).toMatchObject({
      ReplicationReady: 0,
      ReplicationLag: 23,
      ReplicationLost: 3,
    });
    expect(emfDocument(synced, null, "test", null)).toMatchObject({ ReplicationReady: 1 });
    const attacked = { ...behind, replication: { ...replication, dropped: { ...replication.dropped, forged: 5 } } };
    expect(emfDocument(attacked, behind, "test", null)).toMatchObject({
      PeerPacketsDropped: 5,
      Parts: { PeerPacketsDropped: { replicationForged: 5, heartbeatForged: 0 } },
    });
    expect(emfDocument(synced, null, "test", null)).not.toHaveProperty("ReplicationLag");
    expect(emfDocument(now, null, "test", null)).not.toHaveProperty("ReplicationReady");
  });

  test("who hears nobody is ready only when no other NAT is listed", () => {
    const alone = {
      ...now,
      replication: { state: "alone", lost: 0, dropped: {}, sendLagMs: null, injectLagMs: null },
    } as unknown as typeof now;
    const listing = (...peers: (typeof now)["heartbeats"]["peers"]) => ({ ...alone, heartbeats: { ...now.heartbeats, peers } });

    expect(emfDocument(listing(), null, "test", null)).toMatchObject({ ReplicationReady: 1 });
    expect(emfDocument(listing({ instanceId: "i-2", heard: false, silentForMs: 9_000 }), null, "test", null)).toMatchObject({
      ReplicationReady: 0,
    });
  });

  test("the flows that are its own work are told from the copies; where nothing is copied all are its own", () => {
    const carrying = (carried: number | null) =>
      ({
        ...now,
        replication: { state: "synced", lost: 0, dropped: {}, sendLagMs: null, injectLagMs: null, carried },
      }) as unknown as typeof now;

    expect(emfDocument(carrying(20), null, "test", null)).toMatchObject({
      ConntrackUsedPercent: 25,
      ConntrackCarriedPercent: 10,
    });
    expect(emfDocument(carrying(null), null, "test", null)).not.toHaveProperty("ConntrackCarriedPercent");
    expect(emfDocument(now, null, "test", null)).toMatchObject({ ConntrackCarriedPercent: 25 });
  });

  test("what is not known is left out, in the values and in their list", () => {
    const document = emfDocument(buildHealthz({ ...snapshot, facts: null }), null, "test", null);

    expect(document).not.toHaveProperty("ConntrackUsedPercent");
    // NatsSilent listens for this one.
    expect(document).toHaveProperty("SelfProbeOk");
    expect(JSON.stringify(document)).not.toContain("ConntrackUsedPercent");
  });
});
