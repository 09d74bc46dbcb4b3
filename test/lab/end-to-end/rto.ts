/**
 * scripts/measure_rto.sh as it runs on AWS: an instance behind the lane, commanded through its own NAT, measures connections to a
 * server on the internet while the lane moves.
 */
import { operate } from "./lab";

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

export async function measure(...args: readonly string[]): Promise<{ readonly code: number; readonly report: Measured }> {
  const { code, stdout, stderr } = await operate("prod", "measure_rto.sh", "--json", "--lane", LANE, ...args);
  if (stdout === "") throw new Error(`measure_rto.sh ended with ${code}: ${stderr}`);
  return { code, report: JSON.parse(stdout) as Measured };
}

export const verdicts = ({ assumptions }: Measured): Readonly<Record<string, string>> =>
  Object.fromEntries(assumptions.map(({ id, verdict }) => [id, verdict]));

export const lineOf = ({ assumptions }: Measured, wanted: string): string | undefined =>
  assumptions.find(({ id }) => id === wanted)?.seen;

/** Nothing is lost or left out: every connection, under the same public address, and every change of route and address. */
export function expectSurvivalAndRemaps({ cases }: Measured, remaps: readonly number[]): void {
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

/** There and back in each case; `push` has connections of both kinds, `handover` is the same with more of one. */
export async function thereAndBack(cases: readonly string[]): Promise<void> {
  const { code, report } = await measure(...cases.flatMap((name) => ["--case", name]));

  expect(report.cases.map((each) => ({ case: each.case, moves: each.moves, failed: each.failed }))).toEqual(
    cases.map((name) => ({ case: name, moves: 2, failed: [] })),
  );
  expectSurvivalAndRemaps(report, [2, 2, 2]);
  // Each probe saw its packets change from one NAT to another, by what the NATs themselves answered.
  expect(report.runs.map(({ probe }) => new Set(probe.nats.map(({ instanceId }) => instanceId)).size)).toEqual(
    cases.flatMap(() => [2, 2]),
  );
  expect(verdicts(report)).toMatchObject({ A1: "held", A3: "held", A4: "held", A5: "not tested", A6: "not tested" });
  expect(report.assumptions.filter(({ verdict }) => verdict === "not held")).toEqual([]);
  expect({ code, ok: report.ok }).toEqual({ code: 0, ok: true });
}
