import type { ReplicationHealth } from "../../contract/healthz";
import { type Facts, type FactsSources, readFacts, sumConntrackStat } from "../../instance/agent/facts";
import { buildHealthz, FACTS_STALE_MS, localReasons, type Snapshot } from "../../instance/agent/healthz";
import { emfDocument } from "../../instance/agent/metrics";
import { ProbeTally } from "../../instance/agent/probe-state";

const facts: Facts = {
  readAt: 1_000,
  ruleset: { ok: true, digest: "aa", expected: "aa" },
  sysctls: { ok: true, wrong: [] },
  conntrack: { count: 50, max: 200, insertFailed: 3, drop: 4 },
  counters: { snat_use1_az1_l1: { packets: 5, bytes: 300 }, forward_drop: { packets: 1, bytes: 60 } },
  faults: [],
};
const snapshot: Snapshot = {
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
  replication: { state: "off" },
};

describe("healthz", () => {
  test("is healthy without a reason, and counts lanes by their names", () => {
    const { healthy, reasons, counters } = buildHealthz(snapshot);

    expect({ healthy, reasons }).toEqual({ healthy: true, reasons: [] });
    expect(Object.keys(counters)).toEqual(["snat_use1-az1-l1", "forward_drop"]);
  });

  test.each<[string, Partial<Snapshot>, RegExp]>([
    [
      "a changed ruleset",
      { facts: { ...facts, ruleset: { ok: false, digest: "bb", expected: "aa" } } },
      /^ruleset: not as nat-up loaded it/,
    ],
    [
      "a wrong sysctl",
      { facts: { ...facts, sysctls: { ok: false, wrong: ["x is 0, must be 1"] } } },
      /^sysctls: x is 0, must be 1$/,
    ],
    [
      "a reader that failed",
      { facts: { ...facts, ruleset: { ok: false, digest: "", expected: "" }, faults: ["ruleset cannot be read: x"] } },
      /^ruleset cannot be read: x$/,
    ],
    ["facts never read", { facts: null }, /^facts: not read yet$/],
    ["old facts", { now: 1_001 + FACTS_STALE_MS }, /^facts: last read 10001 ms ago/],
    ["a failing self-probe", { selfProbe: { ...snapshot.selfProbe, reason: "self-probe: x" } }, /^self-probe: x$/],
  ])("with %s says so in one sentence", (_, change, words) => {
    const { healthy, reasons } = buildHealthz({ ...snapshot, ...change });

    expect(healthy).toBe(false);
    expect(reasons).toEqual([expect.stringMatching(words)]);
  });

  test("livez does not ask the self-probe: the internet's fault is not this machine's", () => {
    expect(localReasons(facts, 2_000)).toEqual([]);
  });
});

describe("the self-probe's tally", () => {
  const tally = () => new ProbeTally({ missThreshold: 3, staleMs: 2_000 });
  const miss = { ok: false, ms: 100, target: "t", error: "no connection in 100 ms" };

  test("fails after three misses in a row, not after three misses", () => {
    const probe = tally();
    for (const line of [miss, miss, { ok: true, ms: 1, target: "t" }, miss, miss]) probe.add(line, 0, new Date());
    expect(probe.state(0, false)).toBe("ok");

    probe.add(miss, 0, new Date());

    expect(probe.state(0, false)).toBe("failed");
    expect(probe.reason(0, false)).toBe('self-probe: 3 new connections in a row failed, the last with "no connection in 100 ms"');
  });

  test("knows nothing without a line, however many failed before", () => {
    const probe = tally();
    expect(probe.state(0, false)).toBe("unknown");
    for (const line of [miss, miss, miss]) probe.add(line, 0, new Date());

    expect(probe.state(2_000, false)).toBe("unknown");
    expect(probe.summary(2_000, false).ok).toBe(false);
  });

  test("counts from nothing after a restart of the probe", () => {
    const probe = tally();
    for (const line of [miss, miss]) probe.add(line, 0, new Date());
    probe.restart();
    probe.add(miss, 0, new Date());

    expect(probe.state(0, false)).toBe("ok");
  });

  test("is well since it first succeeded after it last failed; single misses do not count", () => {
    const probe = tally();
    const good = { ok: true, ms: 1, target: "t" };
    const wellSince = () => probe.summary(0, false).wellSince;
    expect(wellSince()).toBeNull();
    [good, miss, miss, good].forEach((line, second) => probe.add(line, 0, new Date(second * 1000)));
    expect(wellSince()).toBe("1970-01-01T00:00:00.000Z");

    [miss, miss, miss].forEach((line, second) => probe.add(line, 0, new Date(4000 + second * 1000)));
    expect(wellSince()).toBeNull();

    [good, good].forEach((line, second) => probe.add(line, 0, new Date(7000 + second * 1000)));
    expect(wellSince()).toBe("1970-01-01T00:00:07.000Z");
  });

  test("with a fault of the machine itself fails by one connection that is late, until one succeeds", () => {
    const probe = tally();
    const good = { ok: true, ms: 1, target: "t" };
    probe.add(good, 0, new Date());
    expect(probe.state(0, true)).toBe("ok");

    probe.addLate();
    expect([probe.state(0, false), probe.state(0, true)]).toEqual(["ok", "failed"]);
    expect(probe.summary(0, true).ok).toBe(false);
    expect(probe.reason(0, true)).toBe("self-probe: a new connection is late");

    probe.add(miss, 0, new Date());
    expect([probe.state(0, false), probe.state(0, true)]).toEqual(["ok", "failed"]);

    probe.add(good, 0, new Date());
    expect(probe.state(0, true)).toBe("ok");
    expect(probe.reason(0, true)).toBeNull();
  });
});

