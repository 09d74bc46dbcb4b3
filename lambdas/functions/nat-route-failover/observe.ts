import type { FleetRecord, Topology } from "../../../contract/parameters";
import type { Suspicion } from "../../../contract/messages";
import { inCompany } from "../../lib/domain/company";
import { requireComplete } from "../../lib/domain/complete";
import { weigh } from "../../lib/domain/evidence";
import type { Look } from "../../lib/domain/evidence";
import type { DefaultRoute, ObservedInstance, World } from "../../lib/domain/fleet";
import { standing } from "../../lib/domain/leaving";
import { groupBy } from "../../lib/domain/per-array";
import { extant } from "../../lib/domain/vanished";
import { assemble } from "../../lib/domain/world";
import type { Dropped, Trigger } from "./event";
import { hedged, once } from "./hedge";
import type { Whereabouts } from "./memory";
import { observeResorts, statesOfResorts } from "./observe-resorts";
import { screen } from "./screen";
import { INVOCATION_MS } from "./services";
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

/** A NAT that works answers within milliseconds. Whom others miss already has this long: connections wait for the end of it. */
const SUSPECTED_DEADLINE_MS = 120;

/**
 * One look for all triggers: every read that can run beside another does, for connections wait as long as it takes. Throws when EC2,
 * Auto Scaling or a parameter is unsure.
 */
export async function observe(heard: readonly Trigger[], s: Services): Promise<Observed> {
  const documents = s.documents.read();
  const ask = s.words.hasNews(s.clock.now()) ? hedged : once;
  const fleet = ask(() => s.fleet.instances());
  const lanes = documents.then(({ topology }) => topology.lanes);
  const [{ topology, record: stored }, instances, routes, associations, members, { looks, words }, gateways] = await Promise.all([
    documents,
    fleet,
    lanes.then((all) => ask(() => s.routes.defaultRoutes(all.map(({ routeTableId }) => routeTableId)))),
    lanes.then((all) => {
      const allocations = all.flatMap((lane) => lane.addresses.map(({ allocationId }) => allocationId));
      return ask(() => s.addresses.associations(allocations));
    }),
    documents.then(({ topology: { zones } }) => {
      const groups = Object.values(zones).map(({ asgName }) => asgName);
      return ask(() => s.fleet.members(groups));
    }),
    examine(documents, fleet, s),
    lanes.then((all) => statesOfResorts(all, s)),
  ]);
  requireComplete({ instances, members, routes });
  const record = { ...stored, ...(stored.notices && { notices: standing(stored.notices, s.clock.now(), []) }) };
  const { triggers, dropped } = screen(heard, new Set(instances.map(({ instanceId }) => instanceId)));
  const breached = breachedLanes(triggers);
  const condemned = condemnedBy(breached, topology, routes);
  const evidence = inCompany(
    instances,
    new Map(instances.map((nat) => [nat.instanceId, weigh(nat, looks, words, condemned.has(nat.eni?.eniId ?? ""))] as const)),
  );
  const resorts = await observeResorts(topology.lanes, gateways, { evidence, routes, breached }, s);
  const world = assemble({
    topology: extant(topology, { routes, associations }),
    record,
    instances,
    routes,
    associations,
    members,
    evidence,
    resorts,
    breached,
  });
  return { topology, record, world, looks, triggers, dropped };
}

/**
 * Asks every NAT through every lane's prober: where it was last time, at once; who was not there, as soon as EC2 has listed it; and
 * again where silence comes as a surprise (nobody suspects it, and it was not broken before), for one lost packet must move nothing.
 */
async function examine(
  documents: ReturnType<Services["documents"]["read"]>,
  fleet: Promise<readonly ObservedInstance[]>,
  s: Services,
): Promise<{ readonly looks: readonly Look[]; readonly words: readonly Suspicion[] }> {
  const {
    topology: { lanes },
    record,
  } = await documents;
  const before = s.whereabouts.last();
  const { healthzDeadlineMs } = s.settings;
  const isSuspicion = s.words.at(s.clock.now()).length > 0;
  const deadlineMs = isSuspicion ? Math.min(healthzDeadlineMs, SUSPECTED_DEADLINE_MS) : healthzDeadlineMs;
  const early = lookThroughAll(lanes, before, deadlineMs, s);
  const instances = await fleet;
  const listed = instances.flatMap(whereabouts);
  s.whereabouts.keep(
    listed,
    instances.map(({ instanceId }) => instanceId),
    s.clock.now(),
  );
  const asked = new Set(before.map(({ instanceId, address }) => `${instanceId} ${address}`));
  const others = listed.filter(({ instanceId, address }) => !asked.has(`${instanceId} ${address}`));
  const first = (await Promise.all([early, lookThroughAll(lanes, others, healthzDeadlineMs, s)])).flat();
  const known = new Set(instances.map(({ instanceId }) => instanceId));
  const words = s.words.at(s.clock.now()).filter(({ reporter, suspect }) => known.has(reporter) && known.has(suspect));
  const expected = new Set([...words.map(({ suspect }) => suspect), ...Object.keys(record.brokenSince ?? {})]);
  const surprising = instances.filter((nat) => !expected.has(nat.instanceId) && weigh(nat, first, words).kind === "silent");
  return { looks: [...first, ...(await lookThroughAll(lanes, surprising.flatMap(whereabouts), healthzDeadlineMs, s))], words };
}

function whereabouts({ instanceId, eni }: ObservedInstance): readonly Whereabouts[] {
  return eni === null ? [] : [{ instanceId, address: eni.primary }];
}

async function lookThroughAll(
  lanes: Topology["lanes"],
  nats: readonly Whereabouts[],
  deadlineMs: number,
  s: Services,
): Promise<readonly Look[]> {
  if (nats.length === 0) return [];
  return Promise.all(
    lanes.map(async (prober): Promise<Look> => {
      const { lane } = prober;
      try {
        const answer = await s.ask(prober, { schema: 1, healthz: { deadlineMs, nats } }, deadlineMs + INVOCATION_MS);
        return { lane, reached: true, results: answer.healthz ?? [] };
      } catch (error) {
        // A prober that cannot be asked has seen nothing; that it failed is evidence's business, not an end of the look.
        return { lane, reached: false, error: error instanceof Error ? error.message : String(error) };
      }
    }),
  );
}

/** Lanes whose probes find the path broken; of one whose prober did not answer nothing was found. */
function breachedLanes(triggers: readonly Trigger[]): ReadonlySet<string> {
  const breaches = triggers.flatMap((t) => (t.kind === "message" && t.message.kind === "breach" ? [t.message] : []));
  return new Set(breaches.flatMap(({ lane, proberAnswered = true }) => (proberAnswered ? [lane] : [])));
}

/** Interfaces whose lanes are all breached. */
function condemnedBy(
  breached: ReadonlySet<string>,
  { lanes }: Topology,
  routes: ReadonlyMap<string, DefaultRoute>,
): ReadonlySet<string> {
  const served = lanes.flatMap(({ lane, routeTableId }) => {
    const route = routes.get(routeTableId);
    return route?.state === "active" && route.eniId !== null ? [{ lane, eniId: route.eniId }] : [];
  });
  const byInterface = groupBy(served, ({ eniId }) => eniId);
  return new Set([...byInterface].flatMap(([eniId, its]) => (its.every(({ lane }) => breached.has(lane)) ? [eniId] : [])));
}
