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
const isDeep = process.env.HA_NAT_DEEP === "1";
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
    for (const { flows, remapMs, newConnections } of report.cases) {
      for (const { kind, opened, survived, stallMs } of flows) {
        expect({ kind, survived }).toEqual({ kind, survived: opened });
        expect(opened).toBeGreaterThan(0);
        // Messages come every 50 ms: a silence cannot be shorter, and nothing that survived was silent for longer than the wait.
        expect(stallMs.p50).toBeGreaterThanOrEqual(45);
        expect(stallMs.worst).toBeLessThan(20_000);
      }
      expect([remapMs.routeApi.n, remapMs.addressApi.n, remapMs.routePacket.n]).toEqual([2, 2, 2]);
      expect(newConnections.publicAddresses).toHaveLength(1);
    }
    // Each probe saw its packets change from one NAT to another, by what the NATs themselves answered.
    expect(report.runs.map(({ probe }) => new Set(probe.nats.map(({ instanceId }) => instanceId)).size)).toEqual(
      CASES.flatMap(() => [2, 2]),
    );
    expect(verdicts(report)).toMatchObject({ A1: "held", A3: "held", A4: "held", A5: "not tested", A6: "not tested" });
    expect({ code, ok: report.ok }).toEqual({ code: 0, ok: true });
  }, 240_000);

  // The other half of the time; what is made of its measurements is tested in evaluate.test.ts.
  const deep = isDeep ? test : test.skip;
  deep(
    "push: a security group that tracks connections is found out (skipped: npm run test:deep)",
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
