import { type FactsSources, readFacts, sumConntrackStat } from "../../instance/agent/facts";
import { buildHealthz, FACTS_STALE_MS, localReasons, type Snapshot } from "../../instance/agent/healthz";
import { ProbeTally } from "../../instance/agent/probe-state";
import { facts, snapshot } from "./support/snapshot";

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

  test("says how long the agent's own thread was held, beside its replicator's, and what EC2 held back where it counts", () => {
    expect(buildHealthz(snapshot)).toMatchObject({ loopMaxMs: 6 });
    expect(buildHealthz(snapshot)).not.toHaveProperty("allowances");
    expect(buildHealthz({ ...snapshot, allowances: { pps: 1 } })).toMatchObject({ allowances: { pps: 1 } });
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
    "/proc/net/stat/nf_conntrack":
      "entries  chainlength insert_failed drop early_drop\n00000005  00000003 0000000a 00000001 00000004\n00000005  00000000 00000001 00000001 0000000c\n",
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
      conntrack: { count: 5, max: 100, insertFailed: 11, drop: 2, earlyDrop: 16, chainTooLong: 3 },
      counters: { c: { packets: 1, bytes: 2 } },
      faults: [],
    });
  });

  test("a reader that fails is a fault in words, never a good answer", async () => {
    const read = await readFacts({ ...sources, listing: () => Promise.reject(new Error("nft: Operation not permitted")) });

    expect(read.ruleset.ok).toBe(false);
    expect(read.faults).toEqual(["ruleset cannot be read: nft: Operation not permitted"]);
  });

  test.each([
    ["without that file has no such counts, and is no fault", "ENOENT", []],
    ["that does not let it be read is one", "EACCES", ["conntrack cannot be read: EACCES: open '/proc/net/stat/nf_conntrack'"]],
  ])("a kernel %s", async (_what, code, faults) => {
    const read = (path: string) => {
      if (path !== "/proc/net/stat/nf_conntrack") return sources.read(path);
      throw Object.assign(new Error(`${code}: open '${path}'`), { code });
    };

    const found = await readFacts({ ...sources, read });

    expect(found.faults).toEqual(faults);
    expect(found.conntrack).toEqual({
      ...(code === "ENOENT" ? { count: 5, max: 100 } : { count: 0, max: 0 }),
      insertFailed: 0,
      drop: 0,
    });
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
    // Before 5.15, long chains were neither refused nor counted.
    expect(sumConntrackStat("delete_list insert_failed drop early_drop\n0 1 2 3\n")).not.toHaveProperty("chainTooLong");
  });
});
