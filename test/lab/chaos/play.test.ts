import type { SabotagePlan, SabotageReport } from "../../../lab/aws/sabotage";
import type { SabotageName } from "../../../lab/chaos/cases";
import type { Occasion } from "../../../lab/chaos/occasions";
import { playChaos } from "../../../lab/chaos/play";
import type { Place } from "../../../lab/chaos/site";
import { chaosLines } from "../../../lab/chaos/verb";
import type { LabStatus } from "../../../lab/holder/status";

const MOVER = "ha-nat-prod-nat-route-failover";
const READ = "ec2:DescribeInstances";
const WRITE = "ec2:ReplaceRoute";

/** What the fleet does about an occasion that is sabotaged. */
interface Behaviour {
  /** From which try of a case on its call comes; Infinity: never. @default 1 */
  readonly meetsFrom?: number;
  /** The call without which nothing is ever done. */
  readonly needs?: string;
}

/** A fleet of one lane in memory: what happens is done at once, unless what is needed for it was sabotaged. */
function fleet({ meetsFrom = 1, needs }: Behaviour = {}) {
  let armed: SabotagePlan | undefined;
  const tries = new Map<string, number>();
  const triesOf = (plan: SabotagePlan): number => tries.get(JSON.stringify(plan)) ?? 0;
  const report = (): SabotageReport => ({
    calls: [READ, WRITE].map((operation) => ({ functionName: MOVER, operation })),
    events: [],
    met: armed !== undefined && triesOf(armed) >= meetsFrom ? "met" : undefined,
  });
  const status = {
    lanes: [{ lane: "az1-l1", addresses: [{ publicIp: "198.51.100.1" }], target: { instanceId: "i-a" } }],
    ...{ instances: [{ instanceId: "i-a" }], hooks: [] },
  } as unknown as LabStatus;
  const site = {
    run: { env: "prod" },
    functionName: (short: string) => `ha-nat-prod-${short}`,
    status: () => Promise.resolve(status),
    fleet: () => Promise.resolve({ ready: true, waitingFor: [] }),
    arm: (plan: SabotagePlan | undefined) => {
      armed = plan;
      if (plan !== undefined) tries.set(JSON.stringify(plan), triesOf(plan) + 1);
      return Promise.resolve({});
    },
    sabotage: () => Promise.resolve(report()),
    egressOf: () => Promise.resolve("198.51.100.1"),
    plan: () => Promise.resolve([{ kind: "none" }]),
  } as unknown as Place;
  const occasion: Occasion = {
    ...{ name: "move", does: "a lane moves", functions: ["nat-route-failover"] },
    happen: () => {
      const isLost = armed?.kind === "call" && armed.operation === needs;
      const unfinished = () => Promise.resolve(isLost ? "nobody moves it" : undefined);
      return Promise.resolve({ touched: { instances: [], lanes: [] }, unfinished });
    },
  };
  return (sabotages: readonly SabotageName[], endsAt = Infinity) =>
    playChaos({
      ...{ site, occasions: [occasion], deadlineMs: 0, afterwardsMs: 0, endsAt },
      filter: { functions: [], sabotages, alike: 1 },
    });
}

describe("chaos", () => {
  test("plays an occasion once as it is, then once for each call that it recorded", async () => {
    const chaos = await fleet()(["killed before"]);

    expect(chaos.records.map(({ sabotage, verdict }) => `${sabotage}: ${verdict}`)).toEqual([
      "none: converged",
      "ec2:DescribeInstances of nat-route-failover: killed before: converged",
      "ec2:ReplaceRoute of nat-route-failover: killed before: converged",
    ]);
    expect(chaosLines(chaos).at(-1)).toBe("3 converged, 0 did not, 0 were not met, 0 not played");
  });

  test("calls nothing converged whose sabotage was never met", async () => {
    const chaos = await fleet({ meetsFrom: Infinity })(["throttled"]);

    expect(chaos.records.map(({ verdict }) => verdict)).toEqual(["converged", "not met", "not met"]);
    expect(chaosLines(chaos).slice(-3)).toEqual([
      "never met: ec2:DescribeInstances of nat-route-failover: throttled",
      "never met: ec2:ReplaceRoute of nat-route-failover: throttled",
      "1 converged, 0 did not, 2 were not met, 0 not played",
    ]);
  });

  test("plays a case that was not met once more, and no third time", async () => {
    const verdicts = async (meetsFrom: number) =>
      (await fleet({ meetsFrom })(["throttled"])).records.slice(1).map(({ verdict }) => verdict);

    expect(await verdicts(2)).toEqual(["converged", "converged"]);
    expect(await verdicts(3)).toEqual(["not met", "not met"]);
  });

  test("tells what was not done at the deadline", async () => {
    const { records } = await fleet({ needs: WRITE })(["throttled"]);

    expect(records.map(({ verdict, reasons }) => [verdict, ...reasons])).toEqual([
      ["converged"],
      ["converged"],
      ["NOT CONVERGED", "nobody moves it"],
    ]);
  });

  test("begins nothing after its time, and says how much that is", async () => {
    expect(await fleet()(["throttled"], performance.now() - 1)).toEqual({
      ...{ records: [], notPlayed: 0, notRecorded: ["move"], neverMet: [] },
    });
  });
});
