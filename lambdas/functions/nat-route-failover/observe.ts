import type { FleetRecord, Topology } from "../../../contract/parameters";
import type { Suspicion } from "../../../contract/messages";
import { weigh } from "../../lib/domain/evidence";
import type { Look } from "../../lib/domain/evidence";
import type { DefaultRoute, ObservedInstance, World } from "../../lib/domain/fleet";
import { standing } from "../../lib/domain/leaving";
import { assemble } from "../../lib/domain/world";
import { screen } from "./event";
import type { Dropped, Trigger } from "./event";
import type { Services } from "./services";

export interface Observed {
  readonly topology: Topology;
  readonly record: FleetRecord;
  readonly world: World;
  readonly looks: readonly Look[];
  /** What is left of the triggers, now that it is known who there is. */
  readonly triggers: readonly Trigger[];
  readonly dropped: readonly Dropped[];
}

/** A prober's own start and the way there and back, on top of the NATs' deadline. */
const INVOCATION_MS = 550;

/** One look for all triggers: every read that can run beside another does. Throws when EC2, Auto Scaling or a parameter is unsure. */
export async function observe(heard: readonly Trigger[], s: Services): Promise<Observed> {
  const [{ topology, record: stored }, instances] = await Promise.all([s.documents.read(), s.fleet.instances()]);
  const record = { ...stored, ...(stored.notices && { notices: standing(stored.notices, s.clock.now()) }) };
  const known = new Set(instances.map(({ instanceId }) => instanceId));
  const words = s.words.at(s.clock.now()).filter(({ reporter, suspect }) => known.has(reporter) && known.has(suspect));
  const { triggers, dropped } = screen(heard, known);
  const [routes, associations, members, looks] = await Promise.all([
    s.routes.defaultRoutes(topology.lanes.map(({ routeTableId }) => routeTableId)),
    s.addresses.associations(topology.lanes.flatMap((lane) => lane.addresses.map(({ allocationId }) => allocationId))),
    s.fleet.members(Object.values(topology.zones).map(({ asgName }) => asgName)),
    examine(topology, instances, words, s),
  ]);
  const breached = breachedBy(triggers, topology, routes);
  const evidence = new Map(
    instances.map((nat) => [nat.instanceId, weigh(nat, looks, words, breached.has(nat.eni?.eniId ?? ""))] as const),
  );
  const world = assemble({ topology, record, instances, routes, associations, members, evidence });
  return { topology, record, world, looks, triggers, dropped };
}

/** Asks every NAT through every lane's prober; asks again where silence comes as a surprise, for one lost packet must move nothing. */
async function examine(
  topology: Topology,
  instances: readonly ObservedInstance[],
  words: readonly Suspicion[],
  s: Services,
): Promise<readonly Look[]> {
  const first = await lookThroughAll(topology, instances, s);
  const suspects = new Set(words.map(({ suspect }) => suspect));
  const surprising = instances.filter((nat) => !suspects.has(nat.instanceId) && weigh(nat, first, words).kind === "silent");
  return surprising.length === 0 ? first : [...first, ...(await lookThroughAll(topology, surprising, s))];
}

async function lookThroughAll(topology: Topology, instances: readonly ObservedInstance[], s: Services): Promise<readonly Look[]> {
  const nats = instances.flatMap(({ instanceId, eni }) => (eni === null ? [] : [{ instanceId, address: eni.primary }]));
  if (nats.length === 0) return [];
  const deadlineMs = s.settings.healthzDeadlineMs;
  return Promise.all(
    topology.lanes.map(async ({ lane, proberFunction }): Promise<Look> => {
      try {
        const answer = await s.ask(proberFunction, { schema: 1, healthz: { deadlineMs, nats } }, deadlineMs + INVOCATION_MS);
        return { lane, reached: true, results: answer.healthz ?? [] };
      } catch (error) {
        // A prober that cannot be asked has seen nothing; that it failed is evidence's business, not an end of the look.
        return { lane, reached: false, error: error instanceof Error ? error.message : String(error) };
      }
    }),
  );
}

/** Interfaces that serve a lane whose probes find its path broken. */
function breachedBy(
  triggers: readonly Trigger[],
  topology: Topology,
  routes: ReadonlyMap<string, DefaultRoute>,
): ReadonlySet<string> {
  const lanes = new Set(triggers.flatMap((t) => (t.kind === "message" && t.message.kind === "breach" ? [t.message.lane] : [])));
  const served = topology.lanes.filter(({ lane }) => lanes.has(lane)).map(({ routeTableId }) => routes.get(routeTableId));
  return new Set(served.flatMap((route) => (route?.state === "active" && route.eniId !== null ? [route.eniId] : [])));
}
