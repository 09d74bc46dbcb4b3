import type { ChurnRecord } from "../../../lab/crowd/kinds";
import type { CrowdRun } from "../../../lab/holder/crowd-run";
import type { KindReport, LaneCrowd } from "../../../lab/report/crowd";

export const calm: ChurnRecord = {
  tries: 500,
  failures: 0,
  errors: [],
  outageMs: 31,
  slowestMs: 9,
  addresses: ["198.51.100.1"],
};

export function kindReport(report: Partial<KindReport> = {}): KindReport {
  const stallsMs = report.stallsMs ?? [5, 7];
  return {
    ...{ kind: "request", connections: 2, alive: 2, deaths: {}, lost: null, bytes: 10, stallsMs },
    stallMs: { median: stallsMs[0] ?? 0, p99: stallsMs.at(-1) ?? 0, worst: stallsMs.at(-1) ?? 0 },
    ...report,
  };
}

export function laneCrowd(lane: string, kind: Partial<KindReport> = {}, churn: Partial<ChurnRecord> = {}): LaneCrowd {
  return { lane, kinds: [kindReport(kind)], churn: { ...calm, ...churn } };
}

/** A NAT that served `l1` was struck; `l2` is somebody else's. */
export function crowdRun(lanes: readonly LaneCrowd[], touched: readonly string[] = ["l1"]): CrowdRun {
  const kinds = lanes.flatMap((lane) => lane.kinds);
  return {
    fault: { name: "kill-nat", node: "nat-z1-a", zone: "z1", instanceId: "i-1" },
    ...{ failure: null, touched, watchedSeconds: 10, moves: 1, droppedByMachine: 0, calls: { "ec2:ReplaceRoute": 1 } },
    ...{ servedBefore: { l1: "nat-z1-a", l2: "nat-z2-a" }, servedAfter: { l1: "nat-z1-b", l2: "nat-z2-a" } },
    addresses: { l1: ["198.51.100.1"], l2: ["198.51.100.1"] },
    crowd: {
      connections: kinds.reduce((sum, { connections }) => sum + connections, 0),
      alive: kinds.reduce((sum, { alive }) => sum + alive, 0),
      lagMs: 12,
      lanes,
    },
  };
}