describe("the facts", () => {
  const files: Record<string, string> = {
    "/run/ha-nat/ruleset.sha256": "f1b2f662800122bed0ff255693df89c4487fbdcf453d3524a42d4ec20c3d9c04\n",
    "/run/ha-nat/sysctls": "net/ipv4/ip_forward=1\nnet/x=2\n",
    "/proc/sys/net/ipv4/ip_forward": "1\n",
    "/proc/sys/net/netfilter/nf_conntrack_count": "5\n",
    "/proc/sys/net/netfilter/nf_conntrack_max": "100\n",
    "/proc/net/stat/nf_conntrack": "entries  insert_failed drop\n00000005  0000000a 00000001\n00000005  00000001 00000001\n",
  };
  const sources: FactsSources = {
    listing: async () => 'table ip ha_nat {\n\tcounter c {\n\t\tcomment "of x"\n\t\tpackets 1 bytes 2\n\t}\n}\n',
    read: (path) => {
      const text = files[path];
      if (text === undefined) throw new Error(`ENOENT ${path}`);
      return text;
    },
    runDir: "/run/ha-nat",
    now: () => 7,
  };

  test("are what the kernel says, an absent sysctl included", async () => {
    expect(await readFacts(sources)).toEqual({
      readAt: 7,
      ruleset: expect.objectContaining({ expected: "f1b2f662800122bed0ff255693df89c4487fbdcf453d3524a42d4ec20c3d9c04" }),
      sysctls: { ok: false, wrong: ["net/x is absent, must be 2"] },
      conntrack: { count: 5, max: 100, insertFailed: 11, drop: 2 },
      counters: { c: { packets: 1, bytes: 2 } },
      faults: [],
    });
  });

  test("a reader that fails is a fault in words, never a good answer", async () => {
    const read = await readFacts({ ...sources, listing: () => Promise.reject(new Error("nft: Operation not permitted")) });

    expect(read.ruleset.ok).toBe(false);
    expect(read.faults).toEqual(["ruleset cannot be read: nft: Operation not permitted"]);
  });

  test("counters that move do not change the digest, rules that move do", async () => {
    const digestOf = async (change: (text: string) => string) => {
      const text = change(await sources.listing());
      return (await readFacts({ ...sources, listing: async () => text })).ruleset.digest;
    };
    const digest = await digestOf((text) => text);

    expect(await digestOf((text) => text.replace("packets 1 bytes 2", "packets 100 bytes 20000"))).toBe(digest);
    expect(await digestOf((text) => text.replace("of x", "of y"))).not.toBe(digest);
  });

  test("a kernel that counts otherwise is an error, not a zero", () => {
    expect(() => sumConntrackStat("entries drop\n0 0\n")).toThrow("no column insert_failed");
  });
});

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

    expect(emfDocument(refusing(5, 7), refusing(1, 2), "test", 81)).toMatchObject({ PortsExhausted: 9, PortsUsedPercent: 81 });
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
      SelfProbeOk: 1,
      SelfProbeLatency: 2,
      HeartbeatsDropped: 0,
    });
    expect(emfDocument(now, null, "test", null)).toMatchObject({ ConntrackInsertFailed: 0, HeartbeatsDropped: 3 });
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
    expect(emfDocument(synced, null, "test", null)).not.toHaveProperty("ReplicationLag");
    expect(emfDocument(now, null, "test", null)).not.toHaveProperty("ReplicationReady");
  });

  test("who hears nobody is ready only when no other NAT is listed", () => {
    const alone = {
      ...now,
      replication: { state: "alone", lost: 0, sendLagMs: null, injectLagMs: null },
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
        replication: { state: "synced", lost: 0, sendLagMs: null, injectLagMs: null, carried },
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
