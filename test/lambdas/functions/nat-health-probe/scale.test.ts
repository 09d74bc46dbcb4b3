import type { Topology } from "../../../../contract/parameters";
import { handle } from "../../../../lambdas/functions/nat-health-probe/handler";
import { topology } from "../../support/topology";
import { tickAt } from "../../support/events";
import { answer, healthyFleet, world } from "./builders";

const tick = tickAt(new Date("2026-01-01T00:00:00Z"));
const ROUNDS = 12;

/** So many lanes in the two zones of the fleet. */
function topologyOf(lanes: number): Topology {
  const [first, second] = topology.lanes;
  if (first === undefined || second === undefined) throw new Error("the topology of the tests has two lanes");
  const name = (index: number) => `${index % 2 === 0 ? "z1" : "z2"}-l${Math.floor(index / 2) + 1}`;
  return {
    ...topology,
    lanes: Array.from({ length: lanes }, (_, index) => {
      return { ...(index % 2 === 0 ? first : second), lane: name(index), proberFunction: `prober-${name(index)}` };
    }),
  };
}

/** The reads of one minute, the questions to probers, the messages. */
async function quietMinute(lanes: number) {
  const count = { parameters: 0, members: 0, targets: 0 };
  const { services, invocation, asked, sent } = world();
  const counting: typeof services = {
    ...services,
    readFleet: async () => {
      count.parameters += 1;
      return { ...healthyFleet, topology: topologyOf(lanes) };
    },
    readMembers: (names) => {
      count.members += 1;
      return services.readMembers(names);
    },
    readTargetHealth: (arn) => {
      count.targets += 1;
      return services.readTargetHealth(arn);
    },
    askProber: async ({ proberFunction: name }, request, deadlineMs) => {
      asked.push({ name, request, deadlineMs });
      const lane = name.slice("prober-".length);
      return { ...answer(lane.slice(0, 2)), lane };
    },
  };
  await handle(tick, counting, invocation);
  return { count, asked: asked.length, sent: sent.map(({ kind }) => kind) };
}

test.each([2, 10, 100])(
  "a quiet minute over %i lanes reads as often as over any number of them, and asks each lane once a round",
  async (lanes) => {
    expect(await quietMinute(lanes)).toEqual({
      count: { parameters: ROUNDS, members: 1, targets: ROUNDS },
      asked: ROUNDS * lanes,
      sent: ["sweep"],
    });
  },
);
