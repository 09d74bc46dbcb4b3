import type { LaneTopology } from "../../../contract/parameters";
import type { ProbeResult } from "../../../contract/prober";
import { isHealthy } from "../../lib/domain/evidence";
import type { Evidence } from "../../lib/domain/evidence";
import type { DefaultRoute } from "../../lib/domain/fleet";
import { resortOf } from "../../lib/domain/last-resort";
import type { ResortSeen } from "../../lib/domain/world";
import { INVOCATION_MS } from "./services";
import type { Services } from "./services";

/** Three round trips across a continent; a path that is slower than this is not called broken, but unobserved. */
const PATH_DEADLINE_MS = 700;

interface Seen {
  readonly evidence: ReadonlyMap<string, Evidence>;
  readonly routes: ReadonlyMap<string, DefaultRoute>;
  readonly breached: ReadonlySet<string>;
}

/**
 * Of every lane that has a NAT Gateway: the gateway's state, and, where no NAT is healthy, the gateway serves or the path is said to be
 * broken, what the lane's own prober finds on it.
 * Never throws: a failover to a NAT must not wait for what it does not need. What could not be learned is absent.
 */
export async function observeResorts(
  lanes: readonly LaneTopology[],
  states: ReadonlyMap<string, string>,
  { evidence, routes, breached }: Seen,
  s: Services,
): Promise<ReadonlyMap<string, ResortSeen>> {
  const isLast = ![...evidence.values()].some(isHealthy);
  const seen = lanes.map(async (lane): Promise<readonly [string, ResortSeen] | undefined> => {
    if (lane.lastResort === undefined) return undefined;
    const state = states.get(lane.lastResort.natGatewayId);
    const route = routes.get(lane.routeTableId);
    const isThere = route !== undefined && resortOf({ route, lastResort: lane.lastResort }) !== undefined;
    const path = isLast || isThere || breached.has(lane.lane) ? await pathOf(lane, s) : undefined;
    return [lane.lane, { ...(state === undefined ? {} : { state }), ...(path === undefined ? {} : { path }) }];
  });
  return new Map((await Promise.all(seen)).filter((one) => one !== undefined));
}

/** Started with the other reads; EC2's refusal is told, and is no answer. One that EC2 does not have is missing: it serves nobody. */
export async function statesOfResorts(lanes: readonly LaneTopology[], s: Services): Promise<ReadonlyMap<string, string>> {
  const ids = [...new Set(lanes.flatMap(({ lastResort }) => (lastResort === undefined ? [] : [lastResort.natGatewayId])))];
  if (ids.length === 0) return new Map();
  try {
    const states = await s.natGateways.states(ids);
    return new Map(ids.map((id) => [id, states.get(id) ?? "missing"]));
  } catch (error) {
    s.log.warn("the NAT Gateways were not observed", { error: messageOf(error) });
    return new Map();
  }
}

async function pathOf(prober: LaneTopology, s: Services): Promise<ResortSeen["path"]> {
  const deadlineMs = PATH_DEADLINE_MS;
  try {
    const { probe } = await s.ask(prober, { schema: 1, probe: { deadlineMs } }, deadlineMs + INVOCATION_MS);
    return verdictOf(probe?.results ?? []);
  } catch (error) {
    s.log.warn("the path was not observed", { lane: prober.lane, error: messageOf(error) });
    return undefined;
  }
}

/** One target that answers is a path that works. */
function verdictOf(results: readonly ProbeResult[]): ResortSeen["path"] {
  if (results.length === 0) return undefined;
  return results.some(({ ok }) => ok) ? "works" : "broken";
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
