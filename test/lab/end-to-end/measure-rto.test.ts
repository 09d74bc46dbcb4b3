import { isDeep, unlessDeep } from "../../support/deep";
import { keepUp, lab, run } from "./lab";

/**
 * scripts/measure_rto.sh as it runs on AWS: an instance behind the lane, commanded through its own NAT, measures connections to a
 * server on the internet while the lane moves.
 */
interface Distribution {
  readonly n: number;
  readonly p50: number | null;
  readonly worst: number | null;
}
interface Measured {
  readonly ok: boolean;
  readonly cases: readonly {
    readonly case: string;
    readonly moves: number;
    readonly failed: readonly string[];
    readonly flows: readonly { kind: string; opened: number; survived: number; stallMs: Distribution }[];
    readonly remapMs: Readonly<Record<"routeApi" | "addressApi" | "routePacket", Distribution>>;
    readonly newConnections: { readonly publicAddresses: readonly string[] };
  }[];
  readonly assumptions: readonly { readonly id: string; readonly verdict: string; readonly seen: string }[];
  readonly runs: readonly { readonly probe: { readonly nats: readonly { readonly instanceId: string }[] } }[];
}

const LANE = "use1-az1-l1";
/** `push` has connections of both kinds; `handover` is the same with more of one. */
const CASES = isDeep ? ["handover", "push"] : ["push"];

async function measure(...args: readonly string[]): Promise<{ readonly code: number; readonly report: Measured }> {
  const { code, stdout, stderr } = await run("scripts/measure_rto.sh", ["lab", "--json", "--lane", LANE, ...args], {
    HA_NAT_LAB_ENV: "prod",
  });
  if (stdout === "") throw new Error(`measure_rto.sh ended with ${code}: ${stderr}`);
  return { code, report: JSON.parse(stdout) as Measured };
}

const verdicts = ({ assumptions }: Measured): Readonly<Record<string, string>> =>
  Object.fromEntries(assumptions.map(({ id, verdict }) => [id, verdict]));

const lineOf = ({ assumptions }: Measured, wanted: string): string | undefined =>
  assumptions.find(({ id }) => id === wanted)?.seen;

/** Nothing is lost or left out: every connection, under the same public address, and every change of route and address. */
function expectSurvivalAndRemaps({ cases }: Measured, remaps: readonly number[]): void {
  for (const { flows, remapMs, newConnections } of cases) {
    for (const { kind, opened, survived, stallMs } of flows) {
      expect({ kind, survived }).toEqual({ kind, survived: opened });
      expect(opened).toBeGreaterThan(0);
      // Messages come every 50 ms: a silence cannot be shorter, and nothing that survived was silent for longer than the wait.
      expect(stallMs.p50).toBeGreaterThanOrEqual(45);
      expect(stallMs.worst).toBeLessThan(20_000);
    }
    expect([remapMs.routeApi.n, remapMs.addressApi.n, remapMs.routePacket.n]).toEqual(remaps);
    expect(newConnections.publicAddresses).toHaveLength(1);
  }
}

/** What a security group that tracks connections does at each interface: packets from outside pass when the interface saw the flow leave. */
const TRACKED_GROUP = `table ip tracked_group {
  set seen { type ifname . ipv4_addr . ipv4_addr . inet_proto . inet_service . inet_service; flags dynamic; size 65535; timeout 10m; }
  chain forward {
    type filter hook forward priority 10; policy accept;
    oifname "igw" meta l4proto { tcp, udp } update @seen { iifname . ip saddr . ip daddr . meta l4proto . th sport . th dport }
    iifname "igw" meta l4proto { tcp, udp } oifname . ip daddr . ip saddr . meta l4proto . th dport . th sport != @seen drop
  }
}`;

describe("measure_rto.sh in prod in the lab", () => {
  keepUp("prod");

  test("there and back every connection survives, and stalls and remaps are seen in packets", async () => {
    const { code, report } = await measure(...CASES.flatMap((name) => ["--case", name]));

    expect(report.cases.map((each) => ({ case: each.case, moves: each.moves, failed: each.failed }))).toEqual(
      CASES.map((name) => ({ case: name, moves: 2, failed: [] })),
    );
    expectSurvivalAndRemaps(report, [2, 2, 2]);
    // Each probe saw its packets change from one NAT to another, by what the NATs themselves answered.
    expect(report.runs.map(({ probe }) => new Set(probe.nats.map(({ instanceId }) => instanceId)).size)).toEqual(
      CASES.flatMap(() => [2, 2]),
    );
    expect(verdicts(report)).toMatchObject({ A1: "held", A3: "held", A4: "held", A5: "not tested", A6: "not tested" });
    expect(report.assumptions.filter(({ verdict }) => verdict === "not held")).toEqual([]);
    expect({ code, ok: report.ok }).toEqual({ code: 0, ok: true });
  }, 240_000);

  // Other halves of the time; what is made of their measurements is tested in evaluate.test.ts.
  const deep = isDeep ? test : test.skip;
  deep(
    `zone: to another zone, the Elastic IP with it, and back, every connection survives${unlessDeep}`,
    async () => {
      const { code, report } = await measure("--case", "zone");

      expect(report.cases).toMatchObject([{ case: "zone", moves: 2, failed: [] }]);
      expectSurvivalAndRemaps(report, [2, 2, 2]);
      expect(verdicts(report)).toMatchObject({ A1: "not tested", A2: "held", A3: "not tested", A4: "held", A5: "held" });
      expect(lineOf(report, "A5")).toMatch(/^2 moves between zones, address .* of 2, public address the same$/);
      expect({ code, ok: report.ok }).toEqual({ code: 0, ok: true });
    },
    240_000,
  );

  deep(
    `blackhole: the lane's prober answers while its lane leads nowhere, and every connection survives the death${unlessDeep}`,
    async () => {
      const { code, report } = await measure("--case", "blackhole");

      expect(report.cases).toMatchObject([{ case: "blackhole", moves: 1, failed: [] }]);
      expectSurvivalAndRemaps(report, [1, 1, 1]);
      expect(verdicts(report)).toMatchObject({ A2: "not tested", A5: "not tested" });
      // An outage of a second: on a busy machine no invocation falls into it. Every one that did was answered.
      expect(lineOf(report, "A6")).toMatch(
        /^(\d+ times the lane's egress-prober answered that its path is broken|no invocation of the egress-prober fell into the outage)$/,
      );
      // Nobody makes a load balancer wrong: that it happened can only be seen.
      expect(["held", "not tested"]).toContain(verdicts(report).A7);
      expect({ code, ok: report.ok }).toEqual({ code: 0, ok: true });
    },
    // Before it, every NAT must hold its copies again; after it, a new one boots.
    400_000,
  );

  deep(
    `push: a security group that tracks connections is found out${unlessDeep}`,
    async () => {
      const loaded = await lab("exec", "--env", "prod", "router", "--", "nft", TRACKED_GROUP);
      expect(loaded).toMatchObject({ code: 0 });

      const { code, report } = await measure("--case", "push");

      expect(verdicts(report)).toMatchObject({ A1: "not held", A3: "held" });
      expect(report.assumptions[0]?.seen).toMatch(
        /^\d+ of \d+ connections in which only the server speaks stopped, while all 8 /,
      );
      expect({ code, ok: report.ok }).toEqual({ code: 1, ok: false });
    },
    240_000,
  );
});
